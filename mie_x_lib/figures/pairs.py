"""Contact sheets of rendered pairs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import COLOURS, magnified
from mie_x_lib.terms import AU_NAMES

# In inches: side of a picture, width of the names left of it, and of the action units right of it.
_SIDE, _NAMES, _UNITS = 1.1, 1.2, 5.4
# White between pictures, as a share of their side.
_GAP = 0.05
# Height of the bars' range as a share of the row's.
_ROW = 0.9


def choose_pairs(labels: pd.Series, count: int) -> np.ndarray:
    """Return the rows of `count` pairs of each label, sorted by label, of other people each.

    labels: of the samples of a shard in their order, in which every person shows each label.
    """
    turns = labels.groupby(labels.to_numpy()).cumcount() - labels * count
    chosen = np.flatnonzero((turns >= 0) & (turns < count))
    return chosen[np.argsort(labels.to_numpy()[chosen], kind="stable")]


def pairs_sheet(
    photographs: np.ndarray,
    pairs: np.ndarray,
    wanted: np.ndarray,
    measured: np.ndarray,
    names: Sequence[str],
    colours: Sequence[str],
    title: str,
    magnification: float = 4,
) -> Figure:
    """Contact sheet of rendered pairs, one a row: photograph, onset, apex, their difference magnified about grey, and
    the change of action units that was asked for beside the one measured.

    photographs: (N, H, W, 3) uint8, pairs: (N, 2, H, W, 3) uint8. wanted, measured: (N, 17) change of the intensities,
    -1..1, NaN where no face was found. names, colours: N texts left of the rows, and their colours.
    """
    count = len(pairs)
    figure = Figure(figsize=(_NAMES + 4 * _SIDE * (1 + _GAP) + _UNITS, 1.2 + count * _SIDE * (1 + _GAP)))
    width, height = figure.get_size_inches()
    bottom, top = 0.5 / height, 1 - 0.7 / height
    pictures_end = (_NAMES + 4 * _SIDE * (1 + _GAP)) / width
    pictures = figure.add_axes((_NAMES / width, bottom, pictures_end - _NAMES / width, top - bottom))
    units = figure.add_axes((pictures_end + 0.45 / width, bottom, 1 - pictures_end - 0.6 / width, top - bottom))
    _show_rows(pictures, photographs, pairs, magnification)
    for row, (name, colour) in enumerate(zip(names, colours, strict=True)):
        place = (-0.015, 1 - (row + 0.5) / count)
        pictures.text(*place, name, transform=pictures.transAxes, ha="right", va="center", fontsize=9, color=colour)
    _show_units(units, wanted, measured)
    figure.text(0.12 / width, 1 - 0.27 / height, title, fontsize=12, fontweight="bold", va="center")
    return figure


def _show_rows(panel: Axes, photographs: np.ndarray, pairs: np.ndarray, magnification: float) -> None:
    """All pictures in one array: a panel for each would take seconds."""
    rows = [
        [photo, onset, apex, magnified(onset, apex, magnification)]
        for photo, (onset, apex) in zip(photographs, pairs, strict=True)
    ]
    height, width = photographs.shape[1:3]
    gap = max(round(_GAP * height), 1)
    sheet = np.full((len(rows) * (height + gap), 4 * (width + gap), 3), 255, np.uint8)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            top, left = row * (height + gap) + gap // 2, column * (width + gap) + gap // 2
            sheet[top : top + height, left : left + width] = picture
    panel.imshow(sheet, interpolation="bicubic", aspect="auto")
    panel.spines[:].set_visible(False)
    panel.set_yticks([])
    columns = ("photograph", "onset", "apex", f"difference ×{magnification:g}")
    panel.set_xticks([(column + 0.5) * (width + gap) for column in range(4)], columns, fontsize=9)
    panel.tick_params(bottom=False, labeltop=True, labelbottom=False, pad=1)


def _show_units(panel: Axes, wanted: np.ndarray, measured: np.ndarray) -> None:
    """Bars of all pairs in one panel, each pair about a line of its own, on one scale."""
    low = np.nanmin([wanted, measured], initial=-0.01)
    high = np.nanmax([wanted, measured], initial=0.01)
    height = _ROW / (high - low)
    lines = np.arange(len(wanted))[:, None] + (1 - _ROW) / 2 + height * high
    places = np.broadcast_to(np.arange(len(AU_NAMES)), wanted.shape)
    for values, shift, colour, name in (
        (wanted, -0.19, COLOURS[4], "change of action units asked for"),
        (measured, 0.19, COLOURS[0], "measured on the render"),
    ):
        # Upwards is a rise, and rows count downwards.
        ends = lines - height * values
        starts = np.broadcast_to(lines, ends.shape)
        panel.vlines((places + shift).ravel(), starts.ravel(), ends.ravel(), color=colour, linewidth=5.4, label=name)
    panel.hlines(lines.ravel(), -0.6, len(AU_NAMES) - 0.4, color="#808080", linewidth=0.7)
    panel.hlines(range(1, len(wanted)), -0.6, len(AU_NAMES) - 0.4, color="#E4E4E4", linewidth=0.8, zorder=0)
    panel.set(xlim=(-0.6, len(AU_NAMES) - 0.4), ylim=(len(wanted), 0))
    panel.set_xticks(range(len(AU_NAMES)), [f"AU{int(name[2:])}" for name in AU_NAMES], fontsize=6.5)
    panel.tick_params(length=0, labeltop=True, pad=2)
    scale = [place - height * value for place in lines.ravel() for value in (high, 0)]
    panel.set_yticks(scale, [f"{high:+.2f}", "0"] * len(wanted), fontsize=6.5, color="#606060")
    panel.spines[:].set_visible(False)
    panel.legend(loc="lower right", bbox_to_anchor=(1.01, 1.014), ncols=2, frameon=False, fontsize=9, handlelength=0.9)
