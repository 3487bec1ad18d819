"""What all figures share: colours, panels, and the file."""

from pathlib import Path
from typing import Literal

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mie_x_lib.files import whole

# Okabe and Ito, "Color universal design", 2008: told apart with every kind of colour blindness.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")

# Figures have no formulas, and names of clips and people may have dollar signs. In a PDF letters stay letters, of fonts
# that journals take.
matplotlib.rcParams |= {"text.parse_math": False, "pdf.fonttype": 42}
# What says when or by what a file was written, by its kind: equal figures are to be equal files.
_UNDATED = {".png": {"Software": None}, ".pdf": {"CreationDate": None, "Producer": None, "Creator": None}}


def save(figure: Figure, *paths: str | Path) -> None:
    """Write a figure to each path, as PNG or PDF by its suffix, whole or not at all; equal figures give equal bytes."""
    for path in paths:
        with whole(path) as part:
            figure.savefig(part, dpi=150, metadata=_UNDATED[Path(path).suffix])


def show(panel: Axes, image: np.ndarray) -> None:
    """Draw an image (H, W, 3) uint8 as it is, without axes."""
    panel.imshow(image, interpolation="nearest")
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set_visible(False)


def magnified(first: np.ndarray, second: np.ndarray, magnification: float) -> np.ndarray:
    """The difference of two images (H, W, 3) uint8 about grey."""
    difference = second.astype(np.float32) - first
    return np.clip(np.rint(128 + magnification * difference), 0, 255).astype(np.uint8)


def clear(panel: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Leave of a panel's frame what helps to read it, with fine lines behind the data."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis=axis, linewidth=0.6, color="#D0D0D0")
    panel.set_axisbelow(True)
