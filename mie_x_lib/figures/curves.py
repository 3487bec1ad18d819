"""Figures of how trainings went."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from mie_x_lib.figures.canvas import COLOURS, COLUMN, WIDTHS, clear, columns, wrapped

# Columns of a curve that share a panel, each with the style of its lines. This UF1 is not that of a table.
_PANELS = {"loss": {"loss": "-"}, "UF1 in training": {"uf1": "-", "watched_uf1": "--"}}


def training_curves(curves: pd.DataFrame) -> Figure:
    """Loss and UF1 over the epochs: two panels a row of the table, a colour a classifier, and many rows two by two.

    curves: one row an epoch, with row (text, that heads its panels), classifier, run (one a training), epoch, loss, uf1
    (0..1) and, where pairs were watched, watched_uf1. Every training is a thin line, their mean a thick one.
    """
    rows, classifiers = list(dict.fromkeys(curves["row"])), list(dict.fromkeys(curves["classifier"]))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(classifiers)}
    over = columns(_height(len(rows)))
    lines = -(-len(rows) // over)
    figure = Figure(figsize=(WIDTHS[over], _height(lines)), layout=ConstrainedLayoutEngine(h_pad=0.02, w_pad=0.02))
    grid = figure.subplots(lines, over * len(_PANELS), squeeze=False).reshape(-1, len(_PANELS))
    # One scale for every row, so that rows can be compared.
    tops = {"loss": 1.05 * curves["loss"].max(), "UF1 in training": 1.0}
    for row, line in zip(rows, grid, strict=False):
        for panel, (kind, styles) in zip(line, _PANELS.items(), strict=True):
            _panel(panel, curves[curves["row"] == row], styles, colours)
            panel.set_ylabel(kind)
            panel.set_ylim(0, tops[kind])
        # It reaches over both panels.
        line[0].set_title(wrapped(row, 54, 2.75), loc="left")
    for panel in grid[len(rows) :].flat:
        panel.set_axis_off()
    for panel in grid[len(rows) - over : len(rows)].flat:
        panel.set_xlabel("epoch")
    handles = [Line2D([], [], color=colour, label=name) for name, colour in colours.items()]
    handles += [Line2D([], [], color="#808080", linewidth=0.4, label="one training (seed and fold)")]
    handles += [Line2D([], [], color="#808080", label="their mean")]
    if "watched_uf1" in curves and curves["watched_uf1"].notna().any():
        handles += [Line2D([], [], color="#808080", linestyle="--", label="UF1 of watched clips")]
    figure.legend(handles=handles, loc="outside lower center", ncols=3 * over)
    return figure


def _height(lines: int) -> float:
    return 0.6 + 0.85 * lines


def _panel(panel: Axes, curves: pd.DataFrame, styles: dict[str, str], colours: dict[str, str]) -> None:
    clear(panel)
    for classifier, of_classifier in curves.groupby("classifier", sort=False):
        for name, style in styles.items():
            if name not in of_classifier or of_classifier[name].isna().all():
                continue
            runs = of_classifier.pivot_table(index="epoch", columns="run", values=name)
            marker = _marker(runs)
            colour = colours[str(classifier)]
            panel.plot(runs.index, runs, style, color=colour, marker=marker, linewidth=0.4, markersize=2, alpha=0.45)
            panel.plot(runs.index, runs.mean(axis=1), style, color=colour, marker=marker)
    panel.locator_params(axis="x", integer=True, nbins=6, min_n_ticks=1)


def _marker(points: pd.DataFrame) -> str | None:
    """A line through one point has no length."""
    return "." if len(points) == 1 else None


def loss_curves(losses: pd.DataFrame) -> Figure:
    """The terms of the generator's training, a panel each, over its steps.

    losses: one row a step that was logged, with step and a column a term, as `ganimation.training` writes them.
    """
    names = list(losses.columns.drop("step"))
    lines = -(-len(names) // 2)
    figure = Figure(figsize=(COLUMN, 0.3 + 0.9 * lines), layout="constrained")
    panels = figure.subplots(lines, 2, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        clear(panel)
        panel.plot(losses["step"], losses[name], color=COLOURS[0], marker=_marker(losses))
        panel.set_title(name.replace("_", " "), loc="left")
        panel.locator_params(axis="x", integer=True, nbins=4, min_n_ticks=1)
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    for panel in panels[max(0, len(names) - 2) : len(names)]:
        panel.set_xlabel("step")
    return figure
