"""Folders in which one process at a time may write."""

import fcntl
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mie_x_lib.errors import InputError
from mie_x_lib.host import where_it_runs

log = logging.getLogger(__name__)


@contextmanager
def alone_in(folder: str | Path) -> Iterator[None]:
    """Keep all other processes that ask for it out of a folder, on every node that sees it, until the block ends.

    A process that dies leaves no lock. Raises InputError, with host and SLURM job, where another one is in the folder.
    On a file system without locks the block runs, with a warning.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "writer.txt", "a+", encoding="utf-8") as writer:
        try:
            fcntl.flock(writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            writer.seek(0)
            raise InputError(
                f"{folder}: another job writes there, {writer.read() or 'which has just begun'}; wait for its end or "
                "cancel it, then start again"
            ) from None
        except OSError as fault:
            log.warning("%s cannot be locked (%s): no second training may write there", folder, fault.strerror)
        writer.truncate(0)
        writer.write(where_it_runs())
        writer.flush()
        try:
            yield
        finally:
            writer.truncate(0)
