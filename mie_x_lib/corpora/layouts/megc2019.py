"""The composite of MEGC 2019 (See et al., FG 2019): those clips of CASME II, SMIC and SAMM that its table lists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_annotation, nearest_annotations
from mie_x_lib.corpora.clip_table import attempt, make_clips
from mie_x_lib.corpora.layouts import casme2 as casme2_layout
from mie_x_lib.corpora.layouts import samm as samm_layout
from mie_x_lib.corpora.layouts import smic as smic_layout
from mie_x_lib.errors import InputError
from mie_x_lib.terms import LABEL_NAMES
from mie_x_lib.user_tables import read_rows

LICENCE = (
    "clips of CASME II, SMIC and SAMM, each obtained from its owners under an agreement, for research; not to be "
    "passed on; see the agreements"
)
# The other clips of the datasets are none of its own.
TAKES_A_PART = True
TABLE_OF_CLIPS = "combined_3class_gt.csv"
# Options that name the roots of these.
ROOTS = ("casme2", "smic", "samm")
# Of 442 clips and 68 subjects.
PUBLISHED = {
    "casme2": {"clips": 145, "subjects": 24, "labelled": 145, "negative": 88, "positive": 32, "surprise": 25},
    "smic": {"clips": 164, "subjects": 16, "labelled": 164, "negative": 70, "positive": 51, "surprise": 43},
    "samm": {"clips": 133, "subjects": 28, "labelled": 133, "negative": 92, "positive": 26, "surprise": 15},
}


def list_clips(
    root: Path,
    dataset: str,
    casme2: str | None = None,
    smic: str | None = None,
    samm: str | None = None,
    release: str | None = None,
) -> pd.DataFrame:
    """Find the clips of `combined_3class_gt.csv`; the columns are those of `make_clips`.

    root: holds the table. casme2, smic, samm: the roots of the datasets; clips of those not given do not count, so that
    one dataset alone can be listed as the composite has it. release: that of CASME II, as its layout
    takes it. Emotion and label are the table's: it is the ground truth of the challenge. A row whose clip is not on
    disk is a fault; what is wrong with a dataset's other clips does not matter. Raises InputError for a root that holds
    something else.
    """
    rows = {}
    if casme2 is not None:
        rows["casme2"] = _by_name(casme2_layout.read_rows(Path(casme2), release))
    if smic is not None:
        rows["smic"] = _by_name(smic_layout.read_rows(Path(smic)))
    if samm is not None:
        rows["samm"] = _by_name(samm_layout.read_rows(Path(samm)))
    if not rows:
        raise InputError(f"dataset {dataset}: layout megc2019 needs the root of at least one of casme2, smic, samm")
    return make_clips(_join(find_annotation(root, TABLE_OF_CLIPS), rows), dataset)


def annotations(
    root: Path,
    casme2: str | None = None,
    smic: str | None = None,
    samm: str | None = None,
    release: str | None = None,
) -> list[Path]:
    """The files that say what the clips show: the table, and those of the datasets, of which SMIC has none."""
    of_casme2 = casme2_layout.annotations(Path(casme2), release) if casme2 is not None else []
    of_samm = samm_layout.annotations(Path(samm)) if samm is not None else []
    return [*nearest_annotations(root, TABLE_OF_CLIPS), *of_casme2, *of_samm]


def published(
    casme2: str | None = None, smic: str | None = None, samm: str | None = None, release: str | None = None
) -> dict[str, int]:
    """What the challenge says that there is of the datasets that are given."""
    given = {"casme2": casme2, "smic": smic, "samm": samm}
    parts = [PUBLISHED[part] for part, root in given.items() if root is not None]
    return {what: sum(part[what] for part in parts) for what in PUBLISHED["casme2"]}


def _join(path: Path, rows: dict[str, dict]) -> Iterator[dict]:
    """path: the table. rows: casme2, smic, samm -> (subject, clip) as `_key` gives them -> row."""
    for number, cells in read_rows(path):
        if len(cells) < 4 or any(cells[4:]):
            raise InputError(
                f"{path}: row {number}: expected dataset, subject, clip, label and no header, found {len(cells)} cells"
            )
        part, subject, clip, label = cells[:4]
        if part in rows or part not in PUBLISHED:
            where = f"{path}: row {number}"
            name = {"subject": subject, "clip": clip, "where": where}
            yield attempt(name, _read_row, rows, part, subject, clip, label, where)


def _read_row(rows: dict[str, dict], part: str, subject: str, clip: str, label: str, where: str) -> dict:
    if part not in rows:
        raise InputError(f"{where}: dataset is {part!r}, expected casme2, smic or samm; the file has no header")
    if label not in ("0", "1", "2"):
        raise InputError(f"{where}: label is {label!r}, expected 0, 1 or 2; correct the cell")
    row = rows[part].get(_key(subject, clip))
    if row is None:
        raise InputError(f"{where}: clip {clip} of {subject} is not in the {part} root; complete that dataset")
    return row | {"emotion": LABEL_NAMES[int(label)], "where": where}


def _by_name(rows: Iterator[dict]) -> dict[tuple[str, str], dict]:
    return {_key(row["subject"], row["clip"]): row for row in rows}


def _key(subject: str, clip: str) -> tuple[str, str]:
    """SMIC's s01_ne_01 is s1_ne_01 on disk, CASME II's sub05 is 5 in its sheet, SAMM's 006 is 6 in a spreadsheet."""
    return re.sub(r"^\D*0*", "", subject), re.sub(r"^(s?)0+(?=\d)", r"\1", clip)
