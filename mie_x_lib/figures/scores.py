"""Figures of the tables of scores."""

import pandas as pd
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import COLOURS, clear
from mie_x_lib.terms import LABEL_NAMES


def uf1_bars(table: pd.DataFrame) -> Figure:
    """UF1 of each row of the table: mean and standard deviation over seeds, with the published figure beside it.

    table: as `tables.uf1_table` makes it, in percent.
    """
    classifiers = list(dict.fromkeys(table["classifier"]))
    row_of = table.groupby(["table", "row", "regime"], sort=False).ngroup()
    rows = table[~row_of.duplicated()]
    height = 0.8 / len(classifiers)
    figure = Figure(figsize=(8, 1.6 + 0.42 * len(rows)), layout="constrained")
    panel = figure.subplots()
    clear(panel, axis="x")
    for number, classifier in enumerate(classifiers):
        chosen = table[table["classifier"] == classifier]
        panel.barh(
            row_of[chosen.index] + (number - (len(classifiers) - 1) / 2) * height,
            chosen["uf1_mean"],
            height * 0.92,
            xerr=chosen["uf1_std"].fillna(0),
            color=COLOURS[number % len(COLOURS)],
            error_kw={"elinewidth": 1, "capsize": 2},
            label=f"{classifier}, mean ± std over seeds",
        )
    published = rows[rows["published_uf1"].notna()]
    if len(published):
        panel.plot(
            published["published_uf1"],
            row_of[published.index],
            linestyle="none",
            marker="D",
            markersize=6,
            markerfacecolor="white",
            markeredgecolor="black",
            label="published (Branches, on the real datasets: other data)",
        )
    panel.axvline(
        100 / len(LABEL_NAMES), color="black", linestyle=":", linewidth=1, label="chance where labels are balanced"
    )
    panel.set_yticks(range(len(rows)), rows["row"] + " (" + rows["regime"].str.replace("_", " ") + ")")
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.set_xlim(0, 100)
    panel.set_xlabel("UF1 in %")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure
