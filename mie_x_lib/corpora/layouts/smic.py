"""SMIC-HS (Li et al., FG 2013): onset and offset are the ends of a clip, the apex is not annotated."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_folder
from mie_x_lib.corpora.clip_table import attempt, make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import frame_names, list_folders
from mie_x_lib.corpora.layouts import BY_AGREEMENT

LICENCE = BY_AGREEMENT.format("the University of Oulu")
FPS = 100.0
PUBLISHED = {"clips": 164, "subjects": 16, "labelled": 164, "negative": 70, "positive": 51, "surprise": 43}


def list_clips(root: Path, dataset: str) -> pd.DataFrame:
    """Find the clips of SMIC-HS; the columns are those of `make_clips`.

    root: holds `SMIC_all_raw/HS/s14/micro/surprise/s14_sur_01/...`. A subject may have no
    micro-expressions. Raises InputError for a root that holds something else.
    """
    return make_clips(read_rows(root), dataset)


def published() -> dict[str, int]:
    """What the authors say that there is."""
    return PUBLISHED


def read_rows(root: Path) -> Iterator[dict]:
    """Yield every clip as a row for `clip_table.make_clips`."""
    for subject in list_folders(find_folder(root, "SMIC_all_raw/HS")):
        for emotion in list_folders(subject / "micro") if os.path.isdir(subject / "micro") else []:
            for path in list_folders(emotion):
                yield attempt({"subject": subject.name, "clip": path.name}, _read_row, path)


def _read_row(path: Path) -> dict:
    row = {"path": path, "fps": FPS, "emotion": read_emotion(path.parent.name, str(path.parent))}
    return row | {"onset": 0, "offset": len(frame_names(path)) - 1}
