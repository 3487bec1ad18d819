"""Frames that lie in a folder as one image each."""

import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from mie_x_lib.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
VIDEO_SUFFIXES = frozenset(
    {".avi", ".mp4", ".mov", ".mkv", ".mpg", ".mpeg", ".wmv", ".webm", ".m4v", ".3gp"}
    # Of camcorders, and of older phones and programs.
    | {".mts", ".m2ts", ".ts", ".mod", ".tod", ".vob", ".3g2", ".asf", ".flv", ".ogv"}
)
_AS_ZEROS = str.maketrans("123456789", "000000000")
_DIGITS = re.compile(r"(\d+)")
# What stands behind the point or comma of a number.
DECIMALS = re.compile(r"(?<=\d[.,])\d+")
_NUMBERS = re.compile(r"(\d+)|(\D+)")
# What systems put behind the name of a copy, beside words.
_COPY = re.compile(r" ?\(\d+\)\.")


def natural_key(name: str) -> tuple:
    """Sort key that compares numbers within names as numbers: img9 before img10."""
    parts = _NUMBERS.findall(name)
    return tuple((int(digits), "") if digits else (-1, text) for digits, text in parts), name


def in_order(names: list[str]) -> list[str]:
    """Names sorted by `natural_key`."""
    # Of names that differ in digits alone, as those of many photographs do, the order of the letters is the same.
    is_one_series = len({name.translate(_AS_ZEROS) for name in names}) < 2
    return sorted(names) if is_one_series else sorted(names, key=natural_key)


def list_names(folder: str | Path, suffixes: frozenset[str]) -> list[str]:
    """Names of a folder's files with one of the suffixes (any case), hidden ones left out, sorted by `natural_key`.

    Raises InputError for a folder that cannot be read, and for a name that is not in UTF-8.
    """
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith(".")]
    except OSError as fault:
        raise InputError(f"{folder}: cannot be read ({fault.strerror}); check that you may read the folder") from fault
    return in_order([_readable_name(name) for name in names if os.path.splitext(name)[1].lower() in suffixes])


def _readable_name(name: str) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        raise InputError(f"{name!r}: the name of this file is not in UTF-8; rename it") from None
    return name


def frame_links(folder: str | Path) -> list[str]:
    """What lies in a folder of frames as a link."""
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_symlink()]
    except OSError:
        # Whoever lists its frames tells of it.
        return []


def plain_files(folder: str | Path) -> frozenset[str]:
    """The names of the files in a folder itself, without links, folders and pipes; none where it cannot be read."""
    try:
        with os.scandir(folder or ".") as entries:
            return frozenset(entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError:
        return frozenset()


def list_files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """The files that `list_names` names."""
    return [folder / name for name in list_names(folder, suffixes)]


def frame_names(folder: str | Path) -> list[str]:
    """Names of the frames of a folder in the order in which they are decoded.

    Raises InputError where there is none, and for two files that are one frame.
    """
    names = list_names(folder, IMAGE_SUFFIXES) if os.path.isdir(folder) else []
    if not names:
        raise InputError(f"{folder}: expected a folder of frames ({', '.join(sorted(IMAGE_SUFFIXES))}), found none")
    twice = find_repeated(names)
    if twice:
        raise InputError(
            f"{folder}: {twice[0]} and {twice[1]} are one frame by their names, and would be counted as two; keep one"
            f" of them{', or give all decimals the same length' if DECIMALS.search(twice[0]) else ''}"
        )
    return names


# Of the frames of a clip it is asked for several things.
@lru_cache(maxsize=4096)
def numbered(name: str) -> tuple[str, tuple[int, ...]]:
    """The name of a file without its suffix: what it has beside numbers, and the numbers."""
    stem = os.path.splitext(name)[0]
    parts = _DIGITS.split(stem)
    return "0".join(parts[::2]), tuple(map(int, parts[1::2]))


def find_repeated(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names that stand for one frame, if there are: img2.png and img2.jpg, img02.png or "img2 - Copy.png".

    A copy has in its name the whole one of a frame that is counted. Equal numbers alone do not make one frame of two:
    s1_neutral.png and s1_smile.png are numbered by their subject.
    """
    first: dict[tuple, str] = {}
    for name in names:
        # Without numbers the words are the whole name.
        other = first.setdefault(numbered(name), name)
        if other is not name:
            return other, name
    counted = Counter(words for words, _ in first)
    if len(counted) == 1:
        return None
    of_number: dict[tuple, list[str]] = {}
    for name in first.values():
        of_number.setdefault(numbered(_COPY.sub(".", name))[1], []).append(name)
    for same in (same for numbers, same in of_number.items() if numbers and len(same) > 1):
        original = min(same, key=len)
        stem = os.path.splitext(original)[0]
        copy = next((name for name in same if name != original and stem in name), None)
        if copy and counted[numbered(original)[0]] > 1:
            return original, copy
    return None


def frame_files(folder: str | Path) -> list[Path]:
    """The frames that `frame_names` names."""
    return [Path(folder) / name for name in frame_names(folder)]


def frame_positions(folder: Path, numbers: dict[str, int | None], where: str) -> dict:
    """Positions, counted from 0, of frames named by the number in their file name (its last run of digits).

    numbers: onset, apex, offset -> number; None stays None. An apex or an offset that cannot be is dropped, with a
    `remark` (`credible`). Raises InputError, beginning with `where` (file and row), where the folder has no such onset,
    and naming the file whose name holds no number or one that another file has.
    """
    found = {}
    for position, name in enumerate(frame_names(folder)):
        digits = re.findall(r"\d+", os.path.splitext(name)[0])
        if not digits or int(digits[-1]) in found:
            raise InputError(
                f"{folder / name}: expected a frame number of its own at the end of the name; rename or remove it"
            )
        found[int(digits[-1])] = position
    if numbers["onset"] is not None and numbers["onset"] not in found:
        raise InputError(
            f"{where}: the onset is frame {numbers['onset']}, but {folder} holds {len(found)} frames from {min(found)} "
            f"to {max(found)}; complete the folder or correct the annotation"
        )
    frames = f"the {len(found)} frames from {min(found)} to {max(found)} of {folder}"
    kept, remark = credible(numbers, found.__contains__, frames, where)
    return {role: None if number is None else found[number] for role, number in kept.items()} | remark


def credible(
    numbers: dict[str, int | None], is_frame: Callable[[int], bool], frames: str, where: str
) -> tuple[dict[str, int | None], dict[str, str]]:
    """Onset, apex and offset without an apex or offset that cannot be, and a `remark` that tells of it.

    Tables and frames of the datasets disagree in places: on apexes in SAMM, on offsets in SAMM and MMEW. A number that
    is no frame of the clip, or is not in the order of onset, apex, offset, counts as not annotated. frames: how the
    remark, which begins with `where` (file and row), names them.
    """
    kept, first, last = dict(numbers), numbers["onset"] or 0, math.inf
    for role in ("offset", "apex"):
        number = numbers[role]
        if number is not None and not (is_frame(number) and first <= number <= last):
            kept[role] = None
        elif number is not None:
            last = number
    dropped = [role for role in numbers if kept[role] != numbers[role]]
    if not dropped:
        return kept, {}
    annotated = ", ".join(f"{role} {'-' if number is None else number}" for role, number in numbers.items())
    remark = f"{where}: {annotated} do not fit {frames}; {' and '.join(dropped)} taken as not annotated"
    return kept, {"remark": remark}


def list_folders(folder: Path) -> list[Path]:
    """Folders within a folder, hidden ones left out, sorted by `natural_key`."""
    try:
        folders = [path for path in folder.iterdir() if os.path.isdir(path) and not path.name.startswith(".")]
    except OSError as fault:
        raise InputError(f"{folder}: cannot be read ({fault.strerror}); check that you may read the folder") from fault
    return sorted(folders, key=lambda path: natural_key(_readable_name(path.name)))


def neutral_to_peak(folder: Path) -> dict:
    """path, onset, apex and offset of a macro-expression that begins neutral and ends at its peak."""
    last = len(frame_names(folder)) - 1
    return {"path": folder, "onset": 0, "apex": last, "offset": last}


def photograph(path: str | Path) -> dict:
    """path, onset, apex and offset of a photograph: a clip of one frame."""
    return {"path": path, "onset": 0, "apex": 0, "offset": 0}


def own_person(path: str | Path) -> dict:
    """The row of a photograph that is taken for a person of its own."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return {"subject": stem, "clip": stem, "emotion": ""} | photograph(path)
