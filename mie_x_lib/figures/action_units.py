"""Figures of action units."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mie_x_lib.au_means import KINDS, trend
from mie_x_lib.figures.canvas import COLOURS, clear
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES


def au_means_bars(shown: pd.DataFrame) -> Figure:
    """Mean of the 17 AUs at the apex of z_MiE beside that of z_MaE, a panel a label, with 95 % intervals.

    shown: as `au_means.shown` gives the rows. After Fig. 1 of the supplementary material of MiE-X (Liu et al., ECCV
    2022).
    """
    figure = Figure(figsize=(9, 7.4), layout="constrained")
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
            errors = [rows["apex"] - rows["apex_low"], rows["apex_high"] - rows["apex"]]
            style = {"elinewidth": 0.8, "capsize": 1.5}
            panel.bar(left, rows["apex"], width, color=COLOURS[number], yerr=errors, error_kw=style)
            panel.hlines(rows["onset"], left - width / 2, left + width / 2, color="black", linewidth=1.2)
            remarks.append(f"{rows['clips'].iloc[0]} clips of {rows['subjects'].iloc[0]} subjects in {kind}")
        panel.set_title(label, loc="left", fontsize=11, fontweight="bold")
        if len(remarks) == len(KINDS):
            correlation, most = trend(shown, label)
            remarks.append(f"r = {correlation:.2f}, they differ most in {', '.join(most)}")
        panel.set_title("; ".join(remarks), loc="right", fontsize=8)
        panel.set_ylabel("mean intensity (0 to 1)")
    panels[-1].set_xlim(-0.6, len(AU_NAMES) - 0.4)
    panels[-1].set_xticks(places, [f"AU{int(au[2:])}" for au in AU_NAMES])
    figure.suptitle(
        "Mean action units at the apex (bars, 95 % over subjects) and at the onset (black lines)", fontsize=11
    )
    names = {"z_MiE": "z_MiE: micro-expressions", "z_MaE": "z_MaE: early stage of macro-expressions"}
    sources = shown.groupby("kind")["source"].first()
    handles = [
        Patch(color=COLOURS[number], label=f"{names[kind]} of {sources[kind]}") for number, kind in enumerate(kinds)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False)
    return figure
