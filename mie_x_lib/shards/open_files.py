"""Reads many image files again and again, some of which stay open."""

import os
import threading
import weakref
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from mie_x_lib.shards.checks import chunks_of, file_named, open_checked, open_unchecked
from mie_x_lib.shards.images import Images, Numbers, asked_for, places_of, read_rows
from mie_x_lib.shards.reader import table_of


class ImageReader:
    """Reads images of many files and keeps the last `most` of them open: opening one takes longer than reading a pair.

    A file that is opened again is checked again only if it is another by then, for the check takes most of that time,
    and to look up where its pictures lie takes more.
    Copies in other processes open their own: no file is open while a process forks, or goes along into a pickle.
    """

    def __init__(self, most: int = 128):
        self._most = most
        self._images: dict[str, Images] = {}
        self._checked: dict[str, tuple[tuple[int, ...] | None, np.ndarray]] = {}
        _readers.add(self)

    def read(self, path: str, rows: Numbers | None = None, frames: Sequence[int] | None = None) -> np.ndarray:
        """Read as `read_images` does."""
        chosen, shown = asked_for(rows, frames)
        with _reading, file_named(path):
            return read_rows(self._opened(path), path, chosen, shown)

    def table(self, path: str, names: Collection[str]) -> pd.DataFrame:
        """Read columns of a file's table, as `table_of` does."""
        with _reading, file_named(path):
            return table_of(self._opened(path).file, path, names)

    def is_new(self, path: str) -> bool:
        """Whether the next read of a file checks it: none did so far, or it is another file than it was."""
        return path not in self._images and self._checked.get(path, (None,))[0] != _identity(path)

    def _opened(self, path: str) -> Images:
        images = self._images.pop(path, None) or self._open(path)
        self._images[path] = images
        if len(self._images) > self._most:
            self._images.pop(next(iter(self._images))).close()
        return images

    def _open(self, path: str) -> Images:
        found, known = _identity(path), self._checked.get(path)
        if found is not None and known is not None and known[0] == found:
            return Images(open_unchecked(path)["images"], known[1])
        stored = open_checked(path)["images"]
        places = places_of(stored.shape, chunks_of(stored))
        self._checked[path] = found, places
        return Images(stored, places)

    def close(self) -> None:
        """Close the files; a later read opens what it needs again."""
        while self._images:
            self._images.popitem()[1].close()

    def __getstate__(self) -> dict:
        return {"most": self._most}

    def __setstate__(self, state: dict) -> None:
        ImageReader.__init__(self, **state)


_readers: weakref.WeakSet[ImageReader] = weakref.WeakSet()
_reading = threading.Lock()


def _before_fork() -> None:
    _reading.acquire()
    for reader in list(_readers):
        reader.close()


os.register_at_fork(before=_before_fork, after_in_parent=_reading.release, after_in_child=_reading.release)


def _identity(path: str) -> tuple[int, ...] | None:
    """What tells a file from another that takes its place; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
