"""Frames that lie in a folder as one image each."""

import re
from pathlib import Path

from mie_x_lib.errors import InputError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
VIDEO_SUFFIXES = frozenset({".avi", ".mp4", ".mov", ".mkv", ".mpg", ".mpeg", ".wmv", ".webm"})


def natural_key(name: str) -> tuple:
    """Sort key that compares numbers within names as numbers: img9 before img10."""
    parts = re.findall(r"(\d+)|(\D+)", name)
    return tuple((int(digits), "") if digits else (-1, text) for digits, text in parts), name


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


def frame_positions(folder: Path, numbers: dict[str, int | None], where: str) -> dict[str, int | None]:
    """Positions, counted from 0, of frames named by the number in their file name (its last run of digits).

    numbers: role -> number; None stays None. Raises InputError, beginning with `where` (file and row), where the folder
    has no such frame, and naming the file whose name holds no number or one that another file has.
    """
    found = {}
    for position, path in enumerate(frame_files(folder)):
        digits = re.findall(r"\d+", path.stem)
        if not digits or int(digits[-1]) in found:
            raise InputError(f"{path}: expected a frame number of its own at the end of the name; rename or remove it")
        found[int(digits[-1])] = position
    for role, number in numbers.items():
        if number is not None and number not in found:
            raise InputError(
                f"{where}: the {role} is frame {number}, but {folder} holds {len(found)} frames from {min(found)} to "
                f"{max(found)}; complete the folder or correct the annotation"
            )
    return {role: None if number is None else found[number] for role, number in numbers.items()}


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
