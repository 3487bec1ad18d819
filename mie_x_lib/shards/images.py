"""The images of an open file: where each lies, and how it is read."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import h5py
import numpy as np

from mie_x_lib.errors import InputError
from mie_x_lib.shards.layout import are_samples, chunk_of, streams_of

# Numbers of rows, from 0.
Numbers = Sequence[int] | np.ndarray


def whole_numbers(numbers: Numbers, what: str) -> np.ndarray:
    """Numbers as an array (n,) int64; raises TypeError, which names `what` they are, for a mask and all else."""
    found = np.asarray(numbers)
    if found.dtype == bool:
        raise TypeError(f"{what} are a mask, expected their numbers; numpy.flatnonzero(mask) has them")
    # An empty list has no type of its own.
    if found.ndim != 1 or (found.size and not np.issubdtype(found.dtype, np.integer)):
        raise TypeError(f"{what}: expected a list or an array of whole numbers, found {numbers!r:.60}")
    return found.astype(np.int64)


def asked_for(rows: Numbers | None, frames: Numbers | None) -> tuple[np.ndarray | None, list[int] | None]:
    """Rows and frames as `whole_numbers`, whose TypeError they raise; None stays None, for all."""
    return (
        None if rows is None else whole_numbers(rows, "rows"),
        None if frames is None else whole_numbers(frames, "frames").tolist(),
    )


def read_rows(images: "Images", path: str | Path, rows: np.ndarray | None, frames: Sequence[int] | None) -> np.ndarray:
    """Read rows of an open file, and frames, as `read_images` says of `rows` and `frames`; path: for errors."""
    count, *shape = images.shape
    wanted = np.arange(count) if rows is None else rows
    absent = wanted[(wanted < 0) | (wanted >= count)]
    if absent.size:
        raise InputError(f"{path}: row {absent[0]} was asked for, expected 0 to {count - 1}; its table has no other")
    numbers = None if frames is None else _frame_numbers(images.shape, path, frames)
    # All frames of a row are read at once.
    if numbers is None or numbers == list(range(shape[0])):
        starts: list[tuple[int, ...]] = [(row,) for row in wanted.tolist()]
        block = (1, *shape)
    else:
        starts = [(row, frame) for row in wanted.tolist() for frame in numbers]
        block, shape = chunk_of(images.shape[1:]), [len(numbers), *shape[1:]]
    read = np.empty((len(wanted), *shape), np.uint8)
    for start, into in zip(starts, read.reshape(len(starts), *block), strict=True):
        images.read(start, into)
    return read


class Images:
    """The images of an open file. Those that lie as they are at their places, as of `places_of`, are read around HDF5.

    HDF5's way through a filter takes as long as the checksum, and longer where pictures are small. It reads all others,
    and says what is damaged.
    """

    def __init__(self, stored: h5py.Dataset, places: np.ndarray):
        self.shape, self._stored, self._places = stored.shape, stored, places
        self._streams = streams_of(self.shape)
        self._descriptor = stored.file.id.get_vfd_handle()
        self._blocks: dict[tuple[int, ...], _Blocks] = {}

    def read(self, start: tuple[int, ...], into: np.ndarray) -> None:
        """Read the block from `start` on, from which on numbers left out are 0."""
        places = self._places[start].ravel().tolist()
        pictures = into.reshape(len(places), -1)
        if all(map(self._read_around, places, pictures)):
            return
        if into.shape not in self._blocks:
            self._blocks[into.shape] = _Blocks(self._stored, into.shape)
        self._blocks[into.shape].read(start, into)

    def _read_around(self, place: int, picture: np.ndarray) -> bool:
        return place > 0 and self._streams.read(self._descriptor, place, picture.data)

    @property
    def file(self) -> h5py.File:
        return self._stored.file

    def close(self) -> None:
        self.file.close()


def places_of(shape: tuple[int, ...], chunks: Iterable[h5py.h5d.StoreInfo]) -> np.ndarray:
    """Where in the file each picture lies, (N,) or (N, T) bytes; 0 for one that by its size is not stored as it is."""
    places, size = np.zeros(shape[:-3], np.int64), streams_of(shape).size
    for chunk in chunks:
        if chunk.size == size:
            places[chunk.chunk_offset[:-3]] = chunk.byte_offset
    return places


class _Blocks:
    """Blocks of one shape in a dataset of uint8, each at its start, from which on numbers left out are 0.

    What h5py would make anew for each of them takes longer than to read a small picture.
    """

    def __init__(self, stored: h5py.Dataset, shape: tuple[int, ...]):
        self._stored, self._shape = stored.id, shape
        self._in_file, self._in_memory = stored.id.get_space(), h5py.h5s.create_simple(shape)

    def read(self, start: tuple[int, ...], into: np.ndarray) -> None:
        self._in_file.select_hyperslab(start + (0,) * (len(self._shape) - len(start)), self._shape)
        self._stored.read(self._in_memory, self._in_file, into, h5py.h5t.NATIVE_UINT8)


def _frame_numbers(shape: tuple[int, ...], path: str | Path, frames: Sequence[int]) -> list[int]:
    """The frames counted from the first one; -1 is the last."""
    count = shape[1] if are_samples(shape) else 1
    if not are_samples(shape) or not all(-count <= frame < count for frame in frames):
        raise InputError(f"{path}: frames {tuple(frames)} were asked for, but each of its samples has {count}")
    return [frame % count for frame in frames]
