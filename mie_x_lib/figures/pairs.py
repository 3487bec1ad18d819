"""Contact sheets of rendered pairs."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import COLOURS, COLUMN, MAGNIFICATION, magnified
from mie_x_lib.terms import AU_NAMES

# In inches: side of a picture, the white between pictures, a line of text, where pictures begin, and where action
# units begin and end.
_SIDE, _GAP, _LINE, _LEFT, _UNITS = 0.42, 0.02, 0.11, 0.03, (2.08, COLUMN - 0.03)
# Points by which every other name of an action unit stands higher.
_STEP = 17
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
) -> Figure:
    """Contact sheet of rendered pairs, one a row: photograph, onset, apex, their difference magnified about grey, and
    the change of action units that was asked for beside the one measured.

    photographs: (N, H, W, 3) uint8, pairs: (N, 2, H, W, 3) uint8. wanted, measured: (N, 17) change of the intensities,
    -1..1, NaN where no face was found. names, colours: N texts above the rows, and their colours.
    """
    row_high = _LINE + _SIDE + _GAP
    height = 0.65 + len(pairs) * row_high + 0.2
    bottom, high = 0.2 / height, len(pairs) * row_high / height
    figure = Figure(figsize=(COLUMN, height))
    pictures = figure.add_axes((_LEFT / COLUMN, bottom, 4 * (_SIDE + _GAP) / COLUMN, high))
    units = figure.add_axes((_UNITS[0] / COLUMN, bottom, (_UNITS[1] - _UNITS[0]) / COLUMN, high))
    _show_rows(pictures, photographs, pairs)
    for row, (name, colour) in enumerate(zip(names, colours, strict=True)):
        place = 1 - (row + 0.06) / len(pairs)
        pictures.text(0, place, name, transform=pictures.transAxes, va="top", color=colour)
    _show_units(units, wanted, measured)
    figure.text(_LEFT / COLUMN, 1 - 0.1 / height, title, fontsize=7, fontweight="bold", va="center")
    figure.legend(loc="lower center", ncols=2)
    return figure


def _show_rows(panel: Axes, photographs: np.ndarray, pairs: np.ndarray) -> None:
    """All pictures in one array, each row below the room of its name: a panel for each would take seconds."""
    rows = [
        [photo, onset, apex, magnified(onset, apex)] for photo, (onset, apex) in zip(photographs, pairs, strict=True)
    ]
    height, width = photographs.shape[1:3]
    named, gap = (max(round(inches / _SIDE * height), 1) for inches in (_LINE + _GAP, _GAP))
    sheet = np.full((len(rows) * (named + height), 4 * (width + gap), 3), 255, np.uint8)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            bottom, left = (row + 1) * (named + height), column * (width + gap)
            sheet[bottom - height : bottom, left : left + width] = picture
    panel.imshow(sheet, interpolation="bicubic", aspect="auto")
    panel.spines[:].set_visible(False)
    panel.set_yticks([])
    columns = ("photo-\ngraph", "onset", "apex", f"difference\n×{MAGNIFICATION}")
    panel.set_xticks([column * (width + gap) + width / 2 for column in range(4)], columns)
    panel.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False, pad=1)


def _show_units(panel: Axes, wanted: np.ndarray, measured: np.ndarray) -> None:
    """Bars of all pairs in one panel, each pair about a line of its own, on one scale."""
    low = np.nanmin([wanted, measured], initial=-0.01)
    high = np.nanmax([wanted, measured], initial=0.01)
    height = _ROW / (high - low)
    lines = np.arange(len(wanted))[:, None] + (1 - _ROW) / 2 + height * high
    places = np.broadcast_to(np.arange(len(AU_NAMES)), wanted.shape)
    told = "measured on the render" if np.isfinite(measured).any() else "not measured on these renders"
    for values, shift, colour, name in (
        (wanted, -0.19, COLOURS[4], "action units asked for"),
        (measured, 0.19, COLOURS[0], told),
    ):
        # Upwards is a rise, and rows count downwards.
        ends = lines - height * values
        starts = np.broadcast_to(lines, ends.shape)
        panel.vlines((places + shift).ravel(), starts.ravel(), ends.ravel(), color=colour, linewidth=1.8, label=name)
    panel.hlines(lines.ravel(), -0.6, len(AU_NAMES) - 0.4, color="#808080", linewidth=0.5)
    panel.hlines(range(1, len(wanted)), -0.6, len(AU_NAMES) - 0.4, color="#E4E4E4", linewidth=0.5, zorder=0)
    panel.set(xlim=(-0.6, len(AU_NAMES) - 0.4), ylim=(len(wanted), 0))
    panel.set_xticks(range(len(AU_NAMES)), [f"AU{int(name[2:])}" for name in AU_NAMES], rotation=90)
    panel.tick_params(length=0, labeltop=True, labelbottom=False, pad=1)
    # Side by side they have no room.
    for tick in panel.xaxis.get_major_ticks()[1::2]:
        tick.set_pad(_STEP)
    scale = [place - height * value for place in lines.ravel() for value in (high, 0)]
    panel.set_yticks(scale, [f"{high:+.2f}", "0"] * len(wanted), color="#606060")
    panel.spines[:].set_visible(False)
