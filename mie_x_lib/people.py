"""Who is one person: names of one dataset or of several that belong to the same human being."""

import os
import re
import stat
import unicodedata
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

# The layout of users' own folders, in which names are theirs: equal ones are taken for one person, unlike the numbers
# that the published sets give their subjects.
OWN = "videos"
# Why two names are one person, where it is no file that has both.
EQUAL, SPELLING = "equal names", "spelling"
# Columns of a table of links: two names of one person, and why they are one.
LINK = ("dataset", "subject", "other_dataset", "other_subject", "why")
# How many people a remark names.
_NAMED = 5


class Name(NamedTuple):
    """What a person is called in a dataset."""

    dataset: str
    subject: str


class People:
    """Everybody, by tables of links (`LINK`); a name without a link is a person of its own."""

    def __init__(self, *links: pd.DataFrame):
        linked: dict[Name, list[Name]] = {}
        rows = chain(*(table[list(LINK[:-1])].itertuples(index=False, name=None) for table in links))
        for dataset, subject, other_dataset, other_subject in rows:
            one, other = Name(dataset, subject), Name(other_dataset, other_subject)
            linked.setdefault(one, []).append(other)
            linked.setdefault(other, []).append(one)
        self._names: dict[Name, frozenset[Name]] = {}
        self._persons: dict[Name, str] = {}
        for first in linked:
            if first not in self._names:
                joined = _reached(first, linked)
                self._names |= dict.fromkeys(joined, joined)
                self._persons |= dict.fromkeys(joined, "/".join(min(joined)))

    def names(self, dataset: str, subject: str) -> frozenset[Name]:
        """All names of a person who has this one."""
        name = Name(dataset, subject)
        return self._names.get(name, frozenset({name}))

    def person(self, dataset: str, subject: str) -> str:
        """One text for each person, whichever of the names is asked for: the first of them, as dataset/subject."""
        return self._persons.get(Name(dataset, subject)) or "/".join((dataset, subject))

    def persons(self, datasets: Iterable[str], subjects: Iterable[str]) -> list[str]:
        """`person` of each row."""
        return [self.person(*name) for name in zip(datasets, subjects, strict=True)]

    def are_in(self, names: Iterable[str], subjects: Iterable[str], datasets: Collection[str]) -> np.ndarray:
        """`is_in` of each row: (N,) bool. names: the dataset of each."""
        return np.array([self.is_in(*name, datasets) for name in zip(names, subjects, strict=True)], bool)

    def is_in(self, dataset: str, subject: str, datasets: Collection[str]) -> bool:
        """Whether a person is shown in one of these datasets, under whatever name."""
        return any(name.dataset in datasets for name in self.names(dataset, subject))


class Ties:
    """What the config says of the people of its datasets.

    datasets: the section of the config, complete: layout, root, options, same_people_as, other_people_than and
    names_as_written of each by its name. Nothing in the folders is looked at.
    """

    def __init__(self, datasets: Mapping[str, Mapping]):
        self._datasets = datasets
        self._folders = {name: _folders(entry) for name, entry in datasets.items()}
        self._tied = {name: self._reached(name) for name in datasets}

    def tied(self, dataset: str) -> list[str]:
        """The datasets that show the same people under the same names, this one among them, sorted.

        They are tied by `same_people_as` or by one folder, as parts of a dataset are, and by way of each other.
        """
        return self._tied[dataset]

    def relation(self, dataset: str, other: str) -> dict[str, str | bool] | None:
        """How `find_links` looks for people whom two datasets share, or one has twice; None where it need not look.

        kind: `itself`; `tied`; `own` for two folders of the user's that nothing ties; `folder` where one holds the
        other. as_written: names count as they are written.
        """
        as_written = any(self._datasets[name]["names_as_written"] for name in (dataset, other))
        if dataset == other:
            kind = "itself"
        elif self.are_parted(dataset, other):
            return None
        elif other in self.tied(dataset):
            kind = "tied"
        elif self._is_own(dataset) and self._is_own(other):
            kind = "own"
        elif (self._is_own(dataset) or self._is_own(other)) and self.share_folder(dataset, other):
            kind = "folder"
        else:
            return None
        if as_written and kind in ("itself", "folder"):
            return None
        return {"kind": kind, "as_written": as_written}

    def compare_names(self, dataset: str, other: str) -> bool:
        """Whether equal names in two datasets are one person."""
        relation = self.relation(dataset, other)
        return relation is not None and relation["kind"] != "folder"

    def are_parted(self, dataset: str, other: str) -> bool:
        """Whether the config says that the people of two datasets are others."""
        entries = self._datasets
        return other in entries[dataset]["other_people_than"] or dataset in entries[other]["other_people_than"]

    def share_folder(self, dataset: str, other: str) -> bool:
        """Whether two datasets lie in one folder, or one in that of the other."""
        return any(_overlap(one[1], two[1]) for one, two in product(self._folders[dataset], self._folders[other]))

    def contradictions(self) -> Iterator[str]:
        """One message for every two datasets that the config ties and parts."""
        for name, entry in self._datasets.items():
            for other in sorted(set(entry["other_people_than"]) & set(self.tied(name))):
                yield (
                    f"datasets.{name}.other_people_than names {other}, to which same_people_as or one root ties it, "
                    "maybe by way of another; take one of them away, or name that one too"
                )

    def _reached(self, dataset: str) -> list[str]:
        found, waiting = set(), [dataset]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            # Two that share a folder each with a composite of several show no people in common.
            if name == dataset or len(self._folders[name]) <= 1:
                waiting += [other for other in self._datasets if self._is_tied(name, other)]
        return sorted(found)

    def _is_tied(self, dataset: str, other: str) -> bool:
        """Whether two datasets are tied directly."""
        pair = ((dataset, other), (other, dataset))
        declared = any(self._datasets[one]["same_people_as"] == another for one, another in pair)
        return declared or (self._is_one_folder(dataset, other) and not self.are_parted(dataset, other))

    def _is_own(self, dataset: str) -> bool:
        return self._datasets[dataset]["layout"] == OWN and bool(self._folders[dataset])

    def _is_one_folder(self, dataset: str, other: str) -> bool:
        """Whether two datasets lie in one folder and are of one kind, as the parts of MMEW; several may lie in one."""
        return any(
            _overlap(one[1], two[1]) if one[0] == two[0] != OWN else one[1] == two[1] and OWN in (one[0], two[0])
            for one, two in product(self._folders[dataset], self._folders[other])
        )


def _reached(first: Name, linked: Mapping[Name, Iterable[Name]]) -> frozenset[Name]:
    """All names to which links lead from one, itself among them."""
    found, waiting = {first}, [first]
    while waiting:
        further = set(linked[waiting.pop()]) - found
        found |= further
        waiting += further
    return frozenset(found)


def normal_form(subject: str) -> str:
    """A name without what its spellings may differ in: case, blanks, leading zeros of its numbers, Unicode form.

    Nor has a number the `.0` of programs that took it for a fraction, as they do where a column has an empty cell.
    """
    text = subject.casefold()
    if not text.isascii():
        visible = "".join(character for character in subject if unicodedata.category(character) != "Cf")
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
        text = "".join(str(unicodedata.decimal(character, character)) for character in text)
    # Between two digits a blank tells numbers apart: 1 2 is not 12.
    text = unicodedata.normalize("NFC", re.sub(r"(?<!\d) | (?!\d)", "", " ".join(text.split())))
    return re.sub(r"^(\d+)\.0+$", r"\1", re.sub(r"(?<!\d)0+(?=\d)", "", text))


def find_links(clips: pd.DataFrame, others: pd.DataFrame, kind: str, as_written: bool) -> pd.DataFrame:
    """The people whom two datasets share or, of kind `itself`, who have several names in one: a row two names, `LINK`.

    clips, others: clip tables, with dataset, subject and path; of kind `itself` the same. kind, as_written: as of
    `Ties.relation`. `why` is `EQUAL`, `SPELLING`, or the video, folder of frames or photograph that has both names: it
    belongs to one person, and so does what lies in a folder of frames, unless names count as they are written.
    """
    found = [pd.DataFrame(columns=list(LINK), dtype="string")]
    if kind != "folder":
        called = str if as_written else normal_form
        keyed = [_keyed(table, table["subject"].map(called)) for table in (clips, others)]
        alike = _meetings(keyed, kind == "itself")
        is_equal = alike["subject"] == alike["other_subject"]
        found.append(alike.assign(why=is_equal.map({True: EQUAL, False: SPELLING})))
    if not as_written:
        found.append(_meetings(_by_place(clips, others), kind == "itself"))
    links = pd.concat(found, ignore_index=True).drop_duplicates(list(LINK[:-1]))
    return links.sort_values(list(LINK), ignore_index=True)


def remarks(links: pd.DataFrame, kind: str) -> Iterator[str]:
    """What the user is to know of the links of two datasets: a line of each sort, with the config that parts them.

    links: as of `find_links`. kind: as of `Ties.relation`. Of tied datasets equal names go without saying.
    """
    if links.empty:
        return
    dataset, other = links.iloc[0][["dataset", "other_dataset"]]
    where = dataset if dataset == other else f"{dataset} and {other}"
    as_written = f"`datasets: {{{dataset}: {{names_as_written: true}}}}`"
    joined = f"`datasets: {{{other}: {{same_people_as: {dataset}}}}}`"
    parted = f"`datasets: {{{other}: {{other_people_than: [{dataset}]}}}}`"
    equal, spelled = links[links["why"] == EQUAL], links[links["why"] == SPELLING]
    if len(equal) and kind == "own":
        yield (
            f"{where} have names in common, which are taken for the same people: {_listed(equal['subject'])}. "
            f"Say {joined} if they are, {parted} if they are not"
        )
    if len(spelled):
        pairs = [f"{row.subject!r} and {row.other_subject!r}" for row in spelled.itertuples()]
        yield (
            f"{where}: names that differ in case, blanks, leading zeros, Unicode form or the .0 of a number alone are "
            f"taken for one person: {_listed(pairs)}. Say {as_written} if they are several people"
        )
    in_files = links[~links["why"].isin([EQUAL, SPELLING])]
    if len(in_files):
        files = [
            f"{file} ({', '.join(sorted({*rows['subject'], *rows['other_subject']}))})"
            for file, rows in in_files.groupby("why")
        ]
        # What is tied cannot be parted as a whole.
        parting = as_written if kind in ("itself", "tied") else parted
        yield (
            f"{where}: the names of one file are taken for one person: {_listed(files)}. Say {parting} if they are "
            "several people"
        )


def _meetings(keyed: Iterable[pd.DataFrame], is_one: bool) -> pd.DataFrame:
    """Every two names that have a key in common, one of each of two tables of `_keyed`, and that key as `why`.

    is_one: both tables are the same; then the first name that has a key, and each other.
    """
    one, other = (table.sort_values("subject").drop_duplicates() for table in keyed)
    if is_one:
        one, other = one.drop_duplicates("why"), one[one.duplicated("why")]
    return one.merge(other.rename(columns=lambda name: name if name == "why" else f"other_{name}"), on="why")


def _keyed(table: pd.DataFrame, keys: pd.Series) -> pd.DataFrame:
    """dataset and subject of each row of a clip table, beside each of its keys as `why`: one, or a list of them."""
    return table[["dataset", "subject"]].assign(why=keys).explode("why", ignore_index=True)


def _by_place(*tables: pd.DataFrame) -> list[pd.DataFrame]:
    """Clip tables by what they show, as `_keyed`: its own place, and each clip's folder in which it lies.

    Hard links of one file are known by the place of the first.
    """
    places = [table["path"].map(_file) for table in tables]
    clips = set().union(*places)
    first: dict[Hashable, str] = {}

    @cache
    def around(folder: str) -> list[str]:
        above = os.path.dirname(folder)
        return [*([folder] if folder in clips else []), *(around(above) if above != folder else [])]

    def keys(place: str) -> list[str]:
        return [first.setdefault(_identity(place), place), *around(os.path.dirname(place))]

    return [_keyed(table, of_table.map(keys)) for table, of_table in zip(tables, places, strict=True)]


def _listed(parts: Iterable[str]) -> str:
    parts = list(parts)
    return ", ".join(parts[:_NAMED]) + (f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else "")


def _folders(entry: Mapping) -> list[tuple[str, Path]]:
    """(layout, folder) of the sets that an entry of the config reads; of a set that is drawn, none."""
    if entry["root"] is None:
        return []
    if entry["layout"] != "megc2019":
        return [(entry["layout"], _resolved(entry["root"]))]
    # A table that joins the folders of three datasets.
    parts = ((part, entry["options"].get(part)) for part in ("casme2", "smic", "samm"))
    return [(part, _resolved(root)) for part, root in parts if root is not None]


def _resolved(folder: str) -> Path:
    return _without_links(os.path.join(os.getcwd(), folder))


@cache
def _without_links(folder: str) -> Path:
    return Path(os.path.realpath(folder))


def _overlap(folder: Path, other: Path) -> bool:
    return folder.is_relative_to(other) or other.is_relative_to(folder)


def _file(path: str) -> str:
    """The file itself, whatever links lead to it."""
    folder, name = os.path.split(path)
    place = os.path.join(_resolved(folder), name)
    return os.path.realpath(place) if os.path.islink(place) else place


def _identity(place: str) -> Hashable:
    """What hard links of a file have in common, or the place itself."""
    try:
        status = os.stat(place)
    except OSError:
        return place
    is_linked = stat.S_ISREG(status.st_mode) and status.st_nlink > 1
    return (status.st_dev, status.st_ino) if is_linked else place
