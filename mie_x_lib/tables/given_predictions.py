"""Predictions that another program made of the test clips of an evaluation, as the tables of this project need them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.folds.division import COLUMNS
from mie_x_lib.terms import CLIP_NAME
from mie_x_lib.user_tables import read_table


def read(path: str | Path) -> pd.DataFrame:
    """What another program wrote, all as text; the index is the row in the file. Raises InputError for no table."""
    names, rows = read_table(path, CLIP_NAME, "write a row a test clip")
    return pd.DataFrame([row.cells for row in rows], columns=names, index=[row.number for row in rows])


def take(given: pd.DataFrame, clips: pd.DataFrame, classes: Sequence[str], source: str) -> pd.DataFrame:
    """Return the predictions of every test clip, in the order of the clips.

    given: a row a clip with dataset, subject, clip, and `predicted` (name of a class) or a column score_<class> for
    each class, of which one has to be the highest; with both, `predicted` (name or number of a class, as tables of this
    project have it) has to be one of the highest. With a column fold, its folds have to be those of the clips. Its
    index is the row in the file. clips: the table of `make_folds`. classes: their names in order. source: where
    `given` comes from, for errors.

    Returns dataset, subject, clip, emotion, label, person, fold, score_<class> of each class (empty where none were
    given), and predicted, the number of a class. Raises InputError for scores that are not one for each class, and,
    with the row of the file, for a clip that is no test clip, stands there twice or is missing, for another fold, for
    what is no class, and for a class that the scores contradict or leave open.
    """
    _need(given, CLIP_NAME, source)
    scores = [f"score_{name}" for name in classes]
    found = [name for name in map(str, given) if name.startswith("score_")]
    has_scores = bool(found)
    if has_scores and set(found) != set(scores):
        raise InputError(
            f"{source}: has the columns {', '.join(found)}; expected {', '.join(scores)}, one for each class and no "
            "other, or none of them; correct their names, or leave them out"
        )
    if not has_scores:
        _need(given, ["predicted"], source, f", or of {', '.join(scores)} all")
    rows = _rows_of_clips(given, clips, source)
    taken = clips[list(COLUMNS)].reset_index(drop=True)
    names = {name: number for number, name in enumerate(classes)}
    if not has_scores:
        predicted = _class_numbers(given, names, classes, source)
        return taken.assign(**dict.fromkeys(scores, np.nan), predicted=predicted[rows])
    values = _score_values(given[scores], classes, source)
    predicted = values.argmax(axis=1)
    if "predicted" in given:
        numbers = {str(number): number for number in range(len(classes))}
        predicted = _class_numbers(given, numbers | names, classes, source)
        _check_highest(given, values, predicted, classes, source)
    else:
        _check_one_highest(given, values, classes, source)
    return taken.assign(**dict(zip(scores, values[rows].T, strict=True)), predicted=predicted[rows])


def _rows_of_clips(given: pd.DataFrame, clips: pd.DataFrame, source: str) -> np.ndarray:
    """Which row of `given` predicts each test clip, counted from 0; raises InputError as `take` does for its clips."""
    keys = pd.MultiIndex.from_frame(given[CLIP_NAME].astype("string").fillna(""))
    tested = pd.MultiIndex.from_frame(clips[CLIP_NAME].astype("string"))
    places = tested.get_indexer(keys)
    if (places < 0).any():
        raise InputError(
            f"{source}, row {_row(given, places < 0)}: {_name(keys, places < 0)} is no test clip here; copy dataset, "
            "subject and clip from clips.csv of results/training_data as text, 006 and not 6"
        )
    if keys.duplicated().any():
        raise InputError(
            f"{source}, row {_row(given, keys.duplicated())}: {_name(keys, keys.duplicated())} stands there "
            "twice; keep one row, or write a file for each training"
        )
    missing = ~tested.isin(keys)
    if missing.any():
        raise InputError(
            f"{source}: {missing.sum()} of {len(clips)} test clips are missing, first {_name(tested, missing)}; every "
            "test clip has to be predicted once, by a network that was not trained on its person"
        )
    _check_folds(given, clips["fold"].to_numpy()[places], source)
    return keys.get_indexer(tested)


def _score_values(given: pd.DataFrame, classes: Sequence[str], source: str) -> np.ndarray:
    """The scores (N, classes) of columns of texts; raises InputError for what is no number."""
    # Spreadsheets of many countries write 0,7.
    texts = given.astype("string").apply(lambda column: column.str.replace(",", ".", n=1, regex=False))
    values = texts.apply(pd.to_numeric, errors="coerce").to_numpy(float, na_value=np.nan)
    wrong = ~np.isfinite(values).all(axis=1)
    if wrong.any():
        raise InputError(
            f"{source}, row {_row(given, wrong)}: a score is no number; expected one for each of {', '.join(classes)}"
        )
    return values


def _class_numbers(given: pd.DataFrame, known: Mapping[str, int], classes: Sequence[str], source: str) -> np.ndarray:
    """The number of the class that each row names, by `known`."""
    texts = given["predicted"].astype("string").fillna("")
    wrong = ~texts.isin(known)
    if wrong.any():
        raise InputError(
            f"{source}, row {_row(given, wrong)}: {texts[wrong].iloc[0]!r} is no class; expected one of "
            f"{', '.join(classes)}"
        )
    return texts.map(known).to_numpy("int64")


def _check_highest(
    given: pd.DataFrame, values: np.ndarray, predicted: np.ndarray, classes: Sequence[str], source: str
) -> None:
    """Raise InputError where another class than the one predicted has the highest of the scores (N, classes)."""
    wrong = np.take_along_axis(values, predicted[:, None], axis=1)[:, 0] < values.max(axis=1)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise InputError(
            f"{source}, row {_row(given, wrong)}: predicted is {classes[predicted[first]]}, but "
            f"{classes[int(values[first].argmax())]} has the highest score; correct the row, or leave out one of both"
        )


def _check_one_highest(given: pd.DataFrame, values: np.ndarray, classes: Sequence[str], source: str) -> None:
    """Raise InputError where two of the scores (N, classes) are the highest: to take the first would favour a class."""
    highest = values == values.max(axis=1, keepdims=True)
    wrong = highest.sum(axis=1) > 1
    if wrong.any():
        names = [name for name, is_highest in zip(classes, highest[int(np.argmax(wrong))], strict=True) if is_highest]
        raise InputError(
            f"{source}, row {_row(given, wrong)}: {' and '.join(names)} have the highest score; give scores that are "
            "not rounded, or a column predicted, which decides"
        )


def _check_folds(given: pd.DataFrame, folds: np.ndarray, source: str) -> None:
    if "fold" in given:
        wrong = pd.to_numeric(given["fold"], errors="coerce").to_numpy(float) != folds
        if wrong.any():
            found = str(given["fold"][wrong].iloc[0]) or "''"
            raise InputError(
                f"{source}, row {_row(given, wrong)}: fold {found}, but the clip is of fold "
                f"{folds[int(np.argmax(wrong))]}; train and predict by the folds of results/training_data"
            )


def _need(given: pd.DataFrame, columns: Sequence[str], source: str, more: str = "") -> None:
    missing = [name for name in columns if name not in given]
    if missing:
        raise InputError(f"{source}: has no column {', '.join(missing)}{more}; expected a row a test clip")


def _row(given: pd.DataFrame, wrong: Sequence[bool] | np.ndarray | pd.Series) -> object:
    """The row of the file of the first that is wrong."""
    return given.index[int(np.argmax(np.asarray(wrong)))]


def _name(keys: pd.MultiIndex, chosen: np.ndarray) -> str:
    return "/".join(map(str, keys[int(np.argmax(chosen))]))
