"""UF1 of the rows of the table, and their confusions."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import COLOURS, COLUMN, SMALLEST, WIDTHS, clear, columns, width_of, wrapped
from mie_x_lib.tables.uf1 import described, with_distinct_names

_ROW = ["table", "row", "regime", "evaluation", "chosen_by"]
# Panels side by side in a column of a page, so that the counts in them stay readable.
_PANELS_ACROSS = 3
# Letters in a line of a row's name, and of the title of a panel, and the inches that it has.
_NAME, _TITLE = (28, 1.45), (19, 0.95)
# Inches between labels and what stands beside them, on both sides.
_APART = 0.2


def uf1_bars(table: pd.DataFrame) -> Figure:
    """UF1 of each row of the table: mean and standard deviation over seeds, with the published figure beside it.

    table: as `uf1.uf1_table` makes it, in percent. Bars of rows that are no result (`uf1.NOT_A_RESULT`) are
    hatched.
    """
    classifiers = list(dict.fromkeys(table["classifier"]))
    row_of = table.groupby(_ROW, sort=False).ngroup()
    rows = table[~row_of.duplicated()]
    height = 0.8 / len(classifiers)
    apart = with_distinct_names([row for _, row in rows.iterrows()], list(rows["table"]))
    names = [_wrapped(row, rows["evaluation"]) for row in apart]
    lines = max(name.count("\n") + 1 for name in names)
    figure = Figure(figsize=(COLUMN, 0.95 + (0.1 + 0.1 * lines) * len(rows)), layout="constrained")
    panel = figure.subplots()
    clear(panel, axis="x")
    # Legends leave out a label that begins with _, as names may, unless they are given what they show.
    measured, others = [], []
    for number, classifier in enumerate(classifiers):
        chosen = table[table["classifier"] == classifier]
        bars = panel.barh(
            row_of[chosen.index] + (number - (len(classifiers) - 1) / 2) * height,
            chosen["uf1_mean"],
            height * 0.92,
            # A single seed has no spread.
            xerr=chosen["uf1_std"] if chosen["uf1_std"].notna().any() else None,
            color=COLOURS[number % len(COLOURS)],
            error_kw={"elinewidth": 0.6, "capsize": 1.2, "capthick": 0.6},
            label=f"{classifier}, mean ± std over seeds",
        )
        measured.append(bars)
        for bar, chosen_by in zip(bars, chosen["chosen_by"], strict=True):
            if chosen_by == "test_fold":
                bar.set(hatch="////", edgecolor="white", alpha=0.6)
    # It may stand in the rows of one of the classifiers alone.
    published = table[table["published_uf1"].notna()]
    published = published[~row_of[published.index].duplicated()]
    if len(published):
        others += panel.plot(
            published["published_uf1"],
            row_of[published.index],
            linestyle="none",
            marker="D",
            markersize=3.5,
            markeredgewidth=0.7,
            markerfacecolor="white",
            markeredgecolor="black",
            label="published (Branches, on the real datasets: other data)",
        )
    chance = panel.vlines(
        100 / (rows["labels"].str.count(r" \+ ") + 1),
        row_of[rows.index] - 0.45,
        row_of[rows.index] + 0.45,
        color="black",
        linestyle=":",
        linewidth=0.7,
        label="chance where labels are balanced",
    )
    panel.set_yticks(range(len(rows)), names)
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.set_xlim(0, 100)
    panel.set_xlabel("UF1 in %")
    figure.legend(handles=[*others, chance, *measured], loc="outside lower center", ncols=1)
    return figure


def confusion_matrices(confusions: pd.DataFrame) -> Figure:
    """How often each label was taken for each: a matrix a row of the table and classifier, true label down.

    confusions: as `uf1.confusion_rows` makes them, of all datasets together, with the columns that name the row.
    Shades are shares of the true label; the counts stand there, as mean over seeds.
    """
    matrices = [
        (row, str(classifier), cells)
        for row, of_row in confusions.groupby(_ROW, sort=False)
        for classifier, cells in of_row.groupby("classifier", sort=False)
    ]
    rows = [dict(zip(_ROW, map(str, row), strict=True)) for row, _, _ in matrices]
    apart = with_distinct_names(rows, [row["table"] for row in rows])
    names = [list(dict.fromkeys(cells["label"])) for _, _, cells in matrices]

    def titles_of(across: int) -> list[str]:
        room = _room(names, across)
        return [
            _title(row, classifier, confusions["evaluation"], room)
            for row, (_, classifier, _) in zip(apart, matrices, strict=True)
        ]

    def height(across: int) -> float:
        lines = max(title.count("\n") + 1 for title in titles_of(across))
        return 0.7 + (0.92 + 0.11 * lines) * -(-len(matrices) // across)

    over = columns(height(_PANELS_ACROSS))
    across = min(over * _PANELS_ACROSS, len(matrices))
    titles = titles_of(across)
    figure = Figure(figsize=(WIDTHS[over], height(across)), layout="constrained")
    panels = figure.subplots(-(-len(matrices) // across), across, squeeze=False).ravel()
    for number, (panel, (row, _, cells)) in enumerate(zip(panels, matrices, strict=False)):
        labels = names[number]
        counts = cells.pivot_table("clips", "label", "predicted").loc[labels, labels].to_numpy()
        _matrix(panel, counts, labels)
        # Labels stand once where panels side by side, or one below the other, have the same.
        is_first = _begins(names, number, across)
        is_last = number + across >= len(matrices) or names[number + across] != labels
        panel.tick_params(labelleft=is_first, labelbottom=is_last)
        panel.set_title(titles[number], fontsize=SMALLEST, color=COLOURS[5] if "test_fold" in row else "black")
    for panel in panels[len(matrices) :]:
        panel.set_axis_off()
    figure.supxlabel("predicted label; numbers are clips, the mean over seeds", fontsize=SMALLEST)
    figure.supylabel("true label", fontsize=SMALLEST)
    return figure


def _begins(names: list[list[str]], number: int, across: int) -> bool:
    """Whether a matrix has other labels than the one to the left of it, or none there."""
    return number % across == 0 or names[number - 1] != names[number]


def _room(names: list[list[str]], across: int) -> float:
    """Inches that the title of a matrix has: labels that stand between matrices take from all of them."""
    between = [0.0] * across
    for number, labels in enumerate(names):
        if number % across and _begins(names, number, across):
            width = max(map(width_of, labels)) + _APART
            between[number % across] = max(between[number % across], width)
    return _TITLE[1] - sum(between) / across


def _title(row: Mapping, classifier: str, evaluations: pd.Series, room: float) -> str:
    """What a matrix is of, in so many inches: a row by the columns of `_ROW`, and the classifier."""
    parts = [*described(row, evaluations), classifier]
    return "\n".join(wrapped(part, _TITLE[0], room) for part in parts)


def _matrix(panel: Axes, counts: np.ndarray, labels: list[str]) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    panel.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.6 else "black"
        # Three digits, of which two at most lie behind the point: 0.667 would have more of them than 5.67.
        text = f"{count:.0f}" if count >= 100 else f"{round(count, 2):.3g}"
        panel.text(column, row, text, ha="center", va="center", color=colour)
    places = range(len(labels))
    panel.set_xticks(places, labels, rotation=90)
    panel.set_yticks(places, labels)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)


def _wrapped(row: Mapping, evaluations: pd.Series) -> str:
    """What a row is; what it says beside name and regime begins a line."""
    name, regime, *special = described(row, evaluations)
    return "\n".join(wrapped(part, *_NAME) for part in (f"{name} ({regime})", ", ".join(special)) if part)
