"""Figure of what renders are worth, over all sources."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mie_x_lib.figures.canvas import COLOURS, SMALLEST, WIDTHS, clear, columns
from mie_x_lib.quality.rows import ALL
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES

# Measure to the title of its panel. Beside a distance stands that between halves of the real clips, and beside the
# strength that of drawn faces.
_PANELS = {
    "au_strength": "AU strength\n(asked for = 1)",
    "sharpness": "sharpness\n(photograph = 1)",
    "change_p95": "change, 95th percentile\n(grey levels)",
    "border_change": "change at the border\n(grey levels)",
    "checkerboard": "checkerboard\n(grey levels)",
    "effective_clips": "effective number\nof source clips",
    "au_wasserstein": "AU change:\ndistance to real clips",
    "motion_wasserstein": "motion: distance to\nreal clips (% of side)",
}
# Of these, 1 is what a render should have.
_BEST_AT_ONE = ("au_strength", "sharpness")
# Column to the marker of what stands beside a measure.
_BESIDE = {"{}_real": "|", "{}_drawn": "x"}
# Inches of a row of points and of the heat map, and of a letter of a name.
_ROW, _CELL, _LETTER = 0.13, 0.125, 0.047
# In a column of a page: panels side by side, the most columns of the heat map whose numbers have room, and the letters
# of a line.
_ACROSS, _MOST, _LINE = 2, 20, 76


def quality_panels(quality: pd.DataFrame) -> Figure:
    """AU fidelity as a heat map of sources and action units, and below the other measures, a point a label.

    quality: rows of `quality.rows.with_drawn_figures` with id_source and au_source. Below the fidelity of renders
    stands that of faces drawn with the action units asked for, where there is one. What is empty is explained by the
    rows' remarks.
    """
    total = quality[quality["label"] == ALL]
    names = [f"{row.id_source} × {row.au_source}" for row in total.itertuples()]
    keys = list(total[["id_source", "au_source"]].itertuples(index=False, name=None))
    fidelity = _fidelity(total, names)
    longest = max(map(len, fidelity.index))
    remarks = [f"{text}." for text in dict.fromkeys(quality["au_remark"].dropna()) if text]

    def said(over: int) -> str:
        return "\n".join(fill(remark, over * _LINE) for remark in remarks)

    def heights(over: int) -> tuple[float, float]:
        down = len(_PANELS) // (over * _ACROSS)
        points = 0.35 + down * (0.4 + _ROW * len(names)) + 0.1 * len(said(over).splitlines())
        return 0.5 + _CELL * (1 + len(AU_NAMES)) + _LETTER * longest, points

    over = columns(sum(heights(1)))
    figure = Figure(figsize=(WIDTHS[over], sum(heights(over))), layout="constrained")
    upper, lower = figure.subfigures(2, 1, squeeze=False, height_ratios=heights(over)).ravel()
    _heat_map(upper, fidelity, over * _MOST)
    panels = lower.subplots(len(_PANELS) // (over * _ACROSS), over * _ACROSS, sharey=True, squeeze=False)
    for panel, (measure, title) in zip(panels.flat, _PANELS.items(), strict=True):
        _points(panel, quality, keys, measure)
        panel.set_title(title, loc="left", fontsize=SMALLEST)
    for panel in panels[:, 0]:
        panel.set_yticks(range(len(names)), names)
        panel.set_ylim(len(names) - 0.5, -0.5)
    handles = [_mark("o", colour, label) for colour, label in zip(COLOURS, LABEL_NAMES, strict=False)]
    handles.append(_mark("|", "black", "two halves of the real clips"))
    if len(fidelity) > len(names):
        handles.append(_mark("x", "black", "drawn faces"))
    lower.legend(handles=handles, loc="outside lower center", ncols=3 * over)
    if remarks:
        lower.suptitle(said(over), fontsize=SMALLEST, x=0.01, ha="left")
    return figure


def _fidelity(total: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Fidelity of the mean and of each unit, a row a pair of sources, and a row below it of drawn faces."""
    columns = ["au_fidelity", *AU_NAMES]
    rows = {}
    for name, (_, row) in zip(names, total.iterrows(), strict=True):
        rows[name] = row[columns].to_numpy(float)
        drawn = row[[f"{column}_drawn" for column in columns]].to_numpy(float)
        if not np.isnan(drawn).all():
            rows[f"drawn, {name}"] = drawn
    return pd.DataFrame.from_dict(rows, orient="index")


def _heat_map(figure: SubFigure, fidelity: pd.DataFrame, most: int) -> None:
    """Draw it, with numbers in up to `most` columns."""
    panel = figure.subplots()
    values = fidelity.to_numpy().T
    panel.imshow(values, vmin=0, vmax=1, cmap="YlGnBu", aspect="auto")
    # A white line between the mean and the units.
    panel.axhline(0.5, color="white", linewidth=2)
    for row, column in np.ndindex(values.shape if values.shape[1] <= most else (0, 0)):
        value = float(values[row, column])
        text, colour = ("–", "#909090") if np.isnan(value) else (_decimals(value), "white" if value > 0.6 else "black")
        panel.text(column, row, text, ha="center", va="center", color=colour)
    panel.set_yticks(range(len(values)), ["mean", *(f"AU{int(name[2:])}" for name in AU_NAMES)])
    panel.set_xticks(range(values.shape[1]), fidelity.index, rotation=90)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)
    figure.suptitle(
        "Action unit fidelity: correlation of the change asked for and\n"
        "measured, on renders and on faces drawn with it",
        fontsize=6.5,
        x=0.01,
        ha="left",
    )


def _decimals(value: float) -> str:
    """Two decimals, without the 0 before them, for which there is no room."""
    return f"{value:.2f}".replace("0.", ".", 1)


def _mark(marker: str, colour: str, label: str) -> Line2D:
    return Line2D([], [], marker=marker, color=colour, linestyle="none", markersize=3, label=label)


def _points(panel: Axes, quality: pd.DataFrame, keys: list[tuple[str, str]], measure: str) -> None:
    clear(panel, axis="x")
    smallest, largest = quality.loc[quality["label"] != ALL, measure].agg(["min", "max"])
    for number, label in enumerate(LABEL_NAMES):
        rows = quality[quality["label"] == label].set_index(["id_source", "au_source"]).loc[keys]
        places = np.arange(len(keys)) + 0.25 * (number - 1)
        panel.scatter(rows[measure], places, s=5, color=COLOURS[number], zorder=3)
        for column, marker in _BESIDE.items():
            if (name := column.format(measure)) in rows:
                panel.scatter(rows[name], places, s=9, linewidth=0.7, color=COLOURS[number], marker=marker, zorder=2)
                smallest, largest = pd.Series([smallest, largest, *rows[name]]).agg(["min", "max"])
    if measure in _BEST_AT_ONE:
        panel.axvline(1, color="black", linewidth=0.6, linestyle=":")
        largest = max(largest, 1)
    if quality[measure].isna().all():
        panel.text(0.5, 0.5, "empty", transform=panel.transAxes, ha="center", va="center", color="#909090")
    if np.isfinite(largest):
        # A strength is negative where a generator moves units the wrong way.
        panel.set_xlim(min(0, 1.06 * smallest), 1.06 * max(largest, 0) or 1)
    panel.xaxis.set_major_locator(MaxNLocator(3))
