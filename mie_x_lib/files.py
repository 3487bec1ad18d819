"""Files that are whole or absent."""

import ctypes
import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from glob import glob
from pathlib import Path

import pandas as pd

from mie_x_lib.errors import REFUSALS, InputError

_libc = ctypes.CDLL(None, use_errno=True)
# Every column of the tables of this project that holds names and other text.
TEXT = (
    *("dataset", "subject", "clip", "identity", "emotion", "path", "role", "problem", "apex_from", "shard_path"),
    *("id_source", "id_sources", "id_dataset", "au_source", "au_sources", "au_dataset", "au_subject", "au_clip"),
    *("au_emotion", "person", "other_dataset", "other_subject", "why", "name", "label_name"),
    *("table", "row", "variant", "evaluation", "labels", "classifier", "regime", "chosen_by"),
    *("claim", "kind", "compared", "verdict", "first", "second", "published_note", "remark", "source", "measure"),
    *("au", "found", "trained_on", "result", "au_measured_by", "au_remark", "face", "use"),
)


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well it becomes `path`, else it is removed.

    The temporary name keeps the suffix of `path`, for writers that choose a format by it, and is no other process's, on
    whatever node of a cluster. Raises OSError that names `path` where the disk is full, or the system refuses to write
    it for another reason (`errors.REFUSALS`).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _part_of(path)
    with _refusals_named(path, part):
        try:
            yield part
            with open(part, "rb") as file:
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """As `whole`, for a folder: yield an empty one beside `path`, which it replaces when the block ends well."""
    path = Path(path)
    part, old = _part_of(path), _part_of(path.with_name(f"{path.name}.old"))
    with _refusals_named(path, part):
        try:
            part.mkdir(parents=True)
            yield part
            _sync_disk_of(part)
            # Removed under its name, it would lack files for a while.
            if path.exists():
                os.replace(path, old)
            os.replace(part, path)
        finally:
            if old.exists() and not path.exists():
                os.replace(old, path)
            for folder in (part, old):
                shutil.rmtree(folder, ignore_errors=True)


def _sync_disk_of(folder: Path) -> None:
    """Wait until all that was written to the disk of a folder is on it: of thousands of files one by one takes minutes,
    and other disks may not answer."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        if _libc.syncfs(opened):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(opened)


def matching(folder: str | Path, pattern: str) -> list[Path]:
    """What matches a pattern of the shell in a folder, sorted; hidden names too, and links that lead nowhere."""
    # `Path.glob` ends with an error at a link that the system cannot follow.
    return [Path(folder, name) for name in sorted(glob(pattern, root_dir=folder, include_hidden=True))]


def sweep(folder: str | Path) -> None:
    """Remove what `whole` and `whole_folder` left in a folder when their process was killed.

    What a process on another machine writes may be in work, unless it is a day old.
    """
    for part in Path(folder).glob(".*.part*"):
        found = _PART.search(part.name)
        with suppress(OSError):
            is_here = found is not None and found["machine"] == _machine()
            if found is None or (_is_running(int(found["process"])) if is_here else _is_new(part)):
                continue
            shutil.rmtree(part) if part.is_dir() else part.unlink()


_PART = re.compile(r"\.(?P<machine>[0-9a-f]{8})-(?P<process>\d+)\.part")
_DAY = 24 * 3600


def _part_of(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{_machine()}-{os.getpid()}.part{path.suffix}")


def _machine() -> str:
    """The name of this machine in that of a file in work, of few letters: names may be long already."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_new(path: Path) -> bool:
    return time.time() - path.stat().st_mtime < _DAY


@contextmanager
def _refusals_named(path: Path, part: Path) -> Iterator[None]:
    """Let what the system refuses name `path`, where writers name the file in work or none."""
    try:
        yield
    except OSError as error:
        if error.errno in REFUSALS and str(error.filename or part).startswith(str(part)):
            raise OSError(error.errno, os.strerror(error.errno), str(path)) from error
        raise


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table without its index, whole or not at all."""
    with whole(path) as part:
        table.to_csv(part, index=False)


def write_text(text: str, path: str | Path) -> None:
    """Write a text as UTF-8, whole or not at all."""
    write_pieces([text], path)


def write_pieces(pieces: Iterable[str], path: str | Path) -> None:
    """Write a text as UTF-8, whole or not at all, without ever holding all of it in memory."""
    with whole(path) as part, open(part, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


def read_csv(path: str | Path, **options) -> pd.DataFrame:
    """Read a table: the columns of `TEXT` as text, whatever it looks like, others as the numbers that they hold.

    An empty cell is missing, and nothing else is: people are called `NA`, `null` and `None`, and `006` is not 6.
    Raises InputError for what is no table that this project wrote, as one that a spreadsheet has saved.
    """
    # Named as a text, the type would be looked up for each column of each file.
    dtype = dict.fromkeys(TEXT, pd.StringDtype()) | options.pop("dtype", {})
    try:
        table = pd.read_csv(path, dtype=dtype, keep_default_na=False, na_values=[""], **options)
    except ValueError as fault:
        said = " ".join(str(fault).split())
        raise InputError(f"{path}: not the table that its rule wrote ({said}); {_REMEDY}") from fault
    foreign = [name for name in map(str, table) if ";" in name or "\t" in name]
    if foreign:
        raise InputError(
            f"{path}: not the table that its rule wrote: its first row is {foreign[0][:60]!r}, as spreadsheets save a "
            f"table, expected commas between cells; {_REMEDY}"
        )
    return table


# What to do about a table of the results that somebody has saved again.
_REMEDY = "delete it, start again, and edit a copy elsewhere"
