"""Reads image files by their paths."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.shards.checks import chunks_of, columns_of, opened, refuse_chunks
from mie_x_lib.shards.images import Images, Numbers, asked_for, places_of, read_rows
from mie_x_lib.shards.layout import CHECKSUM, REMEDY, are_samples, fault_of_values


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
    with opened(path) as file:
        return table_of(file, path)


def table_of(file: h5py.File, path: str | Path, names: Collection[str] | None = None) -> pd.DataFrame:
    """The table of an open file, as of `read_table`; path: for errors.

    names: of columns; the others, and those that the file does not have, are left out. None for all.
    """
    return _table(path, file["images"], columns_of(file, path, len(file["images"]), names))


def read_found(
    path: str | Path, by: Collection[str], find: Callable[[pd.DataFrame], np.ndarray]
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read the images that a function finds by some columns, (n, H, W, 3) or (n, T, H, W, 3) uint8, and other columns.

    by: names of columns. find: gets them, and says which rows, (n,) int. Raises InputError as `read_table` does.
    """
    with opened(path) as file:
        stored = file["images"]
        columns = columns_of(file, path, len(stored))
        rows = find(_table(path, stored, {name: columns.pop(name) for name in by}))
        images = Images(stored, places_of(stored.shape, []))
        return _table(path, stored, columns, rows), read_rows(images, path, rows, None)


def _table(
    path: str | Path, images: h5py.Dataset, columns: dict[str, h5py.Dataset], rows: np.ndarray | None = None
) -> pd.DataFrame:
    """The values of columns beside images, of all rows or of some."""
    values = {name: _read_column(column, rows) for name, column in columns.items()}
    # Each column is an array of its own already.
    table = pd.DataFrame(values, index=range(len(images) if rows is None else len(rows)), copy=False)
    fault = fault_of_values(table, is_samples=are_samples(images.shape))
    if fault:
        raise InputError(f"{path}: {fault}; {REMEDY}")
    return table


def _read_column(stored: h5py.Dataset, rows: np.ndarray | None) -> np.ndarray | pd.Series:
    values = stored[:] if rows is None else stored[:][rows]
    if h5py.check_string_dtype(stored.dtype):
        return pd.Series([text.decode() for text in values], dtype="string")
    return values


def read_attributes(path: str | Path) -> dict:
    """Read what an image file says about itself: schema_version, au_names, label_names and what its writer gave."""
    with opened(path) as file:
        return {name: json.loads(value) for name, value in file.attrs.items() if name != CHECKSUM}


def image_shape(path: str | Path) -> tuple[int, ...]:
    """The shape of a file's images, (N, H, W, 3) or (N, T, H, W, 3), without reading any of them."""
    with opened(path) as file:
        return file["images"].shape


def read_images(path: str | Path, rows: Numbers | None = None, frames: Sequence[int] | None = None) -> np.ndarray:
    """Read images, all or those of `rows` in that order, repeats allowed: uint8 (n, H, W, 3) or (n, T, H, W, 3).

    frames: which frames of each sample, such as (0, -1), the onset and the apex; all by default. The others are not
    read. Raises InputError when the file is damaged, has no such row, or no such frame, and TypeError where rows or
    frames are no whole numbers.
    """
    chosen, shown = asked_for(rows, frames)
    with opened(path) as file:
        stored = file["images"]
        if chosen is None and shown is None:
            return stored[:]
        # Where these lie is not looked up, which takes a microsecond or two for every picture of the file.
        return read_rows(Images(stored, places_of(stored.shape, [])), path, chosen, shown)


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
    with opened(path) as file:
        stored = file["images"]
        chunks = chunks_of(stored)
        refuse_chunks(chunks, path, stored)
        images = Images(stored, places_of(stored.shape, chunks))
        for row in range(len(stored)):
            yield read_rows(images, path, np.array([row]), None)[0]
