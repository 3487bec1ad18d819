"""Writes image files, whole or not at all."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from numpy.typing import DTypeLike

from mie_x_lib.errors import InputError
from mie_x_lib.files import whole
from mie_x_lib.shards.layout import (
    CHECKSUM,
    VOCABULARY,
    are_samples,
    checksum_of,
    chunk_of,
    fault_of_values,
    is_image_shape,
    streams_of,
)


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
    if images.dtype != np.uint8 or not is_image_shape(images.shape):
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
        self._stored = _create(file, "images", (most, *shape), np.uint8, chunk_of(shape), **checked)
        self._streams, self._count = streams_of(shape), 0
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
        _write_attributes(self._file, attributes | VOCABULARY)
        columns = self._file.create_group("columns")
        columns.attrs["order"] = np.bytes_(json.dumps(list(table.columns)))
        for name in table.columns:
            values = _storable(table[name])
            checked = {"compression": "gzip", "fletcher32": True}
            _create(columns, name, values.shape, values.dtype, (max(len(table), 1),), **checked)[:] = values
        self.is_described = True


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
    for name, text in (texts | {CHECKSUM: checksum_of(texts)}).items():
        file.attrs[name] = text


def _refuse_values(path: str | Path, table: pd.DataFrame, shape: tuple[int, ...]) -> None:
    """Raise InputError for a table that cannot be that of images of a shape, (H, W, 3) or (T, H, W, 3)."""
    fault = fault_of_values(table, is_samples=are_samples((len(table), *shape)))
    if fault:
        raise InputError(f"{path}: cannot be written: {fault}; correct what it is made of")


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
