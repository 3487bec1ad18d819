"""Contact sheets of image files: some of what they hold, row by row."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from mie_x_lib.figures.canvas import MAGNIFICATION, magnified

# In inches: side of a picture, width of the names left of the rows, height of a line of text.
_SIDE, _NAMES, _LINE = 1.1, 1.9, 0.22
# White between pictures, as a share of their side.
_GAP = 0.06
# Frames shown of a sample; of more, evenly many.
_MOST = 6


def samples_sheet(samples: np.ndarray, names: Sequence[str], title: str) -> Figure:
    """Contact sheet of samples, one a row: frames from onset to apex, and the difference of these two about grey.

    samples: (N, T, H, W, 3) uint8; of more than six frames, six evenly spread ones are shown. names: N texts left of
    the rows.
    """
    count = samples.shape[1]
    frames = np.unique(np.linspace(0, count - 1, min(count, _MOST)).round().astype(int))
    # The difference is that of the ends, whatever is shown between them.
    rows = [[*sample[frames], magnified(sample[0], sample[-1])] for sample in samples]
    between = [f"frame {frame}" for frame in frames[1:-1]]
    return _sheet(rows, names, ["onset", *between, "apex", f"difference ×{MAGNIFICATION}"], title)


def crops_sheet(rows: Sequence[np.ndarray], names: Sequence[str], title: str) -> Figure:
    """Contact sheet of crops: of each row (k, H, W, 3) uint8 the first six, with its name left of it."""
    return _sheet([list(row[:_MOST]) for row in rows], names, [], title)


def _sheet(rows: Sequence[Sequence[np.ndarray]], names: Sequence[str], headings: Sequence[str], title: str) -> Figure:
    """All pictures in one array: a panel for each would take seconds."""
    columns = max(len(row) for row in rows)
    height, width = rows[0][0].shape[:2]
    gap = max(round(_GAP * height), 1)
    sheet = np.full((len(rows) * (height + gap) - gap, columns * (width + gap) - gap, 3), 255, np.uint8)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            top, left = row * (height + gap), column * (width + gap)
            sheet[top : top + height, left : left + width] = picture
    inches = _SIDE / height
    size = (_NAMES + sheet.shape[1] * inches + 0.15, 2.6 * _LINE + sheet.shape[0] * inches + 0.15)
    figure = Figure(figsize=size)
    panel = figure.add_axes(
        (_NAMES / size[0], 0.1 / size[1], sheet.shape[1] * inches / size[0], sheet.shape[0] * inches / size[1])
    )
    panel.imshow(sheet, interpolation="bicubic", aspect="auto")
    panel.spines[:].set_visible(False)
    middles = [column * (width + gap) + width / 2 for column in range(len(headings))]
    panel.set_xticks(middles, headings, fontsize=9)
    panel.set_yticks([row * (height + gap) + height / 2 for row in range(len(rows))], names, fontsize=8)
    panel.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False, pad=3)
    figure.text(0.1 / size[0], 1 - 0.8 * _LINE / size[1], title, fontsize=11, fontweight="bold", va="center")
    return figure
