"""Figures of action units, rendered pairs, scores and training."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mie_x_lib.files import whole
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES
from mie_x_lib.triplets import Pool

# Okabe and Ito, "Color universal design", 2008: told apart with every kind of colour blindness.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
_FINE = {"linewidth": 0.6, "color": "#D0D0D0"}


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as PNG, whole or not at all; equal figures give equal bytes."""
    with whole(path) as part:
        figure.savefig(part, format="png", dpi=150, metadata={"Software": None})


def au_means(pools: Mapping[str, Pool]) -> Figure:
    """Mean of the 17 AUs at the apex for each AU source, a panel a label; a line marks the mean at the onset.

    pools: AU sources by the name that the legend shows. After Fig. 1 of MiE-X (Liu et al., ECCV 2022).
    """
    figure = Figure(figsize=(9, 7), layout="constrained")
    panels = figure.subplots(len(LABEL_NAMES), 1, sharex=True, sharey=True)
    places = np.arange(len(AU_NAMES))
    width = 0.8 / max(len(pools), 1)
    for label, (name, panel) in enumerate(zip(LABEL_NAMES, panels, strict=True)):
        _clear(panel)
        for number, pool in enumerate(pools.values()):
            rows = pool.labels == label
            if not rows.any():
                continue
            left = places + (number - (len(pools) - 1) / 2) * width
            onset, apex = (np.average(aus[rows], axis=0, weights=pool.weights[rows]) for aus in (pool.onset, pool.apex))
            panel.bar(left, apex, width * 0.92, color=COLOURS[number % len(COLOURS)])
            panel.hlines(onset, left - width * 0.46, left + width * 0.46, color="black", linewidth=1.2)
        panel.set_title(name, loc="left", fontsize=11, fontweight="bold")
        panel.set_ylabel("mean intensity (0 to 1)")
    panels[-1].set_xlim(-0.6, len(AU_NAMES) - 0.4)
    panels[-1].set_xticks(places, [au.replace("AU0", "AU") for au in AU_NAMES])
    figure.suptitle("Action units at the apex (bars) and at the onset (black lines)", fontsize=12)
    handles = [Patch(color=COLOURS[number % len(COLOURS)], label=source) for number, source in enumerate(pools)]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


def pairs_sheet(pairs: np.ndarray, titles: Sequence[str], magnification: float = 4) -> Figure:
    """Contact sheet of rendered pairs, one a column: onset, apex, and their difference, magnified about grey.

    pairs: (N, 2, H, W, 3) uint8, onset then apex. titles: N texts, one above each pair.
    """
    size = 1.15
    figure = Figure(figsize=(0.9 + size * len(pairs), 0.45 + (size + 0.03) * 3), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.01, h_pad=0.01, wspace=0.01, hspace=0.01)
    panels = figure.subplots(3, len(pairs), squeeze=False)
    names = ("onset", "apex", f"difference\n(×{magnification:g})")
    for column, (pair, title) in enumerate(zip(pairs, titles, strict=True)):
        difference = pair[1].astype(np.float32) - pair[0]
        magnified = np.clip(np.rint(128 + magnification * difference), 0, 255).astype(np.uint8)
        for panel, image in zip(panels[:, column], (*pair, magnified), strict=True):
            panel.imshow(image, interpolation="nearest")
            panel.set(xticks=[], yticks=[])
            panel.spines[:].set_visible(False)
        panels[0, column].set_title(title, fontsize=8)
    for panel, name in zip(panels[:, 0], names, strict=True):
        panel.set_ylabel(name, fontsize=9)
    return figure


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
    _clear(panel, axis="x")
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


def training_curve(table: pd.DataFrame) -> Figure:
    """How training went: a panel a column, over the first column (epoch or step)."""
    over, *names = table.columns
    figure = Figure(figsize=(7, 0.8 + 1.5 * len(names)), layout="constrained")
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for panel, name in zip(panels, names, strict=True):
        _clear(panel)
        panel.plot(table[over], table[name], color=COLOURS[0], linewidth=1.2)
        panel.set_ylabel(name.replace("_", " "))
    panels[-1].set_xlabel(over.replace("_", " "))
    figure.align_ylabels(panels)
    return figure


def _clear(panel: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Leave of a panel's frame what helps to read it, with fine lines behind the data."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis=axis, **_FINE)
    panel.set_axisbelow(True)
