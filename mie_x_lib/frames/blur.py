"""How blurred a picture is."""

import cv2
import numpy as np


def blur(picture: np.ndarray) -> float:
    """How blurred a picture (H, W, 3) uint8 is, from 0, sharp, to 1.

    The share of the variation between neighbours that a further blur leaves, along rows or columns, whichever is more
    (Crete et al., SPIE Human Vision and Electronic Imaging 2007).
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
    left = []
    for axis, kernel in enumerate(((1, 9), (9, 1))):
        variation = np.abs(np.diff(grey, axis=axis))
        after = np.abs(np.diff(cv2.blur(grey, kernel), axis=axis))
        lost = np.maximum(variation - after, 0).sum()
        left.append(1 - lost / max(variation.sum(), 1e-9))
    return float(max(left))
