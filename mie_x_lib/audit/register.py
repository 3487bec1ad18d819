"""Who is one person, as the audit finds out: apart from `people`, which it checks."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import numpy as np
import pandas as pd

NAME = ["dataset", "subject"]

Name = tuple[str, str]


@dataclass(frozen=True)
class Register:
    """Everybody: the person behind each (dataset, subject), and for each dataset those that show the same people."""

    persons: Mapping[Name, int]
    tied: Mapping[str, set[str]]

    def of(self, names: pd.DataFrame) -> np.ndarray:
        """The person of each row by its dataset and subject: (N,) int."""
        return np.array([self.persons[name] for name in names[NAME].itertuples(index=False, name=None)], int)


def register(names: pd.DataFrame, clips: pd.DataFrame, datasets: Mapping[str, Mapping]) -> Register:
    """Find out which names are one person.

    names: dataset and subject of all that matter. clips: clip tables, of which dataset, subject and path are looked at;
    they may have more names. datasets: what the config says of each dataset: layout, root, options, same_people_as,
    other_people_than, names_as_written.
    """
    everybody = set(names[NAME].itertuples(index=False, name=None))
    tied = _tied(datasets)
    groups_of: dict[Name, list[int]] = defaultdict(list)
    groups = dict(enumerate([*_alike(everybody, datasets, tied), *_of_one_file(everybody, clips, datasets)]))
    for number, group in groups.items():
        for name in group:
            groups_of[name].append(number)
    persons: dict[Name, int] = {}
    for number, first in enumerate(sorted(everybody)):
        waiting = [first]
        while waiting:
            name = waiting.pop()
            if name not in persons:
                persons[name] = number
                # Each group is gone into once.
                waiting += [other for group in groups_of[name] for other in groups.pop(group, [])]
    return Register(persons, tied)


def _alike(everybody: set[Name], datasets: Mapping[str, Mapping], tied: Mapping[str, set[str]]) -> Iterator[list[Name]]:
    """Groups of names that are one person since they are alike."""
    by_dataset: dict[str, list[str]] = defaultdict(list)
    for dataset, subject in everybody:
        by_dataset[dataset].append(subject)
    for pair in combinations_with_replacement(sorted(by_dataset.keys() & datasets.keys()), 2):
        own = all(datasets[name]["layout"] == "videos" and datasets[name]["root"] is not None for name in pair)
        if _are_others(*pair, datasets) or not (pair[1] in tied[pair[0]] or own):
            continue
        alike: dict[Hashable, list[Name]] = defaultdict(list)
        exactly = any(datasets[name]["names_as_written"] for name in pair)
        for dataset in set(pair):
            for subject in by_dataset[dataset]:
                alike[subject if exactly else _heard(subject)].append((dataset, subject))
        yield from (group for group in alike.values() if len(group) > 1)


def _of_one_file(everybody: set[Name], clips: pd.DataFrame, datasets: Mapping[str, Mapping]) -> Iterator[list[Name]]:
    """Groups of names that a video, folder of frames or photograph has, or some a folder and some what lies in it."""
    known = clips.merge(pd.DataFrame(sorted(everybody), columns=NAME), on=NAME)
    files: dict[str, set[Name]] = defaultdict(set)
    for dataset, subject, path in known[[*NAME, "path"]].itertuples(index=False, name=None):
        files[os.path.realpath(path)].add((dataset, subject))
    # A picture in the folder of a clip is a frame of it, whoever lists it as a photograph.
    for path in list(files):
        folder = os.path.dirname(path)
        while folder != os.path.dirname(folder):
            if folder in files:
                files[folder] |= files[path]
            folder = os.path.dirname(folder)
    linked: dict[Hashable, set[Name]] = defaultdict(set)
    for path, names in files.items():
        linked[_inode(path)] |= names
    for names in (*files.values(), *linked.values()):
        # By their datasets and not by two: as many as there are pictures may lie in one folder.
        for pair in combinations_with_replacement(sorted({dataset for dataset, _ in names}), 2):
            exactly = any(datasets[dataset]["names_as_written"] for dataset in pair)
            if len(names) > 1 and not exactly and not _are_others(*pair, datasets):
                yield [name for name in names if name[0] in pair]


def _inode(path: str) -> Hashable:
    """The file behind a path, whatever hard links it has; a folder, or what is not there, is its path."""
    if not os.path.isfile(path):
        return path
    file = os.stat(path)
    return (file.st_dev, file.st_ino) if file.st_nlink > 1 else path


def _heard(subject: str) -> Hashable:
    """A name as it is heard: its words without case and blanks, its numbers as numbers."""
    text = "".join(letter for letter in subject if unicodedata.category(letter) != "Cf")
    parts = re.findall(r"\d+|\D+", unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()))
    heard = [
        int(part) if part[0].isdecimal() else unicodedata.normalize("NFC", re.sub(r"\s+", "", part)) for part in parts
    ]
    # Where a blank parts two numbers, they are two all the same.
    name = tuple(part for part in heard if part != "")
    is_whole = len(name) == 3 and isinstance(name[0], int) and name[1:] == (".", 0)
    return name[:1] if is_whole else name


def _tied(datasets: Mapping[str, Mapping]) -> dict[str, set[str]]:
    """For each dataset all that show the same people: as the config says, or as parts of one folder."""
    names = sorted(datasets)
    reach = np.eye(len(names), dtype=bool)
    for one, other in combinations(range(len(names)), 2):
        entries = datasets[names[one]], datasets[names[other]]
        declared = entries[0]["same_people_as"] == names[other] or entries[1]["same_people_as"] == names[one]
        one_place = _is_one_place(*entries) and not _are_others(names[one], names[other], datasets)
        reach[one, other] = reach[other, one] = declared or one_place
    # By way of others, but of no composite of several datasets.
    passable = np.array([len(_places(datasets[name])) <= 1 for name in names], bool)
    for _ in names:
        reach = reach | ((reach & passable).astype(int) @ reach.astype(int) > 0)
    return {name: {names[other] for other in np.flatnonzero(row)} for name, row in zip(names, reach, strict=True)}


def _are_others(one: str, other: str, datasets: Mapping[str, Mapping]) -> bool:
    """Whether the config says that the people of two datasets are others."""
    return other in datasets[one]["other_people_than"] or one in datasets[other]["other_people_than"]


def _is_one_place(one: Mapping, other: Mapping) -> bool:
    """Whether two entries read one folder: both the same published set, or either a user's own."""
    for (layout, folder), (other_layout, other_folder) in (
        (place, other_place) for place in _places(one) for other_place in _places(other)
    ):
        if layout == other_layout != "videos":
            if os.path.commonpath([folder, other_folder]) in (folder, other_folder):
                return True
        elif folder == other_folder and "videos" in (layout, other_layout):
            return True
    return False


def _places(entry: Mapping) -> set[tuple[str, str]]:
    """(published set or `videos`, folder) of what an entry reads; none of a set that is drawn."""
    if entry["root"] is None:
        return set()
    parts = {entry["layout"]: entry["root"]}
    if entry["layout"] == "megc2019":
        parts = {part: root for part, root in entry["options"].items() if part in ("casme2", "smic", "samm")}
    return {(layout, os.path.realpath(root)) for layout, root in parts.items()}
