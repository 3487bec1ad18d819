"""The composite of MEGC 2019 (See et al., FG 2019): those clips of CASME II, SMIC and SAMM that its table lists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora import casme2 as casme2_layout
from mie_x_lib.corpora import samm as samm_layout
from mie_x_lib.corpora import smic as smic_layout
from mie_x_lib.corpora.annotations import find_annotation, read_cells
from mie_x_lib.corpora.clip_table import make_clips
from mie_x_lib.errors import InputError
from mie_x_lib.terms import LABEL_NAMES


def list_clips(
    root: Path,
    dataset: str,
    casme2: str | None = None,
    smic: str | None = None,
    samm: str | None = None,
    casme2_release: str = "raw",
) -> pd.DataFrame:
    """List the clips of `combined_3class_gt.csv`; the columns are those of `clip_table`.

    root: holds the table. casme2, smic, samm: the roots of the datasets; the clips of those not given are left out, so
    that one dataset alone can be listed as the composite has it. Emotion and label are the table's: it is the ground
    truth of the challenge. Raises InputError naming file and row, also for a row whose clip is not on disk.
    """
    rows = {}
    if casme2 is not None:
        rows["casme2"] = _by_name(casme2_layout.read_rows(Path(casme2), casme2_release))
    if smic is not None:
        rows["smic"] = _by_name(smic_layout.read_rows(Path(smic)))
    if samm is not None:
        rows["samm"] = _by_name(samm_layout.read_rows(Path(samm)))
    if not rows:
        raise InputError(f"dataset {dataset}: layout megc2019 needs the root of at least one of casme2, smic, samm")
    return make_clips(_join(find_annotation(root, "combined_3class_gt.csv"), rows), dataset)


def _join(path: Path, rows: dict[str, dict]) -> Iterator[dict]:
    """path: the table. rows: casme2, smic, samm -> unpadded (subject, clip) -> row."""
    table = read_cells(path, header=False)
    if table.shape[1] != 4:
        raise InputError(
            f"{path}: expected dataset, subject, clip, label and no header, found {table.shape[1]} columns"
        )
    for number, (part, subject, clip, label) in enumerate(table.itertuples(index=False), start=1):
        where = f"{path}: row {number}"
        if part not in ("casme2", "smic", "samm"):
            raise InputError(f"{where}: dataset is {part!r}, expected casme2, smic or samm; the file has no header")
        if label not in ("0", "1", "2"):
            raise InputError(f"{where}: label is {label!r}, expected 0, 1 or 2; correct the cell")
        if part not in rows:
            continue
        key = (_unpadded(subject), _unpadded(clip))
        if key not in rows[part]:
            raise InputError(f"{where}: clip {clip} of {subject} is not in the {part} root; complete that dataset")
        yield rows[part][key] | {"emotion": LABEL_NAMES[int(label)]}


def _by_name(rows: Iterator[dict]) -> dict[tuple[str, str], dict]:
    return {(_unpadded(row["subject"]), _unpadded(row["clip"])): row for row in rows}


def _unpadded(name: str) -> str:
    """SMIC's s01_ne_01 is s1_ne_01 on disk, and SAMM's 006 may have lost its zeros in a spreadsheet."""
    return re.sub(r"^(s?)0+(?=\d)", r"\1", name)
