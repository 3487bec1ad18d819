"""Annotation tables of the datasets, read cell by cell so that an error can name its place."""

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from unicodedata import normalize

from mie_x_lib import user_tables
from mie_x_lib.corpora.sheets import MERGED, column_letters, read_first_sheet
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
    """The path as it is on disk; raises InputError, beginning with `where` (file and row), where nothing lies there.

    A letter such as ë may be one sign in a table and two, the letter and its dots, in a name that comes from a Mac.
    """
    found = path if os.path.exists(path) else _in_other_signs(path)
    if found is None or not os.path.exists(found):
        raise InputError(f"{where}: {path} is missing; complete the dataset or remove the row")
    return found


def _in_other_signs(path: Path) -> Path | None:
    """The one path on disk that is the same text, perhaps in other signs; None for none or several."""
    if os.path.lexists(path):
        return path
    folder = None if str(path).isascii() or path == path.parent else _in_other_signs(path.parent)
    if folder is None:
        return None
    try:
        names = _names_by_text(folder, os.stat(folder).st_mtime_ns).get(normalize("NFC", path.name), [])
    except OSError:
        # Whoever asked tells that the path is missing.
        return None
    return folder / names[0] if len(names) == 1 else None


@lru_cache(maxsize=16)
def _names_by_text(folder: Path, changed: int) -> dict[str, list[str]]:
    """The names in a folder by their text, whatever its signs. changed: when it was, so that none is from before."""
    names: dict[str, list[str]] = {}
    for name in os.listdir(folder):
        names.setdefault(normalize("NFC", name), []).append(name)
    return names


def read_sheet(path: Path, columns: Sequence[str], header_row: int = 1) -> Iterator[tuple[str, dict[str, str]]]:
    """Read the first sheet of an .xlsx; yield (file and row, cells by column name), blank rows left out.

    columns: those that must be there, once. header_row: row of the column names, counted from 1 as spreadsheets do.
    Cells are those of `read_first_sheet`. Raises InputError for a file that is not .xlsx, for missing and repeated
    columns, and for a sheet that has nothing in them.
    """
    title, cells = read_first_sheet(path, header_row)
    read = f"what is read is the first sheet, {title!r}, with the names of the columns in row {header_row}"
    places = _find_columns(cells[header_row - 1] if len(cells) >= header_row else [], columns, path, header_row, read)
    is_blank = True
    for row, texts in enumerate(cells[header_row:], start=header_row + 1):
        values = {column: texts[place] for column, place in places.items()}
        # A note that is merged over them is in none of them.
        if any(text not in ("", MERGED) for text in values.values()):
            is_blank = False
            yield f"{path}: row {row}", values
    if is_blank:
        raise InputError(f"{path}: no row below the names of the columns has anything in them; {read}; fill it")


def _find_columns(names: list[str], columns: Sequence[str], path: Path, header_row: int, read: str) -> dict[str, int]:
    """The place of each column among the names. read: which row of the file that is, for messages."""
    missing = [column for column in columns if column not in names]
    if missing:
        found = ", ".join(filter(None, names))[:200] or "nothing"
        raise InputError(
            f"{path}: row {header_row} lacks the columns {', '.join(missing)}; found {found}; {read}; put them there"
        )
    for column in columns:
        if names.count(column) > 1:
            letters = " and ".join(column_letters(place) for place, name in enumerate(names) if name == column)
            raise InputError(
                f"{path}: row {header_row} names the column {column} more than once, in {letters}; keep one of them"
            )
    return {column: names.index(column) for column in columns}


def read_name(text: str, where: str) -> str:
    """The name of a file or a folder; raises InputError, beginning with `where` (file, row, column), for other text."""
    user_tables.refuse_error(text, where)
    if text in ("", ".", "..") or "/" in text:
        raise InputError(f"{where} is {text[:60]!r}, expected the name of a clip's file or folder; correct the cell")
    return text


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
    numbers = dict[str, int | None]()
    for role, column in columns.items():
        numbers[role] = None
        if cells[column] in NOT_ANNOTATED:
            continue
        try:
            numbers[role] = read_number(cells[column], f"{where}: {column}", least)
        except InputError as fault:
            raise InputError(f"{fault}, or leave it empty where it is not known") from fault
    return numbers
