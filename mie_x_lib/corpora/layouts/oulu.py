"""Oulu-CASIA NIR&VIS (Zhao et al., Image and Vision Computing 2011): macro-expressions from neutral to peak."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_folder
from mie_x_lib.corpora.clip_table import attempt, make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import list_folders, neutral_to_peak
from mie_x_lib.corpora.layouts import BY_AGREEMENT

LICENCE = BY_AGREEMENT.format("the University of Oulu")
FPS = 25.0
EMOTIONS = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
# Of each camera and light.
PUBLISHED = {"clips": 480, "subjects": 80, "labelled": 480, "negative": 320, "positive": 80, "surprise": 80}


def list_clips(root: Path, dataset: str, camera: str = "VL", light: str = "Strong") -> pd.DataFrame:
    """Find the sequences of one camera (`VL`, `NI`) in one light (`Strong`, `Weak`, `Dark`); columns of `make_clips`.

    root: holds `OriginalImg/VL/Strong/P001/Anger/000.jpeg`. Raises InputError for a root that holds something else.
    """
    return make_clips(_rows(find_folder(root, f"OriginalImg/{camera}/{light}")), dataset)


def published(camera: str = "VL", light: str = "Strong") -> dict[str, int]:
    """What the authors say that there is."""
    return PUBLISHED


def _rows(folder: Path) -> Iterator[dict]:
    for subject in list_folders(folder):
        paths = list_folders(subject)
        for path in paths:
            yield attempt({"subject": subject.name, "clip": path.name}, _read_row, path)
        for name in sorted(set(EMOTIONS) - {path.name.capitalize() for path in paths}):
            remark = f"{subject / name} is missing"
            yield {"subject": subject.name, "clip": name, "left_out": "missing", "remark": remark}


def _read_row(path: Path) -> dict:
    return {"emotion": read_emotion(path.name, str(path)), "fps": FPS} | neutral_to_peak(path)
