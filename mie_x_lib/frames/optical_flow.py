"""Dense optical flow between two frames of a face."""

import cv2
import numpy as np


def optical_flow(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return how far each pixel moves to the right and down, (H, W, 2) float32, between two pictures (H, W) uint8.

    Farnebäck, "Two-frame motion estimation based on polynomial expansion", SCIA 2003. H and W at least 4.
    """
    return cv2.calcOpticalFlowFarneback(  # type: ignore[call-overload]  # the stubs want a picture for None
        before,
        after,
        None,
        pyr_scale=0.5,
        levels=3,
        # An eighth of the picture: wide enough for a cheek without texture, narrower than a brow is from an eye.
        winsize=max(before.shape[0] // 8, 5),
        iterations=3,
        poly_n=5,
        poly_sigma=1.1,
        flags=0,
    )
