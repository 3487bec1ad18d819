"""Which photographs are copies of others, found by signature and not by comparing each with all others."""

from collections.abc import Iterable, Iterator
from functools import cache, partial
from math import acos, pi, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mie_x_lib.randomness import stream
from mie_x_lib.shards import read_found

# What is compared of two photographs, as wide as high: all of the picture, since a copy that was compressed or scaled
# moves the box of the face by more than its pixels.
THUMBNAIL_SIDE = 16
# A signature says in which cells of some random grids a thumbnail lies. Of 8,000 drawn portraits with noise all share a
# cell with the portrait where the two correlate by 0.995 or more, and 99.8 % where they do by 0.993; of two different
# portraits, 0.08 % do.
GRIDS = 32
_AXES = 9
_CELL = 0.5
# On which side of the middle of so many axes a thumbnail lies is a bit each. Of a million photographs hundreds share a
# cell with one by chance, but few of them its sides.
_SIDES = 256
# Four entries of a signature, in 16 bits each, make up a column, and so do 64 sides.
_SIGNATURE_COLUMNS = tuple(f"signature_{number}" for number in range(GRIDS // 4))
_SIDE_COLUMNS = tuple(f"sides_{number}" for number in range(_SIDES // 64))
FINGERPRINT = _SIGNATURE_COLUMNS + _SIDE_COLUMNS
# Photographs of one cell whose sides, and whose pictures, are looked at, the first ones: of a thousand times the same
# picture each has the first.
_MOST_SIDES = 1024
_MOST = 64
# Pictures that are worked on at a time.
_NEAR = 4096


def fingerprint_table(thumbnails: np.ndarray) -> pd.DataFrame:
    """Columns `FINGERPRINT`, int64, beside thumbnails (M, side, side, 3) uint8; of what is alike some bits are equal.

    Sources: Datar et al., "Locality-sensitive hashing scheme based on p-stable distributions", SoCG 2004, and for sides
    Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
    """
    prints = _fingerprints(_pictures(thumbnails))
    columns = np.concatenate([_in_short(prints.signatures).view(np.int64), prints.sides], axis=1)
    return pd.DataFrame(columns, columns=list(FINGERPRINT))


def may_have_copies(known: pd.DataFrame, thumbnails: np.ndarray, correlation: float) -> np.ndarray:
    """Which of K photographs some thumbnails, or mirrored ones, may be copies of: (n,) places in `known`, ascending.

    known: K rows with the columns `FINGERPRINT`. thumbnails: (M, side, side, 3) uint8. correlation: of copies, as of
    `first_copies`.
    """
    pictures = _pictures(thumbnails)
    asked = _fingerprints(np.concatenate([pictures, pictures[:, :, ::-1]]))
    # Of pictures that correlate by c so many sides differ, and this is six standard deviations more.
    differing = _SIDES * acos(correlation) / pi
    differing += 6 * sqrt(differing)
    found = np.zeros(len(known), bool)
    for grid, of_asked in enumerate(_in_short(asked.signatures).T):
        entries = np.ascontiguousarray(known[_SIGNATURE_COLUMNS[grid // 4]]).view(np.uint16)[grid % 4 :: 4]
        is_asked = np.zeros(2**16, bool)
        is_asked[of_asked] = True
        # Nearly all are none that is asked for, and to look for each of them in a sorted list takes ten times as long.
        rows = np.flatnonzero(is_asked[entries])
        place, other = _of_one_cell(entries[rows], of_asked, _MOST_SIDES)
        rows = rows[other]
        sides = np.stack([known[name].to_numpy()[rows] for name in _SIDE_COLUMNS], axis=1)
        # Of a signed number NumPy counts the bits of what it is without its sign.
        differ = np.bitwise_count((sides ^ asked.sides[place]).view(np.uint64)).sum(axis=1)
        found[rows[differ <= differing]] = True
    return np.flatnonzero(found)


def read_with_originals(
    paths: Iterable[str | Path], table: pd.DataFrame, thumbnails: np.ndarray, correlation: float
) -> tuple[pd.DataFrame, np.ndarray]:
    """Read which photographs in files some others may be copies of: clips, numbers and thumbnails of all, these last.

    paths: image files of thumbnails with clip, number and the columns of `fingerprint_table`. table, thumbnails: what
    such a file has of the M others. correlation: of copies, as of `first_copies`.
    """
    find = partial(may_have_copies, thumbnails=thumbnails, correlation=correlation)
    found = [read_found(path, FINGERPRINT, find) for path in paths]
    tables, pictures = [known for known, _ in found], [known for _, known in found]
    own = table.drop(columns=list(FINGERPRINT))
    return pd.concat([*tables, own], ignore_index=True), np.concatenate([*pictures, thumbnails])


def first_copies(thumbnails: np.ndarray, rows: np.ndarray, correlation: float) -> np.ndarray:
    """Return for each of some rows the first row before it that shows the same picture, (R,) int, -1 where none does.

    thumbnails: (M, side, side, 3) uint8. Two pictures are the same if they correlate by `correlation`, as they are or
    one of them mirrored.
    """
    pictures = _pictures(thumbnails)
    known, found = _fingerprints(pictures).signatures, np.full(len(rows), len(thumbnails))
    for own in (pictures[rows], pictures[rows, :, ::-1]):
        asked = _fingerprints(own).signatures
        for grid in range(GRIDS):
            place, other = _of_one_cell(known[:, grid], asked[:, grid], _MOST)
            earlier = other < np.minimum(rows, found)[place]
            place, other = place[earlier], other[earlier]
            # Of a picture with itself the sum of 256 rounded products may be a little less than 1.
            alike = _products(own, place, pictures, other) >= correlation - 1e-6
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


class _Fingerprints(NamedTuple):
    """Signatures (M, GRIDS) int32, where what is alike has an entry in common, and sides (M, _SIDES / 64) int64."""

    signatures: np.ndarray
    sides: np.ndarray


def _fingerprints(pictures: np.ndarray) -> _Fingerprints:
    """Fingerprints of pictures (M, side, side) of `_pictures`."""
    axes, offsets, factors = _grids()
    signatures = np.empty((len(pictures), GRIDS), np.int32)
    sides = np.empty((len(pictures), _SIDES // 8), np.uint8)
    for part in _parts(len(pictures)):
        along = pictures[part].reshape(-1, len(axes)) @ axes
        cells = np.floor(along / _CELL + offsets).astype(np.int64)
        # Sums of products that overflow, on purpose, tell cells apart as a hash does, their upper half best.
        signatures[part] = (cells.reshape(-1, GRIDS, _AXES) * factors).sum(axis=2) >> 32
        sides[part] = np.packbits(along[:, :_SIDES] > 0, axis=1)
    return _Fingerprints(signatures, sides.view(np.int64))


def _in_short(signatures: np.ndarray) -> np.ndarray:
    """The upper halves of signatures, uint16, which are enough where sides are compared too."""
    return (signatures >> 16).astype(np.uint16)


def _of_one_cell(known: np.ndarray, asked: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Every (place in `asked`, place in `known`) of equal entries, of each entry the first `most` that are known."""
    order = np.argsort(known, kind="stable")
    first, last = (np.searchsorted(known[order], asked, side=side) for side in ("left", "right"))
    counts = np.minimum(last - first, most)
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
