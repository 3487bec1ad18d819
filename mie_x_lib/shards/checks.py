"""Opens image files, and refuses those that are damaged, foreign, or more than they seem."""

import json
import math
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from mie_x_lib.errors import REFUSALS, InputError, refuse_no_file
from mie_x_lib.shards.layout import CHECKSUM, REMEDY, SCHEMA_VERSION, VOCABULARY, checksum_of, chunk_of, is_image_shape

# How a file begins whose own structure, and not only what it holds, has checksums (superblock 3 of HDF5).
_BEGINNING = b"\x89HDF\r\n\x1a\n\x03"
# Filters of HDF5 by which data is stored here: either has a checksum, and both together inflate once.
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32}
# Bytes of one text of a column; what is longer in fixed width is a small file that takes much memory.
_WIDEST_TEXT = 4096


@contextmanager
def opened(path: str | Path) -> Iterator[h5py.File]:
    """Open for reading, as `open_checked` and `file_named` say."""
    with file_named(path), open_checked(path) as file:
        yield file


def open_checked(path: str | Path) -> h5py.File:
    """Open for reading after a check of vocabulary, attributes and images, so that none of them is more than it seems.

    Files are never written in place, so no lock is needed, which some cluster file systems do not offer.
    """
    refuse_no_file(path, "an image file (HDF5)")
    with open(path, "rb") as begun:
        beginning = begun.read(len(_BEGINNING))
    # Others are not even opened: one flipped bit in them can keep HDF5 busy for ever.
    if beginning != _BEGINNING:
        raise InputError(
            f"{path}: not a whole image file (HDF5) with schema_version {SCHEMA_VERSION}, but of another program or of "
            f"an earlier version, or a damaged one; {REMEDY}"
        )
    file = open_unchecked(path)
    try:
        _check(file, path)
    except BaseException:
        file.close()
        raise
    return file


def open_unchecked(path: str | Path) -> h5py.File:
    """Open for reading what has been checked before."""
    # A cache of chunks would only cost time: each is looked at once, as a whole.
    return h5py.File(path, "r", locking=False, rdcc_nbytes=0)


def _check(file: h5py.File, path: str | Path) -> None:
    for name, expected in VOCABULARY.items():
        found = json.loads(file.attrs[name])
        if found != expected:
            raise InputError(f"{path}: {name} is {found}, expected {expected}; {REMEDY}")
    texts = {name: np.bytes_(value) for name, value in file.attrs.items()}
    if texts.pop(CHECKSUM) != checksum_of(texts):
        raise InputError(f"{path}: its attributes do not match their checksum; {REMEDY}")
    images = _own(file, "images", h5py.Dataset)
    if images.dtype != np.uint8 or not is_image_shape(images.shape):
        raise InputError(f"{path}: images are {images.dtype} {images.shape}, expected uint8 RGB; {REMEDY}")
    _refuse_filters(path, images)
    chunk = chunk_of(images.shape[1:])
    stored, expected = images.id.get_num_chunks(), math.prod(images.shape) // math.prod(chunk)
    if images.chunks != chunk or stored != expected:
        raise InputError(f"{path}: holds {stored} images, expected {expected}, each in a chunk of its own; {REMEDY}")


def columns_of(
    file: h5py.File, path: str | Path, count: int, names: Collection[str] | None = None
) -> dict[str, h5py.Dataset]:
    """The columns of the table in their order, of which each has `count` rows, as many as there are images.

    names: of those that are looked at, where there are such; None for all.
    """
    group = _own(file, "columns", h5py.Group)
    order = json.loads(group.attrs["order"])
    if sorted(order) != sorted(group):
        raise InputError(f"{path}: columns {sorted(group)} found, expected {sorted(order)}; {REMEDY}")
    columns = {name: _own(group, name, h5py.Dataset) for name in order if names is None or name in names}
    for name, column in columns.items():
        _refuse_filters(path, column)
        if column.shape != (count,):
            rows = column.shape[0] if column.ndim else 0
            raise InputError(f"{path}: column {name} has {rows} rows, expected {count} images; {REMEDY}")
        if not _is_storable(column.dtype) or column.id.get_num_chunks() != (count > 0):
            raise InputError(
                f"{path}: column {name} is {column.dtype}, expected int64, float32 or text of one width; {REMEDY}"
            )
        if column.dtype.itemsize > _WIDEST_TEXT:
            raise InputError(
                f"{path}: {name} has texts of {column.dtype.itemsize} bytes, expected {_WIDEST_TEXT} at most; {REMEDY}"
            )
        refuse_chunks([column.id.get_chunk_info(0)] if count else [], path, column)
    return columns


def _refuse_filters(path: str | Path, stored: h5py.Dataset) -> None:
    plan = stored.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    # Inflated twice, a kilobyte is a gigabyte.
    if not filters or len(set(filters)) < len(filters) or not _FILTERS.issuperset(filters):
        raise InputError(
            f"{path}: {_name(stored)} is stored through filters {filters} of HDF5, expected deflate, Fletcher-32 or "
            f"both, which have checksums; {REMEDY}"
        )


def chunks_of(stored: h5py.Dataset) -> list[h5py.h5d.StoreInfo]:
    """Where each chunk of a dataset lies, and its bytes."""
    chunks: list[h5py.h5d.StoreInfo] = []
    stored.id.chunk_iter(chunks.append)
    return chunks


def refuse_chunks(chunks: Iterable[h5py.h5d.StoreInfo], path: str | Path, stored: h5py.Dataset) -> None:
    """Refuse what HDF5 would inflate beyond measure, or take without the checksum of its filters."""
    size = math.prod(stored.chunks) * stored.dtype.itemsize
    for chunk in chunks:
        if chunk.size > size + size // 100 + 1000:
            raise InputError(f"{path}: {_name(stored)} holds {chunk.size} bytes for {size} of a chunk; {REMEDY}")
        if chunk.filter_mask:
            raise InputError(f"{path}: {_name(stored)} has a chunk that is stored without its checksum; {REMEDY}")


def _name(stored: h5py.Dataset) -> str:
    return stored.name.rpartition("/")[2]


@contextmanager
def file_named(path: str | Path) -> Iterator[None]:
    """Every fault of a file becomes an InputError with its name."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # h5py raises a different type for each way in which a file is broken
        if isinstance(error, OSError) and error.errno in REFUSALS:
            _, remedy = REFUSALS[error.errno]
            raise InputError(f"{path}: cannot be read ({os.strerror(error.errno)}); {remedy}") from error
        raise InputError(f"{path}: not a whole image file (HDF5) of this project: {error}; {REMEDY}") from error


def _is_storable(dtype: np.dtype) -> bool:
    """Whether the writer stores columns as this type."""
    text = h5py.check_string_dtype(dtype)
    return dtype in (np.int64, np.float32) if text is None else text.length is not None


def _own(group: h5py.Group, name: str, kind: type) -> h5py.Dataset | h5py.Group:
    """What lies under a name in this file itself: HDF5 can show any other file of the machine in its place."""
    is_own = isinstance(group.get(name, getlink=True), h5py.HardLink)
    stored = group[name] if is_own else None
    if isinstance(stored, h5py.Dataset):
        is_own = not (stored.external or stored.is_virtual)
    if not is_own or not isinstance(stored, kind):
        raise InputError(f"{group.file.filename}: {name} lies in another file, expected in this one; {REMEDY}")
    return stored
