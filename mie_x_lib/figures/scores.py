"""UF1 of the rows of the table, and their confusions."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import COLOURS, clear
from mie_x_lib.tables import described

_ROW = ["table", "row", "regime", "evaluation", "chosen_by"]
# Panels side by side, so that the counts in them stay readable.
_PANELS_ACROSS = 4


def uf1_bars(table: pd.DataFrame) -> Figure:
    """UF1 of each row of the table: mean and standard deviation over seeds, with the published figure beside it.

    table: as `tables.uf1_table` makes it, in percent. Bars of rows that are no result (`tables.NOT_A_RESULT`) are
    hatched.
    """
    classifiers = list(dict.fromkeys(table["classifier"]))
    row_of = table.groupby(_ROW, sort=False).ngroup()
    rows = table[~row_of.duplicated()]
    height = 0.8 / len(classifiers)
    figure = Figure(figsize=(8, 1.8 + 0.42 * len(rows)), layout="constrained")
    panel = figure.subplots()
    clear(panel, axis="x")
    for number, classifier in enumerate(classifiers):
        chosen = table[table["classifier"] == classifier]
        bars = panel.barh(
            row_of[chosen.index] + (number - (len(classifiers) - 1) / 2) * height,
            chosen["uf1_mean"],
            height * 0.92,
            # A single seed has no spread.
            xerr=chosen["uf1_std"] if chosen["uf1_std"].notna().any() else None,
            color=COLOURS[number % len(COLOURS)],
            error_kw={"elinewidth": 1, "capsize": 2},
            label=f"{classifier}, mean ± std over seeds",
        )
        for bar, chosen_by in zip(bars, chosen["chosen_by"], strict=True):
            if chosen_by == "test_fold":
                bar.set(hatch="////", edgecolor="white", alpha=0.6)
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
    panel.vlines(
        100 / (rows["labels"].str.count(r" \+ ") + 1),
        row_of[rows.index] - 0.45,
        row_of[rows.index] + 0.45,
        color="black",
        linestyle=":",
        linewidth=1,
        label="chance where labels are balanced",
    )
    panel.set_yticks(range(len(rows)), [_wrapped(row, rows["evaluation"]) for _, row in rows.iterrows()])
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.set_xlim(0, 100)
    panel.set_xlabel("UF1 in %")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def confusion_matrices(confusions: pd.DataFrame) -> Figure:
    """How often each label was taken for each: a matrix a row of the table and classifier, true label down.

    confusions: as `tables.confusion_rows` makes them, of all datasets together, with the columns that name the row.
    Shades are shares of the true label; the counts stand there, as mean over seeds.
    """
    matrices = [
        (row, str(classifier), cells)
        for row, of_row in confusions.groupby(_ROW, sort=False)
        for classifier, cells in of_row.groupby("classifier", sort=False)
    ]
    across = min(_PANELS_ACROSS, len(matrices))
    down = -(-len(matrices) // across)
    figure = Figure(figsize=(0.6 + 2.6 * across, 0.4 + 2.75 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel, (row, classifier, cells) in zip(panels, matrices, strict=False):
        labels = list(dict.fromkeys(cells["label"]))
        counts = cells.pivot_table("clips", "label", "predicted").loc[labels, labels].to_numpy()
        _matrix(panel, counts, labels)
        name, *special = described(dict(zip(_ROW, row, strict=True)), confusions["evaluation"])
        # Breaks after ": ", so that the longest remark is no wider than its panel.
        title = "\n".join([name, *special, classifier]).replace(": ", ":\n")
        panel.set_title(title, fontsize=7.5, color=COLOURS[5] if "test_fold" in row else "black")
    for panel in panels[len(matrices) :]:
        panel.set_axis_off()
    figure.supxlabel("predicted label", fontsize=9)
    figure.supylabel("true label", fontsize=9)
    return figure


def _matrix(panel: Axes, counts: np.ndarray, labels: list[str]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.6 else "black"
        panel.text(column, row, f"{count:.4g}", ha="center", va="center", fontsize=8, color=colour)
    places = range(len(labels))
    panel.set_xticks(places, labels, fontsize=7, rotation=30, ha="right", rotation_mode="anchor")
    panel.set_yticks(places, labels, fontsize=7)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)


def _wrapped(row: pd.Series, evaluations: pd.Series) -> str:
    """What a row is, on two lines where it says more than name and regime."""
    name, regime, *special = described(row, evaluations)
    return f"{name} ({regime})" + (f"\n{', '.join(special)}" if special else "")
