"""Contact sheets of clips and photographs: where the face was found, and what was cut."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Polygon

from mie_x_lib.figures.canvas import COLOURS, COLUMN, MAGNIFICATION, SMALLEST, clear, magnified, show, wrapped

# Letters in a line of a clip's name, and the inches that it has.
_NAME = (17, 0.62)
# In inches: the least height of a row, with two lines of a name, and that of a line of text.
_ROW, _LINE = 0.74, 0.11


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


def contact_sheet(views: Sequence[ClipView], title: str) -> Figure:
    """Contact sheet of clips, one a row: a frame with the face box and what was cut, the first and the last crop and
    their difference, magnified about grey, and how much the face differs over time, with lines at onset and apex.

    A clip that was not cut shows its problem; columns in which no clip has anything are left out.
    """
    has_pair, has_curve = any(len(view.crops) > 1 for view in views), any(view.curve is not None for view in views)
    columns = 3 if has_pair else 1
    widths = [1.8, *[1.2] * columns, *[2.4] * has_curve]
    names = [wrapped(view.name, *_NAME) for view in views]
    # The curve at the right has its own numbers at its left.
    room = COLUMN * 1.2 * columns / sum(widths) - (0.2 if has_curve else 0.0)
    problems = [wrapped(view.problem, 15 * columns, room) for view in views]
    heights = [
        max(_ROW, _ROW + _LINE * (name.count("\n") - 1), _LINE * (problem.count("\n") + 2))
        for name, problem in zip(names, problems, strict=True)
    ]
    layout = ConstrainedLayoutEngine(w_pad=0.01, h_pad=0.015)
    figure = Figure(figsize=(COLUMN, 0.4 + sum(heights)), layout=layout)
    panels = figure.subplots(len(views), len(widths), squeeze=False, width_ratios=widths, height_ratios=heights)
    for view, name, problem, (whole_frame, *cuts) in zip(views, names, problems, panels, strict=True):
        show(whole_frame, view.frame)
        # What a narrow frame leaves free lies at its right, where the name needs it.
        whole_frame.set_anchor("W")
        for corners, style in ((view.box, "-"), (view.cut, ":")):
            if corners is not None:
                whole_frame.add_patch(
                    Polygon(corners, fill=False, edgecolor=COLOURS[6], linewidth=0.6, linestyle=style)
                )
        whole_frame.set_title(name, fontsize=SMALLEST, loc="left")
        if has_curve:
            _spotting(cuts.pop(), view)
        images = list(view.crops)
        if len(view.crops) > 1:
            images.append(magnified(view.crops[0], view.crops[1]))
        headings = [*view.crop_names, f"difference\n×{MAGNIFICATION}"]
        for panel, image, heading in zip(cuts, images, headings, strict=False):
            show(panel, image)
            panel.set_title(heading, fontsize=SMALLEST)
        for panel in cuts[len(images) :]:
            panel.set_axis_off()
        if problem:
            # Out of the layout, since it reaches over the columns beside it.
            cuts[0].text(0, 0.5, problem, color=COLOURS[5], va="center", in_layout=False)
    curves = [line[-1] for line, view in zip(panels, views, strict=True) if view.curve is not None]
    for panel in curves[-1:]:
        panel.set_xlabel("frame", fontsize=SMALLEST)
        panel.set_ylabel("difference", fontsize=SMALLEST)
    figure.suptitle(wrapped(title, 64, 2.75))
    return figure


def _spotting(panel: Axes, view: ClipView) -> None:
    """The curve of a clip with lines at onset and apex."""
    if view.curve is None:
        panel.set_axis_off()
        return
    clear(panel)
    panel.plot(view.curve.index, view.curve, color="black", linewidth=0.7)
    for name, colour in (("onset", COLOURS[0]), ("apex", COLOURS[5])):
        if name in view.moments:
            panel.axvline(view.moments[name], color=colour, linewidth=0.7)
    panel.locator_params(axis="y", nbins=3)
    panel.locator_params(axis="x", integer=True, nbins=4, min_n_ticks=1)
    panel.set_title(f"apex: {view.apex_from}" if view.apex_from else "", fontsize=SMALLEST)
