"""Predictions of test clips, read from their files: whole, and of the same clips for every row of a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mie_x_lib.errors import FILE_FAULTS, InputError
from mie_x_lib.files import read_csv
from mie_x_lib.terms import CLIP_NAME

_TEXT = (*CLIP_NAME, "person", "emotion")
_NEEDED = (*CLIP_NAME, "person", "label", "fold", "predicted")
_REMEDY = "the file was damaged or edited; delete it and start the run again"


def read_rows(rows: Sequence[Mapping], folder: str | Path = ".") -> list[list[pd.DataFrame]]:
    """The predictions of each row of a table: one table a seed, of all folds together.

    rows: with evaluation, labels (names of the classes), and predictions, the paths by seed, one a fold, as `folder`
    has them. Raises InputError as `read` does, for a clip that is there twice, and for a file whose clips are not those
    of others of its evaluation.
    """
    trainings = [[_training(row, folder, paths) for paths in row["predictions"].values()] for row in rows]
    for evaluation in dict.fromkeys(row["evaluation"] for row in rows):
        of_row = (found for found, row in zip(trainings, rows, strict=True) if row["evaluation"] == evaluation)
        _refuse_other_clips([training for found in of_row for training in found])
    return [[training.whole for training in found] for found in trainings]


def read(path: str | Path, classes: int) -> pd.DataFrame:
    """The predictions of one file, one row or more; classes: how many there are.

    Raises InputError, with path and row, for a file that is cut off or no table, for a cell that is empty, and for a
    label or predicted that is no class.
    """
    try:
        is_whole = Path(path).read_bytes().endswith(b"\n")
        table = read_csv(path)
    except FILE_FAULTS as fault:
        raise InputError(f"{path}: cannot be read as a table ({' '.join(str(fault).split())}); {_REMEDY}") from fault
    missing = [name for name in _NEEDED if name not in table]
    if missing or table.empty or not is_whole:
        what = f"has no column {', '.join(missing)}" if missing else "has no rows" if table.empty else "is cut off"
        raise InputError(f"{path}: {what}, expected a row a test clip; {_REMEDY}")
    empty = table.isna().to_numpy()
    for place, name in enumerate(map(str, table)):
        wrong, expected = _wrong(table[name], empty[:, place], classes)
        if wrong.any():
            row = int(wrong.argmax())
            shown = "empty" if empty[row, place] else repr(str(table[name].iloc[row])[:60])
            raise InputError(f"{path}: row {row + 2}: {name} is {shown}, expected {expected}; {_REMEDY}")
    return table


def _wrong(column: pd.Series, empty: np.ndarray, classes: int) -> tuple[np.ndarray, str]:
    """Which cells of a column are wrong, (N,) bool, and what is expected of them. empty: (N,) bool."""
    name = str(column.name)
    if name in _TEXT:
        return empty, "a name"
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    if name in ("label", "predicted"):
        return ~np.isin(numbers, range(classes)), f"a whole number from 0 to {classes - 1}"
    # Predictions that another program gave may be without scores.
    return np.isnan(numbers) & ~(empty & name.startswith("score_")), "a number"


def check_predictions(predictions: Sequence[pd.DataFrame]) -> None:
    """Raise InputError unless every seed predicts the same clips, each once."""
    if not predictions:
        raise InputError("no predictions, expected a table for at least one seed")
    clips = [_clips(table, "label") for table in predictions]
    for number, found in enumerate(clips):
        repeated = found[found.duplicated(CLIP_NAME)]
        if len(repeated):
            name = "/".join(repeated[CLIP_NAME].iloc[0])
            raise InputError(f"predictions of seed {number + 1}: clip {name} twice, expected each test clip once")
        if not found.equals(clips[0]):
            raise InputError(
                f"predictions of seed {number + 1}: {len(found)} clips, expected the {len(clips[0])} clips and labels "
                "of the first seed; delete the predictions and let their rules make them again"
            )


class _Training(NamedTuple):
    """What a network predicts: the files of its folds, their tables, and all of these together."""

    paths: list[Path]
    tables: list[pd.DataFrame]
    whole: pd.DataFrame


def _training(row: Mapping, folder: str | Path, names: Sequence[str | Path]) -> _Training:
    """Read the predictions of one training of a row; raises InputError for a clip that is there twice, too."""
    paths = [Path(folder, name) for name in names]
    tables = [read(path, len(row["labels"])) for path in paths]
    whole = pd.concat(tables, ignore_index=True)
    twice = whole.duplicated(CLIP_NAME).to_numpy()
    if twice.any():
        number = int(twice.argmax())
        path = paths[int(np.searchsorted(np.cumsum([len(table) for table in tables]), number, side="right"))]
        name = "/".join(map(str, whole[CLIP_NAME].iloc[number]))
        raise InputError(f"{path}: clip {name} is there before, expected each test clip once; {_REMEDY}")
    return _Training(paths, tables, whole)


def _refuse_other_clips(trainings: Sequence[_Training]) -> None:
    """Raise InputError for the first file without a clip that half of the trainings or more have, or with another."""
    clips = [_clips(training.whole, "label", "fold") for training in trainings]
    if all(each.equals(clips[0]) for each in clips):
        return
    found = [set(each.itertuples(index=False, name=None)) for each in clips]
    counts = Counter(clip for each in found for clip in each)
    usual = {clip for clip, count in counts.items() if 2 * count >= len(trainings)}
    for training, own in zip(trainings, found, strict=True):
        for clip in sorted(usual ^ own):
            *name, label, fold = clip
            # A file holds the clips of one fold, or of all.
            folds = (set(table["fold"]) for table in training.tables)
            path = next(
                (path for path, there in zip(training.paths, folds, strict=True) if fold in there), training.paths[0]
            )
            has, have = ("is missing", "have") if clip in usual else ("is there", "have not")
            others = zip(trainings, found, strict=True)
            other = next(each.paths[0] for each, theirs in others if (clip in theirs) == (clip in usual))
            raise InputError(
                f"{path}: clip {'/'.join(map(str, name))} of label {label} and fold {fold} {has}, which {other} and "
                f"the files beside it {have}; {_REMEDY}"
            )


def _clips(table: pd.DataFrame, *numbers: str) -> pd.DataFrame:
    """The clips that are predicted, in one order, with whole numbers that all networks have to have in common."""
    types = dict.fromkeys(CLIP_NAME, "string") | dict.fromkeys(numbers, "int64")
    return table[list(types)].astype(types).sort_values(CLIP_NAME, ignore_index=True)
