"""SAMM (Davison et al., IEEE Transactions on Affective Computing 2018)."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import (
    existing,
    find_annotation,
    find_folder,
    nearest_annotations,
    read_frame_numbers,
    read_name,
    read_number,
    read_sheet,
)
from mie_x_lib.corpora.clip_table import attempt, make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import frame_positions
from mie_x_lib.corpora.layouts import BY_AGREEMENT

LICENCE = BY_AGREEMENT.format("Manchester Metropolitan University")
FPS = 200.0
SHEET = "SAMM_Micro_FACS_Codes_v2*.xlsx"
HEADER_ROW = 14
FRAME_COLUMNS = {"onset": "Onset Frame", "apex": "Apex Frame", "offset": "Offset Frame"}
# The micro-movements; 32 people were filmed, and 29 of them show one. 26 have none of the emotions.
PUBLISHED = {"clips": 159, "subjects": 29, "labelled": 133, "negative": 92, "positive": 26, "surprise": 15}


def list_clips(root: Path, dataset: str) -> pd.DataFrame:
    """Find the clips of SAMM; the columns are those of `make_clips`.

    root: holds the folder `SAMM` and `SAMM_Micro_FACS_Codes_v2.xlsx`. Raises InputError for a root that holds
    something else.
    """
    return make_clips(read_rows(root), dataset)


def annotations(root: Path) -> list[Path]:
    """The files that say what the clips show."""
    return nearest_annotations(root, SHEET)


def published() -> dict[str, int]:
    """What the authors say that there is."""
    return PUBLISHED


def read_rows(root: Path) -> Iterator[dict]:
    """Yield every annotated clip, whatever its emotion, as a row for `clip_table.make_clips`."""
    folder = find_folder(root, "SAMM")
    columns = ("Subject", "Filename", *FRAME_COLUMNS.values(), "Estimated Emotion")
    for where, cells in read_sheet(find_annotation(root, SHEET), columns, HEADER_ROW):
        name = {"subject": cells["Subject"], "clip": cells["Filename"], "where": where}
        yield attempt(name, _read_row, folder, cells, where)


def _read_row(folder: Path, cells: dict[str, str], where: str) -> dict:
    subject = f"{read_number(cells['Subject'], f'{where}: Subject'):03d}"
    path = existing(folder / subject / read_name(cells["Filename"], f"{where}: Filename"), where)
    row = {"subject": subject, "path": path, "fps": FPS}
    row["emotion"] = read_emotion(cells["Estimated Emotion"], where)
    return row | frame_positions(path, read_frame_numbers(cells, FRAME_COLUMNS, where), where)
