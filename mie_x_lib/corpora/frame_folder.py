"""Frames that lie in a folder as one image each."""

import re
from functools import cache
from pathlib import Path

from mie_x_lib.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset({".avi", ".mp4", ".mov", ".mkv", ".mpg", ".mpeg", ".wmv", ".webm"})


def natural_key(name: str) -> tuple:
    """Sort key that compares numbers within names as numbers: img9 before img10."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", name))


def list_files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """Files of a folder with one of the suffixes (any case), hidden ones left out, sorted by `natural_key`."""
    files = (path for path in folder.iterdir() if path.suffix.lower() in suffixes and not path.name.startswith("."))
    return sorted(files, key=lambda path: natural_key(path.name))


def frame_files(folder: str | Path) -> list[Path]:
    """The frames of a folder in the order in which they are decoded; raises InputError where there is none."""
    folder = Path(folder)
    files = list_files(folder, IMAGE_SUFFIXES) if folder.is_dir() else []
    if not files:
        raise InputError(f"{folder}: expected a folder of frames ({', '.join(sorted(IMAGE_SUFFIXES))}), found none")
    return files


@cache
def frame_numbers(folder: Path) -> dict[int, int]:
    """Map the number in each frame's file name (its last run of digits) to the frame's position, counted from 0."""
    numbers = {}
    for position, path in enumerate(frame_files(folder)):
        digits = re.findall(r"\d+", path.stem)
        if not digits or int(digits[-1]) in numbers:
            raise InputError(
                f"{path}: expected one frame number at the end of each file name; rename or remove the file"
            )
        numbers[int(digits[-1])] = position
    return numbers


def frame_position(folder: Path, number: int | None, where: str) -> int | None:
    """Position of the frame whose file name holds `number`; None stays None.

    Raises InputError, beginning with `where` (file, row and column), where the folder has no such frame.
    """
    if number is None:
        return None
    numbers = frame_numbers(folder)
    if number not in numbers:
        raise InputError(
            f"{where} is {number}, but {folder} holds the frames {min(numbers)} to {max(numbers)} "
            f"({len(numbers)} files); complete the folder or correct the annotation"
        )
    return numbers[number]


def list_folders(folder: Path) -> list[Path]:
    """Folders within a folder, hidden ones left out, sorted by `natural_key`."""
    folders = (path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return sorted(folders, key=lambda path: natural_key(path.name))


def neutral_to_peak(folder: Path) -> dict:
    """path, onset, apex and offset of a macro-expression that begins neutral and ends at its peak."""
    last = len(frame_files(folder)) - 1
    return {"path": folder, "onset": 0, "apex": last, "offset": last}


def photograph(path: Path) -> dict:
    """path, onset, apex and offset of a photograph: a clip of one frame."""
    return {"path": path, "onset": 0, "apex": 0, "offset": 0}
