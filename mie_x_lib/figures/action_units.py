"""Figures of action units."""

from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mie_x_lib.figures.canvas import COLOURS, COLUMN, SMALLEST, clear, error_bars
from mie_x_lib.tables.au_means import KINDS, trend
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES


def au_means_bars(shown: pd.DataFrame) -> Figure:
    """Mean of the 17 AUs at the apex of z_MiE beside that of z_MaE, a panel a label, with 95 % intervals.

    shown: as `au_means.shown` gives the rows. After Fig. 1 of the supplementary material of MiE-X (Liu et al., ECCV
    2022).
    """
    figure = Figure(figsize=(COLUMN, 5.2), layout="constrained")
    panels = figure.subplots(len(LABEL_NAMES), 1, sharex=True, sharey=True)
    places, width = np.arange(len(AU_NAMES)), 0.38
    kinds = [kind for kind in KINDS.values() if (shown["kind"] == kind).any()]
    for label, panel in zip(LABEL_NAMES, panels, strict=True):
        clear(panel)
        remarks = []
        for number, kind in enumerate(kinds):
            rows = shown[(shown["label"] == label) & (shown["kind"] == kind)]
            if rows.empty:
                continue
            left = places + (number - (len(kinds) - 1) / 2) * (width + 0.02)
            errors = error_bars(rows["apex"], rows["apex_low"], rows["apex_high"])
            style = {"elinewidth": 0.5, "capsize": 0.8, "capthick": 0.5}
            panel.bar(left, rows["apex"], width, color=COLOURS[number], yerr=errors, error_kw=style)
            panel.hlines(rows["onset"], left - width / 2, left + width / 2, color="black", linewidth=0.8)
            remarks.append(f"{rows['clips'].iloc[0]} clips of {rows['subjects'].iloc[0]} subjects in {kind}")
        panel.set_title(label, loc="left", fontweight="bold")
        if len(remarks) == len(KINDS):
            correlation, most = trend(shown, label)
            remarks.append(f"r = {correlation:.2f}, they differ most in {', '.join(most)}")
        panel.set_title(fill("; ".join(remarks), 56), loc="right", fontsize=SMALLEST)
        panel.set_ylabel("mean intensity")
    panels[-1].set_xlim(-0.6, len(AU_NAMES) - 0.4)
    panels[-1].set_xticks(places, [f"AU{int(au[2:])}" for au in AU_NAMES], rotation=90)
    figure.suptitle("Mean action units (0 to 1) at the apex, with 95 % over subjects,\nand at the onset (black lines)")
    names = {"z_MiE": "z_MiE: micro-expressions", "z_MaE": "z_MaE: early stage of macro-expressions"}
    sources = shown.groupby("kind")["source"].first()
    handles = [
        Patch(color=COLOURS[number], label=f"{names[kind]} of {sources[kind]}") for number, kind in enumerate(kinds)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=1)
    return figure
