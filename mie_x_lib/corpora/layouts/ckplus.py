"""CK+ (Lucey et al., CVPR Workshops 2010): macro-expressions from neutral to peak."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_folder
from mie_x_lib.corpora.clip_table import attempt, make_clips
from mie_x_lib.corpora.frame_folder import frame_names, list_folders, neutral_to_peak
from mie_x_lib.corpora.layouts import BY_AGREEMENT
from mie_x_lib.errors import InputError
from mie_x_lib.files import matching
from mie_x_lib.user_tables import read_text

LICENCE = BY_AGREEMENT.format("the University of Pittsburgh")
FPS = 30.0
EMOTIONS = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
# Sequences of all kinds, and those of them that have an emotion.
PUBLISHED = {"clips": 593, "subjects": 123, "labelled": 327, "negative": 175, "positive": 69, "surprise": 83}


def list_clips(root: Path, dataset: str) -> pd.DataFrame:
    """Find the sequences of CK+, of which those without an emotion are left out; the columns are those of `make_clips`.

    root: holds `cohn-kanade-images` and `Emotion`. Raises InputError for a root that holds something else.
    """
    return make_clips(_rows(root), dataset)


def annotations(root: Path) -> list[Path]:
    """The files that say what the clips show."""
    # Archives made on a Mac have hidden files beside others.
    return matching(find_folder(root, "Emotion"), "*/*/[!.]*_emotion.txt")


def published() -> dict[str, int]:
    """What the authors say that there is."""
    return PUBLISHED


def _rows(root: Path) -> Iterator[dict]:
    images = find_folder(root, "cohn-kanade-images")
    labels: dict[Path, list[Path]] = {}
    for label in annotations(root):
        labels.setdefault(Path(*label.parts[-3:-1]), []).append(label)
    found = {path.relative_to(images): path for subject in list_folders(images) for path in list_folders(subject)}
    for sequence in [*found, *sorted(labels.keys() - found.keys())]:
        subject, number = sequence.parts
        row = {"subject": subject, "clip": f"{subject}_{number}", "path": images / sequence, "fps": FPS}
        if sequence in labels:
            yield attempt(row, _read_row, images / sequence, labels[sequence])
        else:
            yield row | {"left_out": "no emotion"}


def _read_row(path: Path, labels: list[Path]) -> dict:
    if len(labels) > 1:
        raise InputError(f"{path}: has {len(labels)} emotions, {labels[0]} and {labels[1]}; keep one of them")
    (label,) = labels
    row = {"emotion": _read_emotion(label)} | neutral_to_peak(path)
    peak, names = f"{label.name.removesuffix('_emotion.txt')}.png", frame_names(path)
    if peak not in names:
        remark = f"{path}: its peak {peak}, after which {label} is named, is missing; the last frame is taken"
        return row | {"remark": remark}
    if peak == names[-1]:
        return row
    position = names.index(peak)
    remark = f"{path}: its peak is {peak}, after which {label} is named, and not its last frame, {names[-1]}"
    return row | {"apex": position, "offset": position, "remark": remark}


def _read_emotion(path: Path) -> str:
    text = read_text(path).strip()
    try:
        return EMOTIONS[range(len(EMOTIONS)).index(float(text))]  # type: ignore[arg-type]  # it is written as 3.0000
    except ValueError:
        raise InputError(f"{path}: found {text[:60]!r}, expected one number from 0 to 7; get the file again") from None
