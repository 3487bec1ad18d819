"""CK+ (Lucey et al., CVPR Workshops 2010): macro-expressions from neutral to peak."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_folder
from mie_x_lib.corpora.clip_table import make_clips
from mie_x_lib.corpora.frame_folder import list_folders, neutral_to_peak
from mie_x_lib.errors import InputError

FPS = 30.0
EMOTIONS = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")


def list_clips(root: Path, dataset: str) -> pd.DataFrame:
    """List the sequences of CK+ that have an emotion; the columns are those of `clip_table`.

    root: holds `cohn-kanade-images` and `Emotion`. Raises InputError naming the file.
    """
    return make_clips(_rows(root), dataset)


def _rows(root: Path) -> Iterator[dict]:
    images, emotions = find_folder(root, "cohn-kanade-images"), find_folder(root, "Emotion")
    for subject in list_folders(images):
        for path in list_folders(subject):
            files = sorted((emotions / subject.name / path.name).glob("*_emotion.txt"))
            if files:
                row = {"subject": subject.name, "clip": f"{subject.name}_{path.name}", "fps": FPS}
                yield row | {"emotion": _read_emotion(files[0])} | neutral_to_peak(path)


def _read_emotion(path: Path) -> str:
    text = path.read_text().strip()
    try:
        return EMOTIONS[(range(len(EMOTIONS))).index(float(text))]
    except ValueError:
        raise InputError(f"{path}: found {text!r}, expected one number from 0 to 7; get the file again") from None
