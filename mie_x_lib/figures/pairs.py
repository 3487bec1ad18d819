"""Contact sheets of rendered pairs."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import magnified, show


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
        for panel, image in zip(panels[:, column], (*pair, magnified(*pair, magnification)), strict=True):
            show(panel, image)
        panels[0, column].set_title(title, fontsize=8)
    for panel, name in zip(panels[:, 0], names, strict=True):
        panel.set_ylabel(name, fontsize=9)
    return figure
