"""The one table that every layout is turned into: a row a clip."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError, one_error_of
from mie_x_lib.terms import CLIP_NAME, EMOTION_LABELS, OTHER_EMOTIONS

COLUMNS = ("dataset", "subject", "clip", "emotion", "label", "path", "onset", "apex", "offset", "fps")
# What a layout says of a clip beside its row: why it is left out, what the user is to know, what is wrong with it, and
# the file and row that list it.
NOTES = ("left_out", "remark", "fault", "where")
NEUTRAL = "neutral"
SCHEMA = Path(__file__).with_name("clips.schema.json")

# Names of subjects and clips become names of files and folders, and stand in tables. Bytes in UTF-8, of which file
# systems allow 255 with a suffix.
LONGEST_NAME = 200
_NOT_IN_NAMES = r"[/\x00-\x1f\x7f-\x9f\u2028\u2029]|^\.\.?$"

_NAMES = ("subject", "clip", "path")
_TEXT = (*_NAMES, "dataset", "emotion", *NOTES)
_DTYPES = {name: "string" for name in _TEXT} | {name: "Int64" for name in ("label", "onset", "apex", "offset")}
_DTYPES["fps"] = "float64"


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def read_emotion(text: object, where: str) -> str:
    """Return an annotated emotion in the spelling of `terms`: lower case, no blanks around; "" stays "".

    Raises InputError, beginning with `where` (file and row), for an emotion that `terms` does not know.
    """
    emotion = str(text).strip().lower()
    if emotion and emotion not in EMOTION_LABELS and emotion not in OTHER_EMOTIONS:
        known = ", ".join(sorted(EMOTION_LABELS) + sorted(OTHER_EMOTIONS))
        raise InputError(f"{where}: emotion {text!r} is unknown; use one of {known}")
    return emotion


def attempt(row: dict, read: Callable[..., dict], *arguments) -> dict:
    """`row` with what `read(*arguments)` returns or, where that raises an InputError, with its message as `fault`.

    So that a layout goes on with the next clip, and the faults of all clips are told together.
    """
    try:
        return row | read(*arguments)
    except InputError as error:
        return row | {"fault": str(error)}


def make_clips(rows: Iterable[dict], dataset: str) -> pd.DataFrame:
    """Build the table of everything that a layout found: the columns of a clip table and `NOTES`, not yet checked.

    rows: subject, clip, emotion, path and, where known, onset, apex, offset, fps and notes. The label follows from the
    emotion (`terms.EMOTION_LABELS`); a clip of another emotion of `terms`, which an evaluation with classes of its own
    may test on, has none, and a neutral one, which shows no expression, is left out.
    """
    table = pd.DataFrame(list(rows), columns=[*COLUMNS, *NOTES]).assign(dataset=dataset)
    table["path"] = table["path"].map(str, na_action="ignore")
    table = table.astype(_DTYPES)
    table["label"] = table["emotion"].map(EMOTION_LABELS).astype("Int64")
    table["left_out"] = table["left_out"].mask(table["emotion"] == NEUTRAL, f"emotion {NEUTRAL}")
    return table


def listed_clips(found: pd.DataFrame, source: str) -> pd.DataFrame:
    """The clip table of what `make_clips` built; raises one InputError with all of `find_faults`, one a line."""
    faults = find_faults(found, source)
    if faults:
        raise one_error_of(faults)
    return _listed(found)


def find_faults(found: pd.DataFrame, source: str) -> list[str]:
    """Everything that is wrong with what `make_clips` built: what the layout noted, and what makes no clip table.

    Checked: every value against clips.schema.json, onset <= apex <= offset where known, label and emotion
    agree, no clip twice, at least one clip. Messages name `source` and the row, counted from 1, of the clip table.
    """
    noted, table = list(found["fault"].dropna()), _listed(found)
    if table.empty and not noted:
        unread = "".join(f" ({remark})" for remark in found["remark"].dropna())
        return [f"{source}: no clip with a usable emotion was found; check the root and layout of the dataset{unread}"]
    places = found.loc[is_listed(found), "where"].reset_index(drop=True)
    numbers = pd.Series([f"{source}: row {number}" for number in range(1, len(table) + 1)], dtype="string")
    where = places.fillna(numbers).tolist()
    return [*noted, *_faulty_rows(table, where), *_repeated_clips(table, where)]


def _listed(found: pd.DataFrame) -> pd.DataFrame:
    return found.loc[is_listed(found), list(COLUMNS)].reset_index(drop=True)


def is_listed(found: pd.DataFrame) -> pd.Series:
    """Which rows of what `make_clips` built are those of a clip table: not left out, and without a fault; (N,) bool."""
    return found["left_out"].isna() & found["fault"].isna()


def _faulty_rows(table: pd.DataFrame, where: list[str]) -> Iterator[str]:
    """where: the file and row of each row of the table."""
    for name in ("subject", "clip"):
        is_bad = table[name].str.contains(_NOT_IN_NAMES).fillna(False) | _is_long(table[name])
        for index in np.flatnonzero(is_bad):
            yield (
                f"{where[index]}: {name} is {table[name][index][:60]!r}, expected a name without / and line breaks, of"
                f" {LONGEST_NAME} bytes at most, since files are named after it; rename it"
            )
    plain = table.astype(object).where(table.notna(), None)
    # A schema is slow and photographs are many: rows that differ in names alone are right or wrong together.
    names = {name: plain[name].map(lambda value: value if value in (None, "") else "x") for name in _NAMES}
    if not any(map(_row_fault, plain[~plain.assign(**names).duplicated()].to_dict("records"))):
        return
    for place, row in zip(where, plain.to_dict("records"), strict=True):
        fault = _row_fault(row)
        if fault is not None:
            yield f"{place} (subject {row['subject']}, clip {row['clip']}): {fault}"


def _is_long(names: pd.Series) -> pd.Series:
    return names.map(lambda name: len(str(name).encode(errors="replace")) > LONGEST_NAME).astype(bool)


def _row_fault(row: dict) -> str | None:
    values = {name: _plain(value) for name, value in row.items()}
    error = next(_validator().iter_errors(values), None)
    if error is not None:
        column = error.path[0]
        meant = error.schema.get("description", "")
        return f"{column} is {values[column]!r}, but {error.message}; {column}: {meant}"
    known = [values[name] for name in ("onset", "apex", "offset") if values[name] is not None]
    if known != sorted(known):
        return f"expected onset <= apex <= offset, found frames {known}; correct the annotation"
    if values["label"] != EMOTION_LABELS.get(values["emotion"]):
        return f"label {values['label']} does not belong to emotion {values['emotion']!r}"
    return None


def _repeated_clips(table: pd.DataFrame, where: list[str]) -> Iterator[str]:
    names = table[CLIP_NAME].itertuples(index=False, name=None)
    first: dict[tuple, tuple[str, str]] = {}
    repeated = set()
    for place, name, path in zip(where, names, table["path"], strict=True):
        if name in first and name not in repeated:
            repeated.add(name)
            (_, subject, clip), (first_place, first_path) = name, first[name]
            both = "them" if path == first_path else f"{first_path} and {path}"
            yield (
                f"{place}: clip {clip} of subject {subject} is listed twice, first in {first_place}; keep one of {both}"
            )
        first.setdefault(name, (place, path))


def _plain(value: Any) -> Any:
    """An int for a whole float: what JSON would hold."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
