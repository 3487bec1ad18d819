"""Figures of how trainings went."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from mie_x_lib.figures.canvas import COLOURS, clear

# Columns of a curve that share a panel, with what the panel is named.
_PANELS = {"loss": ("loss",), "UF1": ("uf1", "watched_uf1")}
_SHOWN = {"loss": (COLOURS[0], "loss"), "uf1": (COLOURS[0], "UF1"), "watched_uf1": (COLOURS[5], "UF1 of watched clips")}


def training_curves(curves: pd.DataFrame) -> Figure:
    """Loss and UF1 over the epochs: a line of panels a row of the table, beside each other for each classifier.

    curves: one row an epoch, with row (text, that heads its panels), classifier, run (one a training), epoch, loss, uf1
    (0..1) and, where pairs were watched, watched_uf1. Every training is a thin line, their mean a thick one.
    """
    rows, classifiers = list(dict.fromkeys(curves["row"])), list(dict.fromkeys(curves["classifier"]))
    figure = Figure(
        figsize=(1 + 4 * len(classifiers), 0.9 + 1.35 * len(rows)),
        layout=ConstrainedLayoutEngine(h_pad=0.03, w_pad=0.03),
    )
    grid = figure.subplots(len(rows), 2 * len(classifiers), squeeze=False)
    # One scale for every row, so that rows can be compared.
    tops = {"loss": 1.05 * curves["loss"].max(), "UF1": 1.0}
    for row, line in zip(rows, grid, strict=True):
        panels = iter(line)
        for classifier in classifiers:
            chosen = curves[(curves["row"] == row) & (curves["classifier"] == classifier)]
            for kind, columns in _PANELS.items():
                _panel(next(panels), chosen, columns, kind, tops[kind])
        for panel, classifier in zip(line[::2], classifiers, strict=True):
            panel.set_title(f"{row}, {classifier}", loc="left", fontsize=9)
    for panel in grid[-1]:
        panel.set_xlabel("epoch", fontsize=8)
    shown = [name for name in _SHOWN if name in curves and curves[name].notna().any() and name != "loss"]
    handles = [Line2D([], [], color=_SHOWN[name][0], linewidth=1.8, label=_SHOWN[name][1]) for name in shown]
    handles += [Line2D([], [], color="#808080", linewidth=0.6, label="one training (seed and fold)")]
    handles += [Line2D([], [], color="#808080", linewidth=1.8, label="their mean")]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize=8)
    return figure


def _panel(panel: Axes, curves: pd.DataFrame, columns: tuple[str, ...], kind: str, top: float) -> None:
    clear(panel)
    panel.tick_params(labelsize=7)
    panel.set_ylabel(kind, fontsize=8)
    for name in columns:
        if name not in curves or curves[name].isna().all():
            continue
        runs = curves.pivot_table(index="epoch", columns="run", values=name)
        panel.plot(runs.index, runs, color=_SHOWN[name][0], linewidth=0.6, alpha=0.45)
        panel.plot(runs.index, runs.mean(axis=1), color=_SHOWN[name][0], linewidth=1.8)
    panel.set_ylim(0, top)
    panel.locator_params(axis="x", integer=True, nbins=6)


def loss_curves(losses: pd.DataFrame) -> Figure:
    """The terms of the generator's training, a panel each, over its steps.

    losses: one row a step that was logged, with step and a column a term, as `ganimation.training` writes them.
    """
    names = list(losses.columns.drop("step"))
    lines = -(-len(names) // 2)
    figure = Figure(figsize=(8, 0.5 + 1.6 * lines), layout="constrained")
    panels = figure.subplots(lines, 2, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        clear(panel)
        panel.tick_params(labelsize=7)
        panel.plot(losses["step"], losses[name], color=COLOURS[0], linewidth=1)
        panel.set_title(name.replace("_", " "), loc="left", fontsize=9)
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    for panel in panels[max(0, len(names) - 2) : len(names)]:
        panel.set_xlabel("step", fontsize=8)
    return figure
