"""CASME II (Yan et al., PLoS ONE 2014): raw frames, cropped frames, or the compressed videos."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import (
    existing,
    find_annotation,
    find_folder,
    read_frame_numbers,
    read_number,
    read_sheet,
)
from mie_x_lib.corpora.clip_table import make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import frame_positions
from mie_x_lib.errors import InputError

FPS = 200.0
RELEASES = {"raw": "CASME2_RAW_selected", "cropped": "Cropped", "avi": "CASME2_compressed"}
FRAME_COLUMNS = {"onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame"}


def list_clips(root: Path, dataset: str, release: str = "raw") -> pd.DataFrame:
    """List the clips of CASME II; the columns are those of `clip_table`.

    root: holds the folder of the release and `CASME2-coding-*.xlsx`. release: a key of `RELEASES`: frames `raw` or
    `cropped` (the annotation's numbers are those in the file names), or `avi` (number 1 is the first frame).
    An apex annotated as "/" is empty. Raises InputError naming file and row.
    """
    return make_clips(read_rows(root, release), dataset)


def read_rows(root: Path, release: str = "raw") -> Iterator[dict]:
    """Yield every annotated clip, whatever its emotion, as a row for `clip_table.make_clips`."""
    if release not in RELEASES:
        raise InputError(f"{root}: release {release!r} of CASME II is unknown; choose one of {', '.join(RELEASES)}")
    folder = find_folder(root, RELEASES[release])
    columns = ("Subject", "Filename", *FRAME_COLUMNS.values(), "Estimated Emotion")
    for where, cells in read_sheet(find_annotation(root, "CASME2-coding-*.xlsx"), columns):
        subject = f"sub{read_number(cells['Subject'], f'{where}: Subject'):02d}"
        name = cells["Filename"]
        path = existing(folder / subject / (f"{name}.avi" if release == "avi" else name), where)
        row = {"subject": subject, "clip": name, "path": path, "fps": FPS}
        row["emotion"] = read_emotion(cells["Estimated Emotion"], where)
        numbers = read_frame_numbers(cells, FRAME_COLUMNS, where, least=1)
        if release == "avi":
            yield row | {role: None if number is None else number - 1 for role, number in numbers.items()}
        else:
            yield row | frame_positions(path, numbers, where)
