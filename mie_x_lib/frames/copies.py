"""Which photographs are copies of others, found by signature and not by comparing each with all others."""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.randomness import stream
from mie_x_lib.shards import read_images, read_table

# What is compared of two photographs, as wide as high: all of the picture, since a copy that was compressed or scaled
# moves the box of the face by more than its pixels.
THUMBNAIL_SIDE = 16
# A signature says in which cells of some random grids a thumbnail lies. Of 8,000 drawn portraits with noise all share a
# cell with the portrait where the two correlate by 0.995 or more, and 99.8 % where they do by 0.993; of two different
# portraits, 0.08 % do.
GRIDS = 32
_COLUMNS = tuple(f"signature_{grid}" for grid in range(GRIDS))
_AXES = 9
_CELL = 0.5
# Photographs of one cell that are looked at, the first ones: of a thousand times the same picture each has the first.
_MOST = 16
# Pictures that are worked on at a time.
_NEAR = 4096


def signatures(thumbnails: np.ndarray) -> np.ndarray:
    """Return (M, GRIDS) int64 of thumbnails (M, side, side, 3) uint8, where what is alike has an entry in common.

    Source: Datar et al., "Locality-sensitive hashing scheme based on p-stable distributions", SoCG 2004.
    """
    return _signatures(_pictures(thumbnails))


def signature_table(thumbnails: np.ndarray) -> pd.DataFrame:
    """`signatures` as columns of a table beside the thumbnails."""
    return pd.DataFrame(signatures(thumbnails), columns=list(_COLUMNS))


def may_have_copies(known: pd.DataFrame, thumbnails: np.ndarray) -> np.ndarray:
    """Which of K photographs some thumbnails, or mirrored ones, may be copies of: (n,) places in `known`, ascending.

    known: K rows with the columns of `signature_table`. thumbnails: (M, side, side, 3) uint8.
    """
    pictures = _pictures(thumbnails)
    asked = np.concatenate([_signatures(pictures), _signatures(pictures[:, :, ::-1])])
    shared = np.zeros(len(known), bool)
    for grid, name in enumerate(_COLUMNS):
        # NumPy would sort all that are known, for each shard that asks.
        shared |= known[name].isin(asked[:, grid]).to_numpy()
    return np.flatnonzero(shared)


def read_with_originals(
    paths: Iterable[str | Path], table: pd.DataFrame, thumbnails: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read which photographs in files some others may be copies of: the tables and thumbnails of all, these last.

    paths: image files of thumbnails with the columns of `signature_table`. table, thumbnails: of the M others.
    """
    tables, pictures = [], []
    for path in paths:
        known = read_table(path)
        rows = may_have_copies(known, thumbnails)
        tables.append(known.iloc[rows])
        pictures.append(read_images(path, rows))
    return pd.concat([*tables, table], ignore_index=True), np.concatenate([*pictures, thumbnails])


def first_copies(thumbnails: np.ndarray, rows: np.ndarray, correlation: float) -> np.ndarray:
    """Return for each of some rows the first row before it that shows the same picture, (R,) int, -1 where none does.

    thumbnails: (M, side, side, 3) uint8. Two pictures are the same if they correlate by `correlation`, as they are or
    one of them mirrored.
    """
    pictures = _pictures(thumbnails)
    known, found = _signatures(pictures), np.full(len(rows), len(thumbnails))
    for own in (pictures[rows], pictures[rows, :, ::-1]):
        asked = _signatures(own)
        for grid in range(GRIDS):
            place, other = _of_one_cell(known[:, grid], asked[:, grid])
            earlier = other < np.minimum(rows, found)[place]
            place, other = place[earlier], other[earlier]
            alike = _products(own, place, pictures, other) >= correlation
            np.minimum.at(found, place[alike], other[alike])
    return np.where(found < len(thumbnails), found, -1)


def _pictures(thumbnails: np.ndarray) -> np.ndarray:
    """Grey values of thumbnails (M, side, side, 3) uint8: (M, side, side) float32 of mean 0 and, as vectors, length 1.

    The product of two is the correlation of the pictures. A thumbnail of one colour is all zeros.
    """
    grey = np.empty(thumbnails.shape[:3], np.float32)
    for part in _parts(len(grey)):
        grey[part] = thumbnails[part].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    return grey / np.maximum(np.linalg.norm(grey, axis=(1, 2), keepdims=True), 1e-6)


def _signatures(pictures: np.ndarray) -> np.ndarray:
    """`signatures` of pictures (M, side, side) of `_pictures`."""
    axes, offsets, factors = _grids()
    found = np.empty((len(pictures), GRIDS), np.int64)
    for part in _parts(len(found)):
        cells = np.floor(pictures[part].reshape(-1, len(axes)) @ axes / _CELL + offsets).astype(np.int64)
        # Sums of products that overflow, on purpose, tell cells apart as a hash does.
        found[part] = (cells.reshape(-1, GRIDS, _AXES) * factors).sum(axis=2)
    return found


def _of_one_cell(known: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every (place in `asked`, place in `known`) of equal entries, of each entry the first `_MOST` that are known."""
    order = np.argsort(known, kind="stable")
    first, last = (np.searchsorted(known[order], asked, side=side) for side in ("left", "right"))
    counts = np.minimum(last - first, _MOST)
    place = np.repeat(np.arange(len(asked)), counts)
    within = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    return place, order[first[place] + within]


def _products(own: np.ndarray, place: np.ndarray, known: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The product of the pictures of each pair of rows."""
    products = np.empty(len(place), np.float32)
    for part in _parts(len(place)):
        products[part] = np.einsum("nij,nij->n", own[place[part]], known[other[part]])
    return products


def _parts(count: int) -> Iterator[slice]:
    """Parts of so many rows, whose copies fit the memory that is near."""
    return (slice(start, start + _NEAR) for start in range(0, count, _NEAR))


@cache
def _grids() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Axes (side ** 2, GRIDS * _AXES), offsets of the cells along them, and odd factors (GRIDS, _AXES) int64."""
    draws = stream("signatures")
    axes = draws.standard_normal((THUMBNAIL_SIDE**2, GRIDS * _AXES), np.float32)
    offsets = draws.random(GRIDS * _AXES)
    return axes, offsets, draws.integers(2**62, size=(GRIDS, _AXES)) * 2 + 1
