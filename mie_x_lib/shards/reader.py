"""Image files: HDF5, one image a chunk as it is, with the table that says what each image is."""

import hashlib
import json
import math
import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import DTypeLike

from mie_x_lib.errors import REFUSALS, InputError
from mie_x_lib.files import whole
from mie_x_lib.shards.stored_streams import StoredStreams
from mie_x_lib.terms import APEX_AUS, AU_NAMES, LABEL_NAMES, ONSET_AUS

SCHEMA_VERSION = 2
_VOCABULARY = {"schema_version": SCHEMA_VERSION, "au_names": list(AU_NAMES), "label_names": list(LABEL_NAMES)}
# Numbers of rows, from 0.
Numbers = Sequence[int] | np.ndarray
_REMEDY = "delete the file and let its rule make it again"
# How a file begins whose own structure, and not only what it holds, has checksums (superblock 3 of HDF5).
_BEGINNING = b"\x89HDF\r\n\x1a\n\x03"
# The attribute with the SHA-256 of all others: HDF5 keeps no checksum of those that are large.
_CHECKSUM = "checksum"
# Bytes of one image: no camera of the field gives more, and a file cannot ask for more memory than this at a time.
_LARGEST_IMAGE = 2**28
# Filters of HDF5 by which data is stored here: either has a checksum, and both together inflate once.
_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_FLETCHER32}
# Bytes of one text of a column; what is longer in fixed width is a small file that takes much memory.
_WIDEST_TEXT = 4096
# Crops of a clip whose emotion is none of the three have no label.
_NO_LABEL = -1


def write_images(path: str | Path, images: np.ndarray, table: pd.DataFrame, attributes: dict) -> None:
    """Write images and their table, whole or not at all; equal inputs give equal bytes.

    images: (N, H, W, 3) or (N, T, H, W, 3) uint8 RGB, T >= 2 frames from onset to apex. table: N rows of integers
    (stored as int64), real numbers (float32) and text (UTF-8, missing text as ""). attributes: JSON-able values; schema
    version, AU names and label names are added. A chunk is one image, stored as it is with zlib's Adler-32 checksum;
    columns have HDF5's Fletcher-32, the structure of the file has checksums of its own, and the attributes have one
    together.

    Raises ValueError when the array has another shape or type, when table and images differ in length, or when a
    column is neither number nor text; InputError for a label that is none, and action units that are not 0..1.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or not _is_image_shape(images.shape):
        raise ValueError(f"images must be uint8 (N, H, W, 3) or (N, T, H, W, 3), not {images.dtype} {images.shape}")
    if len(table) != len(images):
        raise ValueError(f"{len(images)} images need as many table rows, not {len(table)}")
    write_stream(path, images, images.shape[1:], table, attributes)


def write_stream(
    path: str | Path, images: Iterable[np.ndarray], shape: tuple[int, ...], table: pd.DataFrame, attributes: dict
) -> None:
    """Write as `write_images` does, without ever holding all images in memory.

    images: as many as the table has rows, each of `shape`, (H, W, 3) or (T, H, W, 3) uint8. Raises ValueError for one
    of another shape or type.
    """
    # Before the images, which take minutes where they are many.
    _refuse_values(path, table, shape)
    with writing(path, shape, len(table)) as writer:
        for image in images:
            writer.add(image)
        writer.describe(table, attributes)


@contextmanager
def writing(path: str | Path, shape: tuple[int, ...], most: int) -> Iterator["ImageWriter"]:
    """Write as `write_images` does what is added and described in the block, whole or not at all.

    shape: that of an image, (H, W, 3) or (T, H, W, 3). most: images that there can be.
    """
    with (
        whole(path) as part,
        h5py.File(part, "w", libver="latest", locking=False, rdcc_nbytes=0) as file,
        _room_to_close(file),
    ):
        writer = ImageWriter(path, file, shape, most)
        yield writer
        if not writer.is_described:
            raise ValueError(f"{path}: images were added and never described")


class ImageWriter:
    """An image file that is being written: its images one after the other, then what they are."""

    def __init__(self, path: str | Path, file: h5py.File, shape: tuple[int, ...], most: int):
        self._path, self._file, self._shape, self._most = path, file, shape, most
        # At level 0 deflate only adds its Adler-32, which all readers look at, and which notices zeros in the place of
        # white as Fletcher-32 does not. Higher levels save a third of the bytes at most, and take ten times as long.
        checked = {"compression": "gzip", "compression_opts": 0}
        self._stored = _create(file, "images", (most, *shape), np.uint8, _chunk(shape), **checked)
        self._streams, self._count = _streams(shape), 0
        self.is_described = False

    def add(self, image: np.ndarray) -> None:
        """Add an image; raises ValueError for one of another shape or type, and for one too many."""
        if image.dtype != np.uint8 or image.shape != self._shape:
            raise ValueError(f"an image must be uint8 {self._shape}, not {image.dtype} {image.shape}")
        if self._count == self._most:
            raise ValueError(f"{self._count} images were to be written at most, and this is another")
        pictures = np.ascontiguousarray(image).reshape(*self._shape[:-3], -1)
        # What HDF5's filter would store, without its copies.
        for frame in np.ndindex(*pictures.shape[:-1]):
            stream = self._streams.of(pictures[frame].data)
            self._stored.id.write_direct_chunk((self._count, *frame, 0, 0, 0), stream)
        self._count += 1

    def describe(self, table: pd.DataFrame, attributes: dict) -> None:
        """Add the table, a row for each image that was added, and the attributes; errors as of `write_images`."""
        if len(table) != self._count:
            raise ValueError(f"{self._count} images need as many table rows, not {len(table)}")
        _refuse_values(self._path, table, self._shape)
        self._stored.resize(self._count, axis=0)
        _write_attributes(self._file, attributes | _VOCABULARY)
        columns = self._file.create_group("columns")
        columns.attrs["order"] = np.bytes_(json.dumps(list(table.columns)))
        for name in table.columns:
            values = _storable(table[name])
            checked = {"compression": "gzip", "fletcher32": True}
            _create(columns, name, values.shape, values.dtype, (max(len(table), 1),), **checked)[:] = values
        self.is_described = True


def read_samples(path: str | Path) -> pd.DataFrame:
    """Read the table of a shard of rendered samples, with where each lies and which sources it is of.

    Columns before those of the shard: shard_path, position (row in the shard), id_source, au_source. Raises InputError
    for an image file of something else.
    """
    table, attributes = read_table(path), read_attributes(path)
    lacking = [name for name in ("id_source", "au_source") if name not in attributes and name not in table]
    if lacking:
        raise InputError(f"{path}: no shard of rendered samples: it does not say its {' and '.join(lacking)}")
    place = {"shard_path": str(path), "position": range(len(table))}
    sources = {name: table[name] if name in table else attributes[name] for name in ("id_source", "au_source")}
    return pd.DataFrame(place).assign(**sources).join(table.drop(columns=list(sources), errors="ignore"))


def read_table(path: str | Path) -> pd.DataFrame:
    """Read the table of an image file: one row an image, columns in the order in which they were written.

    Raises InputError as `verify` does for what is wrong with the table.
    """
    with _opened(path) as file:
        images = file["images"]
        table = pd.DataFrame(
            {name: _read_column(column) for name, column in _columns(file, path, len(images)).items()},
            index=range(len(images)),
        )
    fault = _fault_of_values(table, is_samples=_are_samples(images.shape))
    if fault:
        raise InputError(f"{path}: {fault}; {_REMEDY}")
    return table


def read_attributes(path: str | Path) -> dict:
    """Read what an image file says about itself: schema_version, au_names, label_names and what its writer gave."""
    with _opened(path) as file:
        return {name: json.loads(value) for name, value in file.attrs.items() if name != _CHECKSUM}


def image_shape(path: str | Path) -> tuple[int, ...]:
    """The shape of a file's images, (N, H, W, 3) or (N, T, H, W, 3), without reading any of them."""
    with _opened(path) as file:
        return file["images"].shape


def read_images(path: str | Path, rows: Numbers | None = None, frames: Sequence[int] | None = None) -> np.ndarray:
    """Read images, all or those of `rows` in that order, repeats allowed: uint8 (n, H, W, 3) or (n, T, H, W, 3).

    frames: which frames of each sample, such as (0, -1), the onset and the apex; all by default. The others are not
    read. Raises InputError when the file is damaged, has no such row, or no such frame.
    """
    with _opened(path) as file:
        stored = file["images"]
        if rows is None and frames is None:
            return stored[:]
        # Where these lie is not looked up, which takes a microsecond or two for every picture of the file.
        return _read(_Images(stored, _places(stored.shape, [])), path, rows, frames)


class ImageReader:
    """Reads images of many files and keeps the last `most` of them open: opening one takes longer than reading a pair.

    A file that is opened again is checked again only if it is another by then, for the check takes most of that time,
    and to look up where its pictures lie takes more.
    Copies in other processes open their own: no file is open while a process forks, or goes along into a pickle.
    """

    def __init__(self, most: int = 128):
        self._most = most
        self._images: dict[str, _Images] = {}
        self._checked: dict[str, tuple[tuple[int, ...] | None, np.ndarray]] = {}
        _readers.add(self)

    def read(self, path: str, rows: Numbers | None = None, frames: Sequence[int] | None = None) -> np.ndarray:
        """Read as `read_images` does."""
        with _reading, _file_named(path):
            images = self._images.pop(path, None) or self._open(path)
            self._images[path] = images
            if len(self._images) > self._most:
                self._images.pop(next(iter(self._images))).close()
            return _read(images, path, rows, frames)

    def _open(self, path: str) -> "_Images":
        found, known = _identity(path), self._checked.get(path)
        if found is not None and known is not None and known[0] == found:
            return _Images(_open_unchecked(path)["images"], known[1])
        stored = _open(path)["images"]
        places = _places(stored.shape, _chunks(stored))
        self._checked[path] = found, places
        return _Images(stored, places)

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


def verify(path: str | Path, look: Callable[[int, np.ndarray], object] = lambda row, image: None) -> None:
    """Read an image file from end to end.

    look: gets the number of each row and its image, (H, W, 3) or (T, H, W, 3) uint8, in passing.
    Raises InputError naming the file when it is not HDF5 or cut short, when anything in it does not match its checksum,
    has none, lies in another file, or would unpack to far more than its size, when the table has not one row an image,
    when a label is none or an action unit not 0..1, or when schema version, AU names or label names are not those of
    this code.
    """
    read_table(path)
    for row, image in enumerate(_each_image(path)):
        look(row, image)


def _each_image(path: str | Path) -> Iterator[np.ndarray]:
    with _opened(path) as file:
        stored = file["images"]
        chunks = _chunks(stored)
        _refuse_chunks(chunks, path, stored)
        images = _Images(stored, _places(stored.shape, chunks))
        for row in range(len(stored)):
            yield _read(images, path, [row], None)[0]


@contextmanager
def _opened(path: str | Path) -> Iterator[h5py.File]:
    """Open for reading, as `_open` and `_file_named` say."""
    with _file_named(path), _open(path) as file:
        yield file


def _open(path: str | Path) -> h5py.File:
    """Open for reading after a check of vocabulary, attributes and images, so that none of them is more than it seems.

    Files are never written in place, so no lock is needed, which some cluster file systems do not offer.
    """
    if not os.path.isfile(path):
        raise InputError(f"{path}: no such file; expected an image file (HDF5)")
    with open(path, "rb") as begun:
        beginning = begun.read(len(_BEGINNING))
    # Others are not even opened: one flipped bit in them can keep HDF5 busy for ever.
    if beginning != _BEGINNING:
        raise InputError(
            f"{path}: not a whole image file (HDF5) with schema_version {SCHEMA_VERSION}, but of another program or of "
            f"an earlier version, or a damaged one; {_REMEDY}"
        )
    file = _open_unchecked(path)
    try:
        _check(file, path)
    except BaseException:
        file.close()
        raise
    return file


def _open_unchecked(path: str | Path) -> h5py.File:
    # A cache of chunks would only cost time: each is looked at once, as a whole.
    return h5py.File(path, "r", locking=False, rdcc_nbytes=0)


def _identity(path: str) -> tuple[int, ...] | None:
    """What tells a file from another that takes its place; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _check(file: h5py.File, path: str | Path) -> None:
    for name, expected in _VOCABULARY.items():
        found = json.loads(file.attrs[name])
        if found != expected:
            raise InputError(f"{path}: {name} is {found}, expected {expected}; {_REMEDY}")
    texts = {name: np.bytes_(value) for name, value in file.attrs.items()}
    if texts.pop(_CHECKSUM) != _checksum(texts):
        raise InputError(f"{path}: its attributes do not match their checksum; {_REMEDY}")
    images = _own(file, "images", h5py.Dataset)
    if images.dtype != np.uint8 or not _is_image_shape(images.shape):
        raise InputError(f"{path}: images are {images.dtype} {images.shape}, expected uint8 RGB; {_REMEDY}")
    _refuse_filters(path, images)
    chunk = _chunk(images.shape[1:])
    stored, expected = images.id.get_num_chunks(), math.prod(images.shape) // math.prod(chunk)
    if images.chunks != chunk or stored != expected:
        raise InputError(f"{path}: holds {stored} images, expected {expected}, each in a chunk of its own; {_REMEDY}")


def _columns(file: h5py.File, path: str | Path, count: int) -> dict[str, h5py.Dataset]:
    """The columns of the table in their order, of which each has `count` rows, as many as there are images."""
    group = _own(file, "columns", h5py.Group)
    order = json.loads(group.attrs["order"])
    if sorted(order) != sorted(group):
        raise InputError(f"{path}: columns {sorted(group)} found, expected {sorted(order)}; {_REMEDY}")
    columns = {name: _own(group, name, h5py.Dataset) for name in order}
    for name, column in columns.items():
        _refuse_filters(path, column)
        if column.shape != (count,):
            rows = column.shape[0] if column.ndim else 0
            raise InputError(f"{path}: column {name} has {rows} rows, expected {count} images; {_REMEDY}")
        if not _is_storable(column.dtype) or column.id.get_num_chunks() != (count > 0):
            raise InputError(
                f"{path}: column {name} is {column.dtype}, expected int64, float32 or text of one width; {_REMEDY}"
            )
        if column.dtype.itemsize > _WIDEST_TEXT:
            raise InputError(
                f"{path}: {name} has texts of {column.dtype.itemsize} bytes, expected {_WIDEST_TEXT} at most; {_REMEDY}"
            )
        _refuse_chunks([column.id.get_chunk_info(0)] if count else [], path, column)
    return columns


def _refuse_filters(path: str | Path, stored: h5py.Dataset) -> None:
    plan = stored.id.get_create_plist()
    filters = [plan.get_filter(number)[0] for number in range(plan.get_nfilters())]
    # Inflated twice, a kilobyte is a gigabyte.
    if not filters or len(set(filters)) < len(filters) or not _FILTERS.issuperset(filters):
        raise InputError(
            f"{path}: {_name(stored)} is stored through filters {filters} of HDF5, expected deflate, Fletcher-32 or "
            f"both, which have checksums; {_REMEDY}"
        )


def _refuse_chunks(chunks: Iterable[h5py.h5d.StoreInfo], path: str | Path, stored: h5py.Dataset) -> None:
    """Refuse what HDF5 would inflate beyond measure, or take without the checksum of its filters."""
    size = math.prod(stored.chunks) * stored.dtype.itemsize
    for chunk in chunks:
        if chunk.size > size + size // 100 + 1000:
            raise InputError(f"{path}: {_name(stored)} holds {chunk.size} bytes for {size} of a chunk; {_REMEDY}")
        if chunk.filter_mask:
            raise InputError(f"{path}: {_name(stored)} has a chunk that is stored without its checksum; {_REMEDY}")


def _name(stored: h5py.Dataset) -> str:
    return stored.name.rpartition("/")[2]


@contextmanager
def _file_named(path: str | Path) -> Iterator[None]:
    """Every fault of a file becomes an InputError with its name."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # h5py raises a different type for each way in which a file is broken
        if isinstance(error, OSError) and error.errno in REFUSALS:
            _, remedy = REFUSALS[error.errno]
            raise InputError(f"{path}: cannot be read ({os.strerror(error.errno)}); {remedy}") from error
        raise InputError(f"{path}: not a whole image file (HDF5) of this project: {error}; {_REMEDY}") from error


def _read(images: "_Images", path: str | Path, rows: Numbers | None, frames: Sequence[int] | None) -> np.ndarray:
    count, *shape = images.shape
    wanted = np.arange(count) if rows is None else np.asarray(rows, dtype=np.int64)
    absent = wanted[(wanted < 0) | (wanted >= count)]
    if absent.size:
        raise InputError(f"{path}: row {absent[0]} was asked for, expected 0 to {count - 1}; {_REMEDY}")
    numbers = None if frames is None else _frame_numbers(images.shape, path, frames)
    # All frames of a row are read at once.
    if numbers is None or numbers == list(range(shape[0])):
        starts: list[tuple[int, ...]] = [(row,) for row in wanted.tolist()]
        block = (1, *shape)
    else:
        starts = [(row, frame) for row in wanted.tolist() for frame in numbers]
        block, shape = _chunk(images.shape[1:]), [len(numbers), *shape[1:]]
    read = np.empty((len(wanted), *shape), np.uint8)
    for start, into in zip(starts, read.reshape(len(starts), *block), strict=True):
        images.read(start, into)
    return read


class _Images:
    """The images of an open file. Those that lie as they are at their places, as of `_places`, are read around HDF5.

    HDF5's way through a filter takes as long as the checksum, and longer where pictures are small. It reads all others,
    and says what is damaged.
    """

    def __init__(self, stored: h5py.Dataset, places: np.ndarray):
        self.shape, self._stored, self._places = stored.shape, stored, places
        self._streams = _streams(self.shape)
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

    def close(self) -> None:
        self._stored.file.close()


def _streams(shape: tuple[int, ...]) -> StoredStreams:
    return StoredStreams(int(math.prod(shape[-3:])))


def _chunks(stored: h5py.Dataset) -> list[h5py.h5d.StoreInfo]:
    chunks: list[h5py.h5d.StoreInfo] = []
    stored.id.chunk_iter(chunks.append)
    return chunks


def _places(shape: tuple[int, ...], chunks: Iterable[h5py.h5d.StoreInfo]) -> np.ndarray:
    """Where in the file each picture lies, (N,) or (N, T) bytes; 0 for one that by its size is not stored as it is."""
    places, size = np.zeros(shape[:-3], np.int64), _streams(shape).size
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
    count = shape[1] if _are_samples(shape) else 1
    if not _are_samples(shape) or not all(-count <= frame < count for frame in frames):
        raise InputError(f"{path}: frames {tuple(frames)} were asked for, but each of its samples has {count}")
    return [frame % count for frame in frames]


def _are_samples(shape: tuple[int, ...]) -> bool:
    """Whether images of a shape, that of one or of all of them, are the frames of samples and not single pictures."""
    return len(shape) == 5


def _is_image_shape(shape: tuple[int, ...]) -> bool:
    is_picture = len(shape) == 4 or (len(shape) == 5 and shape[1] >= 2)
    return is_picture and shape[-1] == 3 and 0 < math.prod(shape[-3:]) <= _LARGEST_IMAGE


def _chunk(shape: tuple[int, ...]) -> tuple[int, ...]:
    """One image, of a row of `shape`, (H, W, 3) or (T, H, W, 3)."""
    return (1,) * (len(shape) - 2) + shape[-3:]


@contextmanager
def _room_to_close(file: h5py.File) -> Iterator[None]:
    """Make room where a full disk ends the block: HDF5 ends the whole process when it cannot write what it holds.

    Without a cache of chunks that is little.
    """
    try:
        yield
        file.flush()
    except OSError:
        os.truncate(file.filename, 0)
        # Where a file may not be as large as HDF5 has it by now, this says so once more.
        with suppress(RuntimeError):
            file.close()
        raise


def _write_attributes(file: h5py.File, attributes: dict) -> None:
    """Each is JSON of its own width: HDF5 keeps no checksum of texts whose width it leaves open."""
    texts = {name: np.bytes_(json.dumps(value, sort_keys=True)) for name, value in sorted(attributes.items())}
    for name, text in (texts | {_CHECKSUM: _checksum(texts)}).items():
        file.attrs[name] = text


def _checksum(texts: dict[str, np.bytes_]) -> np.bytes_:
    """SHA-256 of attributes by name."""
    return np.bytes_(
        hashlib.sha256(repr(sorted((name, bytes(text)) for name, text in texts.items())).encode()).hexdigest()
    )


def _refuse_values(path: str | Path, table: pd.DataFrame, shape: tuple[int, ...]) -> None:
    """Raise InputError for a table that cannot be that of images of a shape, (H, W, 3) or (T, H, W, 3)."""
    fault = _fault_of_values(table, is_samples=_are_samples((len(table), *shape)))
    if fault:
        raise InputError(f"{path}: cannot be written: {fault}; correct what it is made of")


def _fault_of_values(table: pd.DataFrame, is_samples: bool) -> str | None:
    """What labels or action units of a table cannot be; None for nothing. Crops alone may have no label."""
    if "label" in table:
        least = 0 if is_samples else _NO_LABEL
        is_label = table["label"].isin(range(least, len(LABEL_NAMES)))
        if not is_label.all() or not pd.api.types.is_integer_dtype(table["label"]):
            found = table["label"][~is_label].tolist()[:1] or [f"of type {table['label'].dtype}"]
            return f"label is {found[0]}, expected a whole number from {least} to {len(LABEL_NAMES) - 1}"
    for name in table.columns.intersection([*ONSET_AUS, *APEX_AUS]):
        is_intensity = table[name].between(0, 1)
        if not is_intensity.all():
            return f"{name} is {table[name][~is_intensity].iloc[0]}, expected a number from 0 to 1"
    return None


def _create(
    group: h5py.Group, name: str, shape: tuple[int, ...], dtype: DTypeLike, chunk: tuple[int, ...], **filters
) -> h5py.Dataset:
    # An unlimited first axis is what lets HDF5 chunk an array without rows.
    return group.create_dataset(name, shape=shape, dtype=dtype, chunks=chunk, maxshape=(None, *shape[1:]), **filters)


def _storable(column: pd.Series) -> np.ndarray:
    """Integers, real numbers or text as an array of fixed-width elements: HDF5 keeps no checksum of variable ones."""
    if pd.api.types.is_bool_dtype(column):
        raise ValueError(f"column {column.name} is boolean; store 0 and 1")
    if pd.api.types.is_integer_dtype(column):
        return column.to_numpy(np.int64)
    if pd.api.types.is_float_dtype(column):
        return column.to_numpy(np.float32, na_value=np.nan)
    texts = column.fillna("")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"column {column.name} holds neither numbers nor text")
    encoded = [text.encode() for text in texts]
    width = max(map(len, encoded), default=0) or 1
    return np.array(encoded, dtype=h5py.string_dtype("utf-8", width))


def _is_storable(dtype: np.dtype) -> bool:
    """Whether a column of `_storable` can be of this type."""
    text = h5py.check_string_dtype(dtype)
    return dtype in (np.int64, np.float32) if text is None else text.length is not None


def _own(group: h5py.Group, name: str, kind: type) -> h5py.Dataset | h5py.Group:
    """What lies under a name in this file itself: HDF5 can show any other file of the machine in its place."""
    is_own = isinstance(group.get(name, getlink=True), h5py.HardLink)
    stored = group[name] if is_own else None
    if isinstance(stored, h5py.Dataset):
        is_own = not (stored.external or stored.is_virtual)
    if not is_own or not isinstance(stored, kind):
        raise InputError(f"{group.file.filename}: {name} lies in another file, expected in this one; {_REMEDY}")
    return stored


def _read_column(stored: h5py.Dataset) -> np.ndarray | pd.Series:
    if h5py.check_string_dtype(stored.dtype):
        return pd.Series(list(stored.asstr()[:]), dtype="string")
    return stored[:]
