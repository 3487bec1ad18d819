"""Annotation tables of the datasets, read cell by cell so that an error can name its place."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pandas as pd

from mie_x_lib import bounds, user_tables
from mie_x_lib.errors import InputError
from mie_x_lib.files import matching

# How the datasets write that a frame is not annotated.
NOT_ANNOTATED = ("", "/", "-", "-1")
# No clip has more frames.
LARGEST_NUMBER = 2**31


def find_annotation(root: Path, pattern: str, otherwise: str = "") -> Path:
    """The one file in `root`, or up to two folders below, that matches; raises InputError for none or several.

    otherwise: what else can be done, for the message.
    """
    found = list(chain(*_annotations(root, pattern)))
    if len(found) != 1:
        names = ", ".join(map(str, found)) or "none"
        raise InputError(
            f"{root}: expected one annotation file {pattern}, found {names}; put exactly one there{otherwise}"
        )
    return found[0]


def nearest_annotations(root: Path, pattern: str) -> list[Path]:
    """Of the files that `find_annotation` finds, those in the folders nearest to `root`; of one file that is this one.

    Folders below are not looked into, of which one may hold a million photographs.
    """
    return next(filter(None, _annotations(root, pattern)), [])


def has_folder(root: Path, name: str) -> bool:
    """Whether there is a folder `name` in `root`, or up to two folders below."""
    return any(os.path.isdir(path) for paths in _below(root, name) for path in paths)


def find_folder(root: Path, name: str) -> Path:
    """The folder `name` in `root`, or up to two folders below; raises InputError for none or several."""
    found = next(filter(None, ([path for path in paths if os.path.isdir(path)] for paths in _below(root, name))), [])
    if not found:
        raise InputError(f"{root}: expected the folder {name} in it; set root to the folder that holds {name}")
    if len(found) > 1:
        raise InputError(f"{root}: expected one folder {name}, found {', '.join(map(str, found))}; keep one there")
    folder = found[0]
    while os.path.isdir(folder / name):
        folder /= name
    return folder


def _annotations(root: Path, pattern: str) -> Iterator[list[Path]]:
    """What `_below` yields, without what programs leave beside a file that is open."""
    for paths in _below(root, pattern):
        yield [path for path in paths if not path.name.startswith(("~$", "."))]


def _below(root: Path, pattern: str) -> Iterator[list[Path]]:
    """What matches in `root`, one and two folders below: archives are unpacked into folders of their own."""
    for depth in ("", "*/", "*/*/"):
        # A second tree that archives made on a Mac carry along.
        yield [path for path in matching(root, depth + pattern) if "__MACOSX" not in path.parts]


def existing(path: Path, where: str) -> Path:
    """The path; raises InputError, beginning with `where` (file and row), where nothing lies there."""
    if not os.path.exists(path):
        raise InputError(f"{where}: {path} is missing; complete the dataset or remove the row")
    return path


def read_sheet(path: Path, columns: Iterable[str], header_row: int = 1) -> Iterator[tuple[str, dict[str, str]]]:
    """Read the first sheet of an .xlsx; yield (file and row, cells by column name), blank rows left out.

    columns: those that must be there. header_row: row of the column names, counted from 1 as spreadsheets do.
    Cells are text without blanks around them, "" where empty. Raises InputError for a file that is not .xlsx and for
    missing columns.
    """
    _refuse_large(path)
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


def _refuse_large(path: Path) -> None:
    """Raise InputError for a spreadsheet that would unpack to more than bounds allow.

    A cell far down or far to the right makes as many empty ones before it.
    """
    # It loads Pillow where there is one, which reading a table does not need.
    import openpyxl

    if os.path.exists(path):
        user_tables.refuse_pipe(path, os.stat(path).st_mode)
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except Exception:  # whoever reads it tells what it is
        return
    bounds.refuse_heavy(path, unpacked)
    rows, widest = 0, 1
    try:
        sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
        sheet.reset_dimensions()
        for rows, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            widest = max(widest, len(row))
            if rows * widest > user_tables.USUAL_COLUMNS * bounds.most_rows():
                break
    except Exception:  # as above
        return
    bounds.refuse_long(path, max(rows, rows * widest // user_tables.USUAL_COLUMNS))


def read_number(text: str, where: str, least: int = 0) -> int:
    """A whole number from `least`; raises InputError, beginning with `where` (file, row, column), for anything else."""
    try:
        # A comma would be one of thousands.
        number = user_tables.read_number(text.replace(",", "?"), where)
    except InputError:
        number = float("nan")
    if not number.is_integer() or not least <= number <= LARGEST_NUMBER:
        raise InputError(f"{where} is {text[:60]!r}, expected a whole number from {least}; correct the cell")
    return int(number)


def read_frame_numbers(
    cells: dict[str, str], columns: dict[str, str], where: str, least: int = 0
) -> dict[str, int | None]:
    """Onset, apex and offset as annotated; what is `NOT_ANNOTATED` is None.

    cells: column name -> text. columns: role -> column name. Raises InputError naming file, row and column.
    """
    return {
        role: None if cells[column] in NOT_ANNOTATED else read_number(cells[column], f"{where}: {column}", least)
        for role, column in columns.items()
    }
