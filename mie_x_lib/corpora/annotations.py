"""Annotation tables of the datasets, read cell by cell with their place in mind."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.errors import InputError


def find_annotation(root: Path, pattern: str) -> Path:
    """The one file below `root`, or below a folder in it, that matches; raises InputError for none or several."""
    found = sorted([*root.glob(pattern), *root.glob(f"*/{pattern}")])
    found = [path for path in found if not path.name.startswith(("~$", "."))]
    if len(found) != 1:
        names = ", ".join(map(str, found)) or "none"
        raise InputError(f"{root}: expected one annotation file {pattern}, found {names}; put exactly one there")
    return found[0]


def find_folder(root: Path, name: str) -> Path:
    """The folder `name` below `root`; raises InputError where it is missing."""
    if not (root / name).is_dir():
        raise InputError(f"{root}: expected the folder {name} in it; set root to the folder that holds {name}")
    return root / name


def read_sheet(path: Path, columns: Iterable[str], header_row: int = 1) -> Iterator[tuple[str, dict[str, object]]]:
    """Read the first sheet of an .xlsx; yield (file and row, cells by column name), blank rows left out.

    columns: those that must be there. header_row: row of the column names, counted from 1 as spreadsheets do.
    Cells are text without blanks around them, "" where empty. Raises InputError for a file that is not .xlsx and for
    missing columns.
    """
    try:
        sheet = pd.read_excel(path, header=None, dtype="string", keep_default_na=False, engine="openpyxl")
    except Exception as error:  # openpyxl raises a different type for each way in which a file is broken
        raise InputError(f"{path}: not a readable .xlsx table ({error}); get the file of the dataset again") from error
    cells = sheet.fillna("").map(str.strip)
    names = list(cells.iloc[header_row - 1]) if len(cells) >= header_row else []
    missing = [column for column in columns if column not in names]
    if missing:
        raise InputError(f"{path}: row {header_row} lacks the columns {', '.join(missing)}; found {', '.join(names)}")
    for row in range(header_row, len(cells)):
        values = dict(zip(names, cells.iloc[row], strict=True))
        if any(values[column] for column in columns):
            yield f"{path}: row {row + 1}", {column: values[column] for column in columns}


def read_number(cells: dict[str, object], column: str, where: str, absent: tuple[str, ...] = ()) -> int | None:
    """A whole number of a cell; None where the cell says one of `absent`. Raises InputError for anything else."""
    text = cells[column]
    if text in absent:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if number < 0 or not number.is_integer():
        raise InputError(f"{where}: {column} is {text!r}, expected a whole number; correct the cell")
    return int(number)
