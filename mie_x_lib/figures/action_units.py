"""Figures of action units."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mie_x_lib.figures.canvas import COLOURS, clear
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES
from mie_x_lib.triplets import Pool


def au_means(pools: Mapping[str, Pool]) -> Figure:
    """Mean of the 17 AUs at the apex for each AU source, a panel a label; a line marks the mean at the onset.

    pools: AU sources by the name that the legend shows. After Fig. 1 of MiE-X (Liu et al., ECCV 2022).
    """
    figure = Figure(figsize=(9, 7), layout="constrained")
    panels = figure.subplots(len(LABEL_NAMES), 1, sharex=True, sharey=True)
    places = np.arange(len(AU_NAMES))
    width = 0.8 / max(len(pools), 1)
    for label, (name, panel) in enumerate(zip(LABEL_NAMES, panels, strict=True)):
        clear(panel)
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
