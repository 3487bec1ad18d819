"""Your own videos: a folder and, for more than faces, a table `clips.csv` in it."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import read_number
from mie_x_lib.corpora.clip_table import make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, VIDEO_SUFFIXES, frame_files, list_files, photograph
from mie_x_lib.errors import InputError

REQUIRED = ("clip", "subject", "emotion", "path")
OPTIONAL = ("onset", "apex", "offset", "fps")


def list_clips(root: Path, dataset: str, table: str = "clips.csv") -> pd.DataFrame:
    """List the clips of a folder; the columns are those of `clip_table`.

    table: a CSV file in the folder with the columns clip, subject, emotion (may be empty), path (below the folder: a
    video, a folder of frames or an image) and, where known, onset, apex, offset (frames counted from 0) and fps.
    Without that file every photograph and video in the folder is listed, sorted by name, without emotion, as its own
    subject. Raises InputError naming file and row.
    """
    rows = _from_table(root, root / table) if (root / table).exists() else _from_folder(root)
    return make_clips(rows, dataset)


def _from_folder(root: Path) -> Iterator[dict]:
    for path in list_files(root, IMAGE_SUFFIXES | VIDEO_SUFFIXES):
        row = {"subject": path.stem, "clip": path.stem, "emotion": "", "path": path}
        yield row | (photograph(path) if path.suffix.lower() in IMAGE_SUFFIXES else {})


def _from_table(root: Path, path: Path) -> Iterator[dict]:
    table = pd.read_csv(path, dtype="string", keep_default_na=False, skipinitialspace=True)
    missing = [name for name in REQUIRED if name not in table.columns]
    unknown = [name for name in table.columns if name not in REQUIRED + OPTIONAL]
    if missing or unknown:
        raise InputError(
            f"{path}: columns missing: {missing}, not understood: {unknown}; expected {REQUIRED + OPTIONAL}"
        )
    for number, cells in enumerate(table.to_dict("records"), start=2):
        where = f"{path}: row {number}"
        clip_path = root / cells["path"]
        row = {"subject": cells["subject"], "clip": cells["clip"], "emotion": read_emotion(cells["emotion"], where)}
        yield row | _place(clip_path, where) | _numbers(cells, where)


def _place(path: Path, where: str) -> dict:
    if path.is_dir():
        frame_files(path)
        return {"path": path}
    if not path.is_file():
        raise InputError(f"{where}: path {path} is missing; paths start at the folder of the table")
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return photograph(path)
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise InputError(f"{where}: path {path} is neither a video, an image nor a folder of frames")
    return {"path": path}


def _numbers(cells: dict, where: str) -> dict:
    numbers = {name: read_number(cells, name, where, absent=("",)) for name in OPTIONAL[:3] if name in cells}
    numbers["fps"] = float(cells["fps"]) if cells.get("fps") else None
    return {name: number for name, number in numbers.items() if number is not None}
