"""How a face moves from onset to apex."""

import cv2
import numpy as np

from mie_x_lib.frames.optical_flow import optical_flow

# Cells of the coarse grid along each side: brows, eyes, cheeks and mouth fall into different rows.
GRID = 4


def motion_grid(pairs: np.ndarray) -> np.ndarray:
    """Return the mean length of the movement in each cell of a 4 x 4 grid, in percent of the picture's side: (N, 16).

    pairs: (N, 2, H, W, 3) uint8, onset then apex. Dense optical flow of grey values, cells row by row. H and W
    at least 4.
    """
    height, width = pairs.shape[2:4]
    grids = np.empty((len(pairs), GRID * GRID))
    for pair, grid in zip(pairs, grids, strict=True):
        onset, apex = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in pair)
        flow = optical_flow(onset, apex)
        length = 100 * np.hypot(flow[..., 0] / width, flow[..., 1] / height).astype(np.float32)
        grid[:] = cv2.resize(length, (GRID, GRID), interpolation=cv2.INTER_AREA).ravel()
    return grids
