"""Onset and apex of a clip that lacks their annotation.

The feature difference analysis of Moilanen, Zhao and Pietikäinen (ICPR 2014; Li et al., IEEE Transactions on Affective
Computing 2018): local binary patterns of 6 x 6 blocks of the face, the chi-squared distance of each block to the
average of the face before and after the expression, and the mean of the third of the blocks that differ most. Here the
average is that of the clip's ends, so that a head which wanders slowly from one to the other does not count, and the
row of blocks with the eyes is left out, so that a blink is not taken for the apex.
"""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

# What `spot_*` expects: crops at the face box without margin, of this many pixels.
SPOTTING_SIDE = 98
BLOCKS = 6
EYE_ROW = 2
# Grey levels by which a neighbour may be darker and still count as equal, against sensor noise on even skin (Heikkilä
# and Pietikäinen, IEEE TPAMI 2006).
TOLERANCE = 1
# Frames averaged at each end, and width of the smoothing over time as a share of the clip: both against sensor noise.
END_FRAMES = 2
SMOOTHING = 1 / 12
# A micro-expression has begun where the difference has risen by this share of the way to its peak.
BEGUN = 0.3


def face_difference(crops: np.ndarray) -> np.ndarray:
    """How much the face of each frame differs from the one at the ends of the clip: (n,) float64, smoothed over time.

    crops: (n, SPOTTING_SIDE, SPOTTING_SIDE, 3) uint8 RGB, all cut at one face box without margin, from a clip that
    begins and ends at rest.
    """
    patterns = np.stack([_block_patterns(crop) for crop in crops])
    rest = (patterns[:END_FRAMES].mean(axis=0) + patterns[-END_FRAMES:].mean(axis=0)) / 2
    distances = ((patterns - rest) ** 2 / np.maximum(patterns + rest, 1e-9)).sum(axis=-1)
    counted = distances.shape[1] // 3
    return gaussian_filter1d(
        np.sort(distances, axis=1)[:, -counted:].mean(axis=1), SMOOTHING * len(crops), mode="nearest"
    )


def spot_apex(crops: np.ndarray) -> int:
    """The index of the apex, the frame that differs most from the ends; crops as for `face_difference`."""
    return int(np.argmax(face_difference(crops)))


def spot_onset(crops: np.ndarray, apex: int) -> int:
    """The index of the last frame in which the expression has not begun; crops as for `face_difference`."""
    curve = face_difference(crops)[: apex + 1]
    floor = curve.min()
    return int(np.flatnonzero(curve <= floor + BEGUN * (curve[apex] - floor))[-1]) if apex else 0


def _block_patterns(crop: np.ndarray) -> np.ndarray:
    """Histograms of local binary patterns (Ojala et al., 2002; 8 neighbours at distance 1): (blocks, 256) float64."""
    grey = cv2.GaussianBlur(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1)
    inner = SPOTTING_SIDE - 2
    centre = grey[1:-1, 1:-1]
    codes = np.zeros(centre.shape, np.uint8)
    for bit, (y, x) in enumerate(((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))):
        codes |= (grey[y : y + inner, x : x + inner] >= centre - TOLERANCE).astype(np.uint8) << bit
    side = inner // BLOCKS
    blocks = codes.reshape(BLOCKS, side, BLOCKS, side).swapaxes(1, 2)
    blocks = np.delete(blocks, EYE_ROW, axis=0).reshape(-1, side * side)
    return np.stack([np.bincount(block, minlength=256) for block in blocks]).astype(np.float64)
