"""Onset and apex of a clip that lacks their annotation.

The feature difference analysis of Moilanen, Zhao and Pietikäinen (ICPR 2014; Li et al., IEEE Transactions on Affective
Computing 2018): local binary patterns of 6 x 6 blocks of the face, the chi-squared distance of each block to the
average of the face before and after the expression, and the mean of the third of the blocks that differ most. Before
and after is `REACH` frames away, or at the ends of the clip where they are nearer, so that a head which wanders slowly
does not count; and the row of blocks with the eyes is left out, so that a blink is not taken for the apex.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import cv2
import numpy as np

# What `spot_*` expects: crops at the face box without margin, of this many pixels.
SPOTTING_SIDE = 98
BLOCKS = 6
EYE_ROW = 2
# Grey levels by which a neighbour may be darker and still count as equal, against sensor noise on even skin (Heikkilä
# and Pietikäinen, IEEE TPAMI 2006).
TOLERANCE = 1
# Half of the longest micro-expression, 0.5 s, at the 200 frames a second of CASME II and SAMM. Where there are fewer
# frames a second, longer expressions are found too.
REACH = 50
# Frames averaged before and after, and width of the smoothing over time as a share of the clip, or of REACH where the
# clip is longer: both against sensor noise.
END_FRAMES = 2
SMOOTHING = 1 / 12
# A micro-expression has begun where the difference has risen by this share of the way to its peak.
BEGUN = 0.3
# Another expression stands out by this share of what the strongest rises above REST, a level that the difference at
# rest does not go below for long; chosen on simulated people filmed for up to 360 frames, none of whom a set draws.
PROMINENCE = 0.5
REST = 1 / 3


def face_difference(crops: Iterable[np.ndarray]) -> np.ndarray:
    """How much the face of each frame differs from the one before and after: (n,) float64, smoothed over time.

    crops: n of (SPOTTING_SIDE, SPOTTING_SIDE, 3) uint8 RGB, taken one at a time, all cut at one face box without
    margin, from a clip that begins and ends at rest.
    """
    # SciPy takes longer to load than the crops of a set to cut whose apexes are all annotated.
    from scipy.ndimage import gaussian_filter1d

    curve = np.array([_difference(*patterns) for patterns in _with_neighbours(map(_block_patterns, crops))])
    return gaussian_filter1d(curve, SMOOTHING * min(len(curve), REACH), mode="nearest")


def spot_apex(curve: np.ndarray) -> int:
    """The index of the apex, the frame that differs most; curve: (n,) of `face_difference`."""
    return int(np.argmax(curve))


def spot_onset(curve: np.ndarray, apex: int) -> int:
    """The index of the last frame before the apex in which the expression has not begun; curve as for `spot_apex`."""
    first = max(apex - REACH, 0)
    rise = curve[first : apex + 1]
    floor = rise.min()
    return first + int(np.flatnonzero(rise <= floor + BEGUN * (curve[apex] - floor))[-1])


def spot_expressions(curve: np.ndarray) -> list[int]:
    """The apexes of all expressions that stand out, at least half of REACH apart; curve as for `spot_apex`."""
    from scipy.signal import find_peaks

    # Lower ends make a peak of an expression that is cut off there.
    ended = np.pad(curve, 1, constant_values=curve.min())
    least = PROMINENCE * (curve.max() - np.quantile(curve, REST))
    return [int(peak) - 1 for peak in find_peaks(ended, prominence=least, distance=REACH // 2)[0]]


def _with_neighbours(
    patterns: Iterable[np.ndarray],
) -> Iterator[tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]]:
    """Each pattern, with the END_FRAMES that begin REACH before it and those that end REACH after it.

    At the ends of the clip, where it is nearer. A video may have 100,000 frames: no more patterns are held than lie
    between the two.
    """
    coming = iter(patterns)
    near, place = deque(islice(coming, REACH + 1)), 0
    while place < len(near):
        yield near[place], list(islice(near, END_FRAMES)), list(near)[-END_FRAMES:]
        near.extend(islice(coming, 1))
        if place == REACH:
            near.popleft()
        else:
            place += 1


def _difference(pattern: np.ndarray, before: list[np.ndarray], after: list[np.ndarray]) -> float:
    rest = (np.mean(before, axis=0) + np.mean(after, axis=0)) / 2
    distances = ((pattern - rest) ** 2 / np.maximum(pattern + rest, 1e-9)).sum(axis=-1)
    return float(np.sort(distances)[-(len(distances) // 3) :].mean())


def _block_patterns(crop: np.ndarray) -> np.ndarray:
    """Histograms of local binary patterns (Ojala et al., 2002; 8 neighbours at distance 1): (blocks, 256) int16."""
    grey = cv2.GaussianBlur(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)
    inner = SPOTTING_SIDE - 2
    centre = grey[1:-1, 1:-1]
    codes = np.zeros(centre.shape, np.uint8)
    for bit, (y, x) in enumerate(((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))):
        codes |= (grey[y : y + inner, x : x + inner] >= centre - TOLERANCE).astype(np.uint8) << bit
    side = inner // BLOCKS
    blocks: np.ndarray = codes.reshape(BLOCKS, side, BLOCKS, side).swapaxes(1, 2)
    blocks = np.delete(blocks, EYE_ROW, axis=0).reshape(-1, side * side)
    return np.stack([np.bincount(block, minlength=256) for block in blocks]).astype(np.int16)
