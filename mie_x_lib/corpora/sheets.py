"""The first sheet of an .xlsx as text, in which a cell that shows a value and holds none says so."""

import os
import zipfile
from contextlib import closing
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree import ElementTree

from mie_x_lib import bounds, user_tables
from mie_x_lib.errors import InputError

# What stands in the place of a cell whose value is not in the file, or in another cell.
NOT_COMPUTED = "a formula without a stored value"
MERGED = "merged with cells above or beside"


class Sheet(NamedTuple):
    """title: the name of a sheet; rows: text of its cells from its first row on, as many in each row."""

    title: str
    rows: list[list[str]]


def read_first_sheet(path: Path, header_row: int) -> Sheet:
    """Read the first sheet of an .xlsx that is no chart.

    Cells are text without blanks around them, "" where empty, and where there is an error its name, such as #REF!. A
    formula that no program has computed is `NOT_COMPUTED`. A cell below `header_row`, counted from 1, that another one
    covers because they are merged is `MERGED`. Raises InputError for a file that is not .xlsx or too large.
    """
    # It loads Pillow where there is one, which reading a table does not need.
    import openpyxl

    _refuse_large(path)
    try:
        with closing(openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)) as book:
            # Its type is none that the stubs promise, since it is read row by row.
            sheet: Any = book.worksheets[0]
            sheet.reset_dimensions()
            rows = [[_text(cell) for cell in cells] for cells in sheet.iter_rows()]
            with sheet._get_source() as source:
                formulas, merged = _without_value(source)
        width = max(map(len, rows), default=0)
        rows = [cells + [""] * (width - len(cells)) for cells in rows]
        for row, column in formulas:
            rows[row - 1][column - 1] = NOT_COMPUTED
        for left, top, right, bottom in merged:
            if top > header_row:
                _mark_covered(rows, left, top, right, bottom)
    except Exception as error:  # openpyxl raises a different type for each way in which a file is broken
        # It stumbles over some charts, in words that say nothing of them.
        chart = "has a sheet that is a chart and cannot be read; remove that sheet, or"
        fault = chart if _has_chart(path) else f"not a readable .xlsx table ({error});"
        raise InputError(f"{path}: {fault} get the file of the dataset again") from error
    return Sheet(sheet.title, rows)


def column_letters(place: int) -> str:
    """How a spreadsheet names a column; place: counted from 0."""
    from openpyxl.utils import get_column_letter

    return get_column_letter(place + 1)


def _text(cell: Any) -> str:
    value = cell.value
    # Files have 46 as 46.0 too.
    if cell.data_type == "n" and value is not None and value == int(value):
        value = int(value)
    return "" if value is None else str(value).strip()


def _without_value(source: IO[bytes]) -> tuple[list[tuple[int, int]], list[tuple]]:
    """Of the XML of a sheet: the cells (row, column) with a formula and no value, and the merged ranges.

    Ranges are first column, first row, last column and last row, all counted from 1. What is read row by row has
    neither, and what is read as a whole makes a cell of each that is merged, of which there may be billions.
    """
    from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries

    formulas, merged = [], []
    for _, element in ElementTree.iterparse(source):
        kind = element.tag.rpartition("}")[2]
        # One that gives an empty text has the type of a text.
        if kind == "c" and element.get("t") != "str" and element.find("{*}f") is not None:
            if not element.findtext("{*}v"):
                formulas.append(coordinate_to_tuple(element.attrib["r"]))
        elif kind == "mergeCell":
            merged.append(range_boundaries(element.attrib["ref"]))
        elif kind == "row":
            element.clear()
    return formulas, merged


def _mark_covered(rows: list[list[str]], left: int, top: int, right: int, bottom: int) -> None:
    """Put `MERGED` into the empty cells of a merged range, counted from 1, whose first cell is filled."""
    if any(any(cells[left - 1 : left]) for cells in rows[top - 1 : top]):
        for cells in rows[top - 1 : bottom]:
            cells[left - 1 : right] = [cell or MERGED for cell in cells[left - 1 : right]]


def _has_chart(path: Path) -> bool:
    """Whether a sheet of the file is a chart and no table."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/chartsheets/") for name in archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


def _refuse_large(path: Path) -> None:
    """Raise InputError for a spreadsheet that would unpack to more than bounds allow.

    A cell far down or far to the right makes as many empty ones before it.
    """
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
        sheet: Any = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
        sheet.reset_dimensions()
        for rows, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            widest = max(widest, len(row))
            if rows * widest > user_tables.USUAL_COLUMNS * bounds.most_rows():
                break
    except Exception:  # as above
        return
    bounds.refuse_long(path, max(rows, rows * widest // user_tables.USUAL_COLUMNS))
