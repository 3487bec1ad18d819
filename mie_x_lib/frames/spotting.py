"""Where a clip moves most: its apex frame, and its onset frame."""

import cv2
import numpy as np

# The grid of Li et al.: 6 x 6 blocks, of which the third that moves most counts.
BLOCKS = 6
COUNTED = BLOCKS * BLOCKS // 3
WORKING_SIDE = 96


def movement(crops: np.ndarray, reference: int = 0) -> np.ndarray:
    """How far the face of each frame has moved from the one of frame `reference`: (n,) float64, working pixels.

    crops: (n, H, W, 3) uint8 RGB, cut at one box.
    """
    greys = [
        cv2.cvtColor(cv2.resize(crop, (WORKING_SIDE, WORKING_SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for crop in crops
    ]
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    block = WORKING_SIDE // BLOCKS
    curve = np.zeros(len(greys))
    for index, grey in enumerate(greys):
        field = flow.calc(greys[reference], grey, None)
        # The median is the motion of the head as a whole.
        field = field - np.median(field, axis=(0, 1))
        size = np.hypot(field[..., 0], field[..., 1])
        means = size.reshape(BLOCKS, block, BLOCKS, block).mean(axis=(1, 3))
        curve[index] = np.sort(means, axis=None)[-COUNTED:].mean()
    return curve


def spot_apex(crops: np.ndarray) -> int:
    """The index of the apex among the frames from onset to offset: crops (n, H, W, 3) uint8 RGB, cut at one box."""
    return int(np.argmax(movement(crops)))


def spot_onset(crops: np.ndarray, apex: int) -> int:
    """The index of the last frame before `apex` in which the face has hardly begun to move."""
    curve = movement(crops)[: apex + 1]
    return int(np.flatnonzero(curve <= 0.2 * curve[apex])[-1])
