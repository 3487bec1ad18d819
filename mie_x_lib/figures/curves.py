"""Figures of how trainings went."""

import pandas as pd
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import COLOURS, clear


def training_curve(table: pd.DataFrame) -> Figure:
    """How training went: a panel a column, over the first column (epoch or step)."""
    over, *names = table.columns
    figure = Figure(figsize=(7, 0.8 + 1.5 * len(names)), layout="constrained")
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for panel, name in zip(panels, names, strict=True):
        clear(panel)
        panel.plot(table[over], table[name], color=COLOURS[0], linewidth=1.2)
        panel.set_ylabel(name.replace("_", " "))
    panels[-1].set_xlabel(over.replace("_", " "))
    figure.align_ylabels(panels)
    return figure
