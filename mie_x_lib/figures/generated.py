"""Figure of what a generator makes of clips that it does not learn from."""

import numpy as np
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import COLUMN, show

# What stands side by side in a row of `ganimation.training`, which magnifies changes.
_NAMES = ("source", "target", "made", "target −\nsource, ×4", "made −\nsource, ×4")
# Inches above the pictures, for their names.
_HEAD = 0.27


def generated_samples(grid: np.ndarray) -> Figure:
    """Held-out samples, a row each, under the names of their columns; grid: (rows * H, 5 * W, 3) uint8."""
    high = COLUMN * grid.shape[0] / grid.shape[1]
    figure = Figure(figsize=(COLUMN, high + _HEAD))
    panel = figure.add_axes((0, 0, 1, high / (high + _HEAD)))
    show(panel, grid)
    for number, name in enumerate(_NAMES):
        place = (number + 0.5) / len(_NAMES)
        panel.annotate(name, (place, 1), (0, 3), "axes fraction", "offset points", ha="center", va="bottom")
    return figure
