"""Figures of crops, action units, rendered pairs, scores and training."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Polygon

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
        for panel, image in zip(panels[:, column], (*pair, _magnified(*pair, magnification)), strict=True):
            _show(panel, image)
        panels[0, column].set_title(title, fontsize=8)
    for panel, name in zip(panels[:, 0], names, strict=True):
        panel.set_ylabel(name, fontsize=9)
    return figure


@dataclass(frozen=True)
class ClipView:
    """One clip on a contact sheet.

    name: its subject and clip. frame: (H, W, 3) uint8 RGB, the onset, or the first frame where that is unknown. box,
    cut: (4, 2) corners of the face box and of what was cut, x and y in pixels of the frame, or None. crops: (k, size,
    size, 3) uint8 RGB, the first and the last crop; one of a photograph, none where there is a problem. crop_names: k
    of them. moments: onset and apex, as far as they are known, to their frames. apex_from: as in the report. curve: how
    much the face differs from that before and after, by frame, or None. problem: why there are no crops, or "".
    """

    name: str
    frame: np.ndarray
    box: np.ndarray | None
    cut: np.ndarray | None
    crops: np.ndarray
    crop_names: list[str]
    moments: dict[str, int]
    apex_from: str
    curve: pd.Series | None
    problem: str


def contact_sheet(views: Sequence[ClipView], title: str, magnification: float = 4) -> Figure:
    """Contact sheet of clips, one a row: a frame with the face box and what was cut, the first and the last crop and
    their difference, magnified about grey, and how much the face differs over time, with lines at onset and apex.

    A clip that was not cut shows its problem; columns in which no clip has anything are left out.
    """
    has_pair, has_curve = any(len(view.crops) > 1 for view in views), any(view.curve is not None for view in views)
    widths = [1.8, *[1.2] * (3 if has_pair else 1), *[2.4] * has_curve]
    figure = Figure(figsize=(sum(widths) + 0.3, 0.5 + 1.5 * len(views)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.03)
    panels = figure.subplots(len(views), len(widths), squeeze=False, width_ratios=widths)
    for view, (whole_frame, *cuts) in zip(views, panels, strict=True):
        _show(whole_frame, view.frame)
        for corners, style in ((view.box, "-"), (view.cut, ":")):
            if corners is not None:
                whole_frame.add_patch(Polygon(corners, fill=False, edgecolor=COLOURS[6], linewidth=1, linestyle=style))
        whole_frame.set_title(textwrap.fill(view.name, 28), fontsize=8, loc="left")
        if has_curve:
            _spotting(cuts.pop(), view)
        images = list(view.crops) + ([_magnified(*view.crops, magnification)] if len(view.crops) > 1 else [])
        for panel, image, name in zip(cuts, images, [*view.crop_names, f"difference ×{magnification:g}"], strict=False):
            _show(panel, image)
            panel.set_title(name, fontsize=8)
        for panel in cuts[len(images) :]:
            panel.set_axis_off()
        if view.problem:
            text = textwrap.fill(view.problem, 20 * len(cuts))
            # Out of the layout, since it reaches over the columns beside it.
            cuts[0].text(0, 0.5, text, color=COLOURS[5], fontsize=8, va="center", in_layout=False)
    figure.suptitle(textwrap.fill(title, int(10 * sum(widths))), fontsize=11)
    return figure


def _spotting(panel: Axes, view: ClipView) -> None:
    """The curve of a clip with lines at onset and apex."""
    if view.curve is None:
        panel.set_axis_off()
        return
    _clear(panel)
    panel.plot(view.curve.index, view.curve, color="black", linewidth=1)
    for name, colour in (("onset", COLOURS[0]), ("apex", COLOURS[5])):
        if name in view.moments:
            panel.axvline(view.moments[name], color=colour, linewidth=1)
    panel.tick_params(labelsize=7)
    panel.set_title(f"apex: {view.apex_from}" if view.apex_from else "", fontsize=8)


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


def _show(panel: Axes, image: np.ndarray) -> None:
    panel.imshow(image, interpolation="nearest")
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set_visible(False)


def _magnified(first: np.ndarray, second: np.ndarray, magnification: float) -> np.ndarray:
    """The difference of two images (H, W, 3) uint8 about grey."""
    difference = second.astype(np.float32) - first
    return np.clip(np.rint(128 + magnification * difference), 0, 255).astype(np.uint8)


def _clear(panel: Axes, axis: Literal["x", "y"] = "y") -> None:
    """Leave of a panel's frame what helps to read it, with fine lines behind the data."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis=axis, **_FINE)
    panel.set_axisbelow(True)
