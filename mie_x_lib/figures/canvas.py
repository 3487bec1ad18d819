"""What all figures share: colours, panels, and the file."""

import logging
from pathlib import Path
from textwrap import fill
from typing import Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from mie_x_lib.figures import fonts
from mie_x_lib.files import whole

log = logging.getLogger(__name__)

# Okabe and Ito, "Color universal design", 2008: told apart with every kind of colour blindness.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")

# In inches: figures are as wide as a column of a paper, 8.5 cm, in which their PDF then stands as it is, or as two with
# what parts them; and a page of A4 leaves so much of its height.
COLUMN = 8.5 / 2.54
WIDTHS = {1: COLUMN, 2: 17.5 / 2.54}
PAGE = 24 / 2.54
# In points: no text is smaller.
SMALLEST = 6
# How many times a difference is magnified where it is shown.
MAGNIFICATION = 4
# Figures have no formulas, and names of clips and people may have dollar signs. In a PDF letters stay letters, of fonts
# that journals take.
matplotlib.rc("text", parse_math=False)
matplotlib.rc("pdf", fonttype=42)
matplotlib.rc("font", size=SMALLEST)
matplotlib.rc("figure", titlesize=7)
matplotlib.rc("axes", titlesize=6.5, labelsize=SMALLEST, linewidth=0.5, titlepad=3, labelpad=2)
matplotlib.rc("legend", fontsize=SMALLEST, frameon=False, handlelength=1.4)
matplotlib.rc("xtick", labelsize=SMALLEST)
matplotlib.rc("ytick", labelsize=SMALLEST)
matplotlib.rc("xtick.major", width=0.5, size=2, pad=2)
matplotlib.rc("ytick.major", width=0.5, size=2, pad=2)
matplotlib.rc("lines", linewidth=1)
matplotlib.rc("hatch", linewidth=0.6)
# Letters that a warning names.
_NAMED = 20
# What says when or by what a file was written, by its kind: equal figures are to be equal files.
_UNDATED = {".png": {"Software": None}, ".pdf": {"CreationDate": None, "Producer": None, "Creator": None}}


def save(figure: Figure, *paths: str | Path) -> None:
    """Write a figure to each path, as PNG or PDF by its suffix, whole or not at all; equal figures give equal bytes.

    Letters that the font of the figures lacks are drawn with installed fonts; one line tells what these lack too.
    """
    lacking = sorted(fonts.complete(figure))
    if lacking:
        named = " ".join(lacking[:_NAMED]) + (f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else "")
        log.warning(
            f"{' and '.join(map(str, paths))}: no installed font has {named}, in whose place are boxes; install one "
            "that does, such as Noto Sans CJK for Chinese, Japanese and Korean, delete the figure and run again"
        )
    for path in paths:
        with whole(path) as part, fonts.quiet():
            figure.savefig(part, dpi=300, metadata=_UNDATED[Path(path).suffix])


def error_bars(values: pd.Series, low: pd.Series, high: pd.Series) -> np.ndarray:
    """Lengths (2, n) downwards and upwards; a value outside its own interval, if by rounding, has none on that side."""
    return np.maximum([values - low, high - values], 0)


def columns(height: float) -> int:
    """Over how many columns of a page a figure stands that would be so high, in inches, in one of them."""
    return 1 if height <= PAGE else 2


def wrapped(text: str, letters: int, inches: float) -> str:
    """A text of the smallest size in lines of so many letters, or of fewer where these are wide."""
    lines = fill(text, letters)
    while letters > 1 and max(map(width_of, lines.splitlines()), default=0) > inches:
        letters -= 1
        lines = fill(text, letters)
    return lines


def width_of(line: str) -> float:
    """Inches of a line of the smallest size."""
    with fonts.quiet():
        points, *_ = text_to_path.get_text_width_height_descent(line, FontProperties(size=SMALLEST), ismath=False)
    return points / 72


def show(panel: Axes, image: np.ndarray) -> None:
    """Draw an image (H, W, 3) uint8 as it is, without axes."""
    panel.imshow(image, interpolation="nearest")
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set_visible(False)


def magnified(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The difference of two images (H, W, 3) uint8 about grey, MAGNIFICATION times as large."""
    difference = second.astype(np.float32) - first
    return np.clip(np.rint(128 + MAGNIFICATION * difference), 0, 255).astype(np.uint8)


def clear(panel: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Leave of a panel's frame what helps to read it, with fine lines behind the data."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis=axis, linewidth=0.4, color="#D0D0D0")
    panel.set_axisbelow(True)
