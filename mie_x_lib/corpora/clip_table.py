"""The one table that every layout is turned into: a row a clip."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import jsonschema
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.terms import EMOTION_LABELS, UNUSED_EMOTIONS

COLUMNS = ("dataset", "subject", "clip", "emotion", "label", "path", "onset", "apex", "offset", "fps")
SCHEMA = Path(__file__).parents[2] / "schemas" / "clips.schema.json"

_TEXT = ("dataset", "subject", "clip", "emotion", "path")
_DTYPES = {name: "string" for name in _TEXT} | {name: "Int64" for name in ("label", "onset", "apex", "offset")}


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def read_emotion(text: object, where: str) -> str:
    """Return an annotated emotion in the spelling of `terms`: lower case, no blanks around; "" stays "".

    Raises InputError, beginning with `where` (file and row), for an emotion that `terms` does not know.
    """
    emotion = str(text).strip().lower()
    if emotion and emotion not in EMOTION_LABELS and emotion not in UNUSED_EMOTIONS:
        known = ", ".join(sorted(EMOTION_LABELS) + sorted(UNUSED_EMOTIONS))
        raise InputError(f"{where}: emotion {text!r} is unknown; use one of {known}")
    return emotion


def make_clips(rows: Iterable[dict], dataset: str) -> pd.DataFrame:
    """Build the clip table from rows of subject, clip, emotion, path and, where known, onset, apex, offset, fps.

    The label follows from the emotion (`terms.EMOTION_LABELS`); clips of `terms.UNUSED_EMOTIONS` are left out.
    """
    kept = [row for row in rows if row["emotion"] not in UNUSED_EMOTIONS]
    table = pd.DataFrame(kept, columns=list(COLUMNS))
    table["dataset"] = dataset
    table["label"] = table["emotion"].map(EMOTION_LABELS)
    table["path"] = table["path"].map(str)
    return table.astype(_DTYPES | {"fps": "float64"})


def check_clips(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the table in the dtypes of a clip table; raise InputError naming `source` and the row if it is not one.

    Checked: the columns, every value against schemas/clips.schema.json, onset <= apex <= offset where known, label and
    emotion agree, no clip twice, at least one clip. Rows count from 1, after the header.
    """
    if tuple(table.columns) != COLUMNS:
        raise InputError(f"{source}: columns are {', '.join(table.columns)}; a clip table has {', '.join(COLUMNS)}")
    if table.empty:
        raise InputError(f"{source}: no clip with a usable emotion was found; check the root and layout of the dataset")
    table = table.assign(emotion=table["emotion"].fillna(""))
    for number, row in enumerate(table.astype(object).to_dict("records"), start=1):
        values = {name: _plain(value) for name, value in row.items()}
        where = f"{source}: row {number} (subject {values['subject']}, clip {values['clip']})"
        for error in _validator().iter_errors(values):
            column = error.path[0]
            meant = error.schema.get("description", "")
            raise InputError(f"{where}: {column} is {values[column]!r}, but {error.message}; {column}: {meant}")
        known = [values[name] for name in ("onset", "apex", "offset") if values[name] is not None]
        if known != sorted(known):
            raise InputError(f"{where}: expected onset <= apex <= offset, found frames {known}; correct the annotation")
        if values["label"] != EMOTION_LABELS.get(values["emotion"]):
            raise InputError(f"{where}: label {values['label']} does not belong to emotion {values['emotion']!r}")
    twice = table.duplicated(["dataset", "subject", "clip"])
    if twice.any():
        row = table[twice].iloc[0]
        raise InputError(f"{source}: clip {row['clip']} of subject {row['subject']} is listed twice; keep one of them")
    return table.astype(_DTYPES | {"fps": "float64"})


def _plain(value: object) -> object:
    """None for a missing value, int for a whole float: what JSON would hold."""
    if pd.isna(value):
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value
