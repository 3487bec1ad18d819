"""What a reader of a paper needs of a figure that stands in one column of it, or over two."""

from collections.abc import Iterator
from functools import cache
from itertools import combinations, pairwise

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from mie_x_lib.figures.canvas import SMALLEST, WIDTHS


def faults(figure: Figure) -> list[str]:
    """Return what is as wide as no column or two, smaller than its letters, cut off, or written over a neighbour."""
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    # To measure a text takes longer than to compare it with all others.
    box_of = cache(Text.get_window_extent)
    width, height = figure.get_size_inches()
    found = [f"{width:.2f} inches wide"] if min(abs(width - allowed) for allowed in WIDTHS.values()) > 1e-9 else []
    for text in _texts(figure):
        box = box_of(text).transformed(figure.dpi_scale_trans.inverted())
        if text.get_fontsize() < SMALLEST:
            found.append(f"{text.get_text()!r} of {text.get_fontsize()} points")
        # A hundredth of an inch is not seen.
        if box.x0 < -0.01 or box.y0 < -0.01 or box.x1 > width + 0.01 or box.y1 > height + 0.01:
            found.append(f"{text.get_text()!r} is cut off")
    pairs = list(combinations(_titles(figure), 2))
    for labels in _labels(figure):
        pairs += pairwise(sorted(labels, key=lambda label: box_of(label).bounds))
    return found + [
        f"{first.get_text()!r} and {second.get_text()!r} overlap"
        for first, second in pairs
        if _overlap(box_of(first), box_of(second))
    ]


def _texts(figure: Figure) -> list[Text]:
    """Whatever is written on a figure; labels of ticks that are out of sight are not."""
    ticks = {
        label
        for panel in figure.axes
        for axis in (panel.xaxis, panel.yaxis)
        for tick in axis.get_major_ticks() + axis.get_minor_ticks()
        for label in (tick.label1, tick.label2)
    }
    others = [text for text in figure.findobj(Text) if text not in ticks]
    written = [text for text in others if text.axes is None or text.axes.axison]
    labels = [label for of_axis in _labels(figure) for label in of_axis]
    return [text for text in written + labels if text.get_visible() and text.get_text()]


def _titles(figure: Figure) -> list[Text]:
    """The titles of panels that have one."""
    titles = [text for panel in figure.axes for text in (panel.title, panel._left_title, panel._right_title)]
    return [title for title in titles if title.axes.axison and title.get_text()]


def _labels(figure: Figure) -> Iterator[list[Text]]:
    """The labels of each axis that can be seen."""
    for panel in figure.axes:
        for axis in (panel.xaxis, panel.yaxis) if panel.axison else ():
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            labels = [label for tick in ticks for label in (tick.label1, tick.label2)]
            yield [label for label in labels if label.get_visible() and label.get_text()]


def _overlap(one, other) -> bool:
    """Whether two boxes share more than a pixel each way."""
    across = min(one.x1, other.x1) - max(one.x0, other.x0)
    down = min(one.y1, other.y1) - max(one.y0, other.y0)
    return across > 1 and down > 1
