"""Your own videos: a folder and, for more than faces, a table `clips.csv` in it."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from mie_x_lib import user_tables
from mie_x_lib.corpora.annotations import existing, read_frame_numbers
from mie_x_lib.corpora.clip_table import attempt, make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, VIDEO_SUFFIXES, frame_files, list_files, photograph
from mie_x_lib.corpora.unread import tell_unread
from mie_x_lib.errors import InputError

TABLE = "clips.csv"
REQUIRED = ("clip", "subject", "emotion", "path")
ROLES = ("onset", "apex", "offset")
OPTIONAL = (*ROLES, "fps")
SUFFIXES = ", ".join(sorted(IMAGE_SUFFIXES | VIDEO_SUFFIXES))
# Phones store a photograph that moves as a picture and a video of one name.
PICTURE_SUFFIXES = IMAGE_SUFFIXES | {".heic", ".heif"}


def list_clips(root: Path, dataset: str, table: str = TABLE) -> pd.DataFrame:
    """Find the clips of a folder; the columns are those of `make_clips`.

    table: a CSV file in the folder with the columns clip, subject, emotion (may be empty), path (below the folder: a
    video, a folder of frames or an image; several clips may name one video) and, where known, onset, apex, offset
    (frames counted from 0) and fps. Without that file every photograph and video that lies directly in the folder is
    listed, sorted by name, without emotion, as its own subject. Raises InputError for a table that is none, and for a
    folder without table, photographs and videos; what is wrong with a row is its `fault`, with file and row.
    """
    [path] = annotations(root, table)
    # A folder may do without the usual table, but not without one that is asked for.
    is_bare = table == TABLE and not os.path.lexists(path)
    return make_clips(_from_folder(root) if is_bare else _from_table(root, path), dataset)


def annotations(root: Path, table: str = TABLE) -> list[Path]:
    """The table that lists the clips."""
    return [root / table]


def _from_folder(root: Path) -> Iterator[dict]:
    files = list_files(root, IMAGE_SUFFIXES | VIDEO_SUFFIXES)
    if not files:
        unread = tell_unread([root], [], root)
        raise InputError(
            f"{root}: expected {TABLE}, or files ({SUFFIXES}) directly in the folder; put either there"
            + (f" ({unread})" if unread else "")
        )
    pictures = {path.stem for path in list_files(root, PICTURE_SUFFIXES)}
    for path in files:
        row = {"subject": path.stem, "clip": path.stem, "emotion": "", "path": path}
        if path.suffix.lower() in IMAGE_SUFFIXES:
            yield row | photograph(path)
        elif path.stem not in pictures:
            yield row


def _from_table(root: Path, path: Path) -> Iterator[dict]:
    columns, rows = user_tables.read_table(existing(path, "options.table"), (), "")
    missing = [name for name in REQUIRED if name not in columns]
    unknown = [name or "a column without a name" for name in columns if name not in REQUIRED + OPTIONAL]
    if missing or unknown:
        letters = ", in small letters" if {name.lower() for name in unknown} & {*REQUIRED, *OPTIONAL} else ""
        raise InputError(
            f"{path}: columns missing: {', '.join(missing) or 'none'}, not understood: {', '.join(unknown) or 'none'}; "
            f"expected {', '.join(REQUIRED)} and, where known, {', '.join(OPTIONAL)}{letters}; rename or remove columns"
        )
    # Of a long recording, each clip may name the same folder.
    frame_count = cache(lambda folder: len(frame_files(folder)))
    for number, values in rows:
        cells, where = dict(zip(columns, values, strict=True)), f"{path}: row {number}"
        name = {"subject": cells["subject"], "clip": cells["clip"], "where": where}
        yield attempt(name, _read_row, root, cells, where, frame_count)


def _read_row(root: Path, cells: dict[str, str], where: str, frame_count: Callable[[Path], int]) -> dict:
    for name, text in cells.items():
        user_tables.refuse_error(text, f"{where}: {name}")
    for name in ("clip", "subject", "path"):
        if not cells[name]:
            raise InputError(f"{where}: {name} is empty; fill the cell")
    below = cells["path"]
    if not os.path.lexists(root / below):
        # As Windows writes it.
        below = below.replace("\\", "/")
    if os.path.isabs(below) or ".." in Path(below).parts:
        raise InputError(
            f"{where}: path is {below!r}, expected one that is written from {root} on, such as a/1.mp4; put the file "
            "there if it lies elsewhere"
        )
    path = existing(root / below, where)
    row: dict[str, Any] = {"emotion": read_emotion(cells["emotion"], where)}
    frames: int | None
    if os.path.isfile(path) and path.suffix.lower() in IMAGE_SUFFIXES:
        frames, row = 1, row | photograph(path)
    elif os.path.isfile(path) and path.suffix.lower() in VIDEO_SUFFIXES:
        frames, row = None, row | {"path": path}
    elif os.path.isdir(path):
        frames, row = _counted(path, where, frame_count), row | {"path": path}
    else:
        raise InputError(f"{where}: {path} is neither a folder of frames nor a file that is read: {SUFFIXES}")
    for name, number in read_frame_numbers(cells, {name: name for name in ROLES if name in cells}, where).items():
        if frames is not None and number is not None and number >= frames:
            raise InputError(f"{where}: {name} is {number}, but {path} has {frames} frames, counted from 0")
        row[name] = number
    if cells.get("fps"):
        row["fps"] = _read_fps(cells["fps"], where)
    return row


def _counted(folder: Path, where: str, frame_count: Callable[[Path], int]) -> int:
    try:
        return frame_count(folder)
    except InputError as fault:
        raise InputError(f"{where}: {fault}; or name a video in the folder") from fault


def _read_fps(text: str, where: str) -> float:
    try:
        fps = user_tables.read_number(text, where)
    except InputError:
        fps = 0.0
    if not 0 < fps < float("inf"):
        raise InputError(f"{where}: fps is {text!r}, expected a number above 0; correct the cell or leave it empty")
    return fps
