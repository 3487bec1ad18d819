"""Tables as people save them: CSV with commas, semicolons or tabs, from spreadsheets of any country."""

import csv
import io
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mie_x_lib import bounds
from mie_x_lib.errors import InputError

# A table may have as many cells as one of so many columns and all the rows that are allowed.
USUAL_COLUMNS = 50
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
# What files begin with that are no text.
_FORMATS = {
    b"PK": "a spreadsheet (.xlsx, .ods) or an archive; save it as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (.xls); save it as CSV in UTF-8",
    b"\x1f\x8b": "compressed (.gz); unpack it",
}
# What spreadsheets show where they cannot compute, in any language: #REF!, #BEZUG!, #NAME?, #N/A, #NV, Err:502.
_ERROR = re.compile(r"#\S*[!?]|#[^\W\d_]+/[^\W\d_]+|#NV|Err:\d+")
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Row(NamedTuple):
    """A row that is not blank. number: its row in a spreadsheet, from 1; cells: their text without blanks around."""

    number: int
    cells: list[str]


def read_rows(path: str | Path) -> list[Row]:
    """The rows of a CSV file, blank ones left out; at least one.

    Raises InputError for a file that cannot be read, is empty or too large, or is no CSV in UTF-8 or UTF-16.
    """
    text = read_text(path)
    if not text.strip():
        raise InputError(f"{path}: is empty, as a full disk or a program that was stopped leaves it; write it again")
    separator = _separator(text)
    bounds.refuse_long(path, max(text.count("\n"), text.count("\r"), text.count(separator) // USUAL_COLUMNS))
    try:
        records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True))
    except csv.Error as fault:
        raise InputError(f"{path}: not a readable CSV table ({fault}); save it again as CSV") from fault
    # A quote that nobody closes takes all rows behind it into its cell.
    if text.count('"') % 2 and any("\n" in cell or "\r" in cell for cell in records[-1]):
        raise InputError(f"{path}: row {len(records)} has a quote that is not closed; close it or take it away")
    rows = [
        Row(number, [cell.strip() for cell in cells])
        for number, cells in enumerate(records, start=1)
        if any(cell and not cell.isspace() for cell in cells)
    ]
    if not rows:
        raise InputError(f"{path}: has no row with anything in it; write it again")
    # What Excel takes for the choice of the separator.
    return rows[1:] if text.lower().startswith("sep=") and len(rows) > 1 else rows


def read_table(path: str | Path, required: Sequence[str], otherwise: str) -> tuple[list[str], list[Row]]:
    """The columns that the first row names, and the rows below, each with a cell for each column.

    Cells that a row lacks at its end are empty, and columns without name and content are left out. otherwise: what can
    be done where a column is missing, for the message. Raises InputError as `read_rows` does, for missing or repeated
    columns, and for a row with more cells than there are columns.
    """
    (_, names), *rows = read_rows(path)
    names = _without_blank_end(names)
    missing = [name for name in required if name not in names]
    if missing:
        found = ", ".join(names)
        shown = found if len(found) < 200 else f"{found[:200]}..."
        alone = "it has to name the columns, with commas, semicolons or tabs between them"
        advice = otherwise if len(names) > 1 else alone
        raise InputError(f"{path}: column {', '.join(missing)} is missing in its first row; found {shown}; {advice}")
    repeated = [name for place, name in enumerate(names) if name and name in names[:place]]
    if repeated:
        raise InputError(f"{path}: column {repeated[0]!r} is there twice; keep one of them")
    long = [row for row in rows if any(row.cells[len(names) :])]
    if long:
        raise InputError(
            f"{path}: row {long[0].number} has {len(_without_blank_end(long[0].cells))} cells and the first row names"
            f" {len(names)} columns ({len(long)} of {len(rows)} rows have too many); where numbers have decimal commas,"
            " save the table with points or with semicolons between cells, and put text that holds a comma into quotes"
        )
    rows = [Row(number, (cells + [""] * len(names))[: len(names)]) for number, cells in rows]
    kept = [place for place, name in enumerate(names) if name or any(row.cells[place] for row in rows)]
    if len(kept) == len(names):
        return names, rows
    return [names[place] for place in kept], [Row(row.number, [row.cells[place] for place in kept]) for row in rows]


def read_number(text: str, where: str, what: str = "a number") -> float:
    """A number with a decimal point or comma, `nan` and `inf` too; raises InputError for anything else.

    where: file, row and column, with which the message begins. what: what is expected there.
    """
    try:
        # Python takes 1_000 for a number too.
        return float(text.replace(",", ".", 1).replace("_", "?"))
    except ValueError:
        raise InputError(f"{where} is {text[:60]!r}, expected {what}; correct the cell") from None


def refuse_error(text: str, where: str) -> None:
    """Raise InputError, beginning with `where` (file, row, column), for a cell that holds an error of a spreadsheet."""
    if _ERROR.fullmatch(text):
        raise InputError(f"{where} is {text!r}, an error of a spreadsheet; correct the cell")


def _without_blank_end(cells: list[str]) -> list[str]:
    return cells[: max((place for place, cell in enumerate(cells, start=1) if cell), default=0)]


def read_text(path: str | Path) -> str:
    """The text of a file in UTF-8 or, if it says so, UTF-16; raises InputError for another, and one it cannot read."""
    try:
        status = os.stat(path)
        refuse_pipe(path, status.st_mode)
        bounds.refuse_heavy(path, status.st_size)
        data = Path(path).read_bytes()
        what = next((what for mark, what in _FORMATS.items() if data.startswith(mark)), None)
        if what:
            raise InputError(f"{path}: is {what}")
        encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
        text = data.decode(encoding)
    except InputError:
        raise
    except UnicodeDecodeError as fault:
        row = data[: fault.start].count(b"\n") + 1
        raise InputError(f"{path}: row {row} is not in UTF-8; save it in UTF-8") from fault
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise InputError(f"{path}: cannot be read ({reason}); check that it is a file that you may read") from fault
    if "\0" in text:
        raise InputError(f"{path}: holds zero bytes, and is no text; save it in UTF-8")
    return text


def refuse_pipe(path: str | Path, mode: int) -> None:
    """Raise InputError for what would be waited for, or read without end. mode: of `os.stat`."""
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a pipe or a device, expected a file; give the path of one")


def _separator(text: str) -> str:
    """What stands between the cells: what the first row that is not blank has most of, outside of quotes."""
    first, *_ = (line for line in text.splitlines() if line.strip())
    bare = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=bare.count)
