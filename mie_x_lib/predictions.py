"""Predictions of test clips, read from their files: whole, and of the same clips for every row of a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from mie_x_lib.errors import FILE_FAULTS, InputError
from mie_x_lib.files import read_csv

_CLIP = ["dataset", "subject", "clip"]
_TEXT = (*_CLIP, "person", "emotion")
_NEEDED = (*_CLIP, "person", "label", "fold", "predicted")
_REMEDY = "the file was damaged or edited; delete it and start the run again"


def read_rows(rows: Sequence[Mapping], folder: str | Path = ".") -> list[list[pd.DataFrame]]:
    """The predictions of each row of a table: one table a seed, of all folds together.

    rows: with evaluation, labels (names of the classes), and predictions, the paths by seed, one a fold, as `folder`
    has them. Raises InputError as `read` does, and for a file without a clip that others of its evaluation have.
    """
    found = [
        [[read(Path(folder, path), len(row["labels"])) for path in paths] for paths in row["predictions"].values()]
        for row in rows
    ]
    seeds = [[pd.concat(tables, ignore_index=True) for tables in row] for row in found]
    for evaluation in dict.fromkeys(row["evaluation"] for row in rows):
        places = [place for place, row in enumerate(rows) if row["evaluation"] == evaluation]
        clips = [_clips(table) for place in places for table in seeds[place]]
        if not all(each.equals(clips[0]) for each in clips):
            paths = [
                [str(Path(folder, path)) for path in of_seed]
                for place in places
                for of_seed in rows[place]["predictions"].values()
            ]
            _refuse_missing(paths, [tables for place in places for tables in found[place]])
    return seeds


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
    _refuse(path, table, "clip", table.duplicated(_CLIP), "each clip once")
    for name in map(str, table):
        if name in _TEXT:
            _refuse(path, table, name, table[name].isna(), "a name")
            continue
        numbers = pd.to_numeric(table[name], errors="coerce")
        if name in ("label", "predicted"):
            _refuse(path, table, name, ~numbers.isin(range(classes)), f"a whole number from 0 to {classes - 1}")
        else:
            # Predictions that another program gave may be without scores.
            is_needed = table[name].notna() | (not name.startswith("score_"))
            _refuse(path, table, name, numbers.isna() & is_needed, "a number")
    return table


def _refuse(path: str | Path, table: pd.DataFrame, name: str, wrong: pd.Series, expected: str) -> None:
    """Raise InputError for the first row whose cell in the column is wrong."""
    if wrong.any():
        place = int(wrong.to_numpy().argmax())
        value = table[name].iloc[place]
        shown = "empty" if pd.isna(value) else repr(str(value)[:60])
        raise InputError(f"{path}: row {place + 2}: {name} is {shown}, expected {expected}; {_REMEDY}")


def _clips(table: pd.DataFrame) -> pd.DataFrame:
    """The clips that are predicted, in one order, with what has to be the same of them for all networks."""
    return table[[*_CLIP, "label", "fold"]].sort_values(_CLIP, ignore_index=True)


def _refuse_missing(paths: Sequence[Sequence[str]], tables: Sequence[Sequence[pd.DataFrame]]) -> None:
    """Raise InputError for the first file without a clip that half of the networks or more have.

    paths, tables: those of the folds of each training.
    """
    found = [[set(_clips(table).itertuples(index=False, name=None)) for table in folds] for folds in tables]
    of_training = [set().union(*folds) for folds in found]
    counts = Counter(clip for clips in of_training for clip in clips)
    usual = {clip for clip, count in counts.items() if 2 * count >= len(found)}
    for own_paths, folds, clips in zip(paths, found, of_training, strict=True):
        for clip in sorted(usual - clips):
            *name, label, fold = clip
            # Files of one network hold the clips of all folds, others those of their own.
            path = next(
                (path for path, own in zip(own_paths, folds, strict=True) if fold in {other[-1] for other in own}),
                own_paths[0],
            )
            other = next(each[0] for each, has in zip(paths, of_training, strict=True) if clip in has)
            raise InputError(
                f"{path}: clip {'/'.join(map(str, name))} of label {label} and fold {fold} is missing, which "
                f"{other} and the files beside it have; {_REMEDY}"
            )
