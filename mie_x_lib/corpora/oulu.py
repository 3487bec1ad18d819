"""Oulu-CASIA NIR&VIS (Zhao et al., Image and Vision Computing 2011): macro-expressions from neutral to peak."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_folder
from mie_x_lib.corpora.clip_table import make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import list_folders, neutral_to_peak

FPS = 25.0


def list_clips(root: Path, dataset: str, camera: str = "VL", light: str = "Strong") -> pd.DataFrame:
    """List the sequences of one camera (`VL`, `NI`) in one light (`Strong`, `Weak`, `Dark`); columns of `clip_table`.

    root: holds `OriginalImg/VL/Strong/P001/Anger/000.jpeg`. Raises InputError naming the folder.
    """
    return make_clips(_rows(find_folder(root, f"OriginalImg/{camera}/{light}")), dataset)


def _rows(folder: Path) -> Iterator[dict]:
    for subject in list_folders(folder):
        for path in list_folders(subject):
            row = {
                "subject": subject.name,
                "clip": path.name,
                "emotion": read_emotion(path.name, str(path)),
                "fps": FPS,
            }
            yield row | neutral_to_peak(path)
