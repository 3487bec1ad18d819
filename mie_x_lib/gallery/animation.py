"""A contact sheet that moves: rendered pairs that alternate between onset and apex, for a README, a page or slides."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from mie_x_lib.errors import InputError
from mie_x_lib.figures.canvas import MAGNIFICATION, magnified
from mie_x_lib.files import whole
from mie_x_lib.terms import LABEL_NAMES

# In pixels: side of a picture, what is left free beside it, and the room for names left of it and above.
_SIDE, _GAP, _NAMES, _HEAD = 96, 6, 72, 40
_INK, _GROUND = (34, 34, 34), (255, 255, 255)
_MILLISECONDS = 1000
# Sizes of names in pixels.
_LARGEST, _SMALLEST = 12, 7


def one_of_each(labels: pd.Series) -> list[int | None]:
    """Return a row of each label of a shard, of other people where there are enough; None where no row has the label.

    labels: of the samples of a shard in their order.
    """
    rows = [np.flatnonzero(labels == label).tolist() for label in range(len(LABEL_NAMES))]
    return [of_label[min(label, len(of_label) - 1)] if of_label else None for label, of_label in enumerate(rows)]


def sheets(samples: Sequence[Sequence[np.ndarray | None]], columns: Sequence[str]) -> list[Image.Image]:
    """Return the pictures of an animation that goes from onset to apex and back.

    samples: of each column one of each label, (T, H, W, 3) uint8 with the same T; None leaves its place free. Each
    stands above the difference of its apex to its onset, magnified about grey, which is shown all the time. columns:
    names, lines parted by a line break. Raises InputError where there is no sample.
    """
    counts = {len(frames) for column in samples for frames in column if frames is not None}
    if not counts:
        raise InputError(
            "results/figures/pairs.webp: no rendered pair is there to be shown; name a table in gallery.tables with a "
            "row that has a variant"
        )
    (count,) = counts
    order = [*range(count), *range(count - 2, 0, -1)]
    return [_sheet(samples, frame, columns) for frame in order]


def save(pictures: Sequence[Image.Image], path: str | Path) -> None:
    """Write an animation as WebP, without loss, whole or not at all: a second from onset to apex, for ever."""
    with whole(path) as part:
        ways = max(1, len(pictures) // 2)
        pictures[0].save(
            part, save_all=True, append_images=pictures[1:], duration=_MILLISECONDS // ways, loop=0, lossless=True
        )


def _sheet(samples: Sequence[Sequence[np.ndarray | None]], frame: int, columns: Sequence[str]) -> Image.Image:
    size = (_NAMES + len(columns) * (_SIDE + _GAP), _HEAD + len(LABEL_NAMES) * 2 * (_SIDE + _GAP))
    sheet = Image.new("RGB", size, _GROUND)
    pen = ImageDraw.Draw(sheet)
    tops = [_HEAD + row * 2 * (_SIDE + _GAP) for row in range(len(LABEL_NAMES))]
    for top, name in zip(tops, LABEL_NAMES, strict=True):
        for below, text in enumerate((name, f"difference\n×{MAGNIFICATION}")):
            _write(pen, text, ((_NAMES - _GAP) // 2, top + below * _SIDE + _SIDE // 2), _NAMES - _GAP)
    for place, (name, column) in enumerate(zip(columns, samples, strict=True)):
        left = _NAMES + place * (_SIDE + _GAP)
        _write(pen, name, (left + _SIDE // 2, _HEAD // 2), _SIDE)
        for top, frames in zip(tops, column, strict=True):
            if frames is not None:
                _paste(sheet, frames[frame], (left, top))
                _paste(sheet, magnified(frames[0], frames[-1]), (left, top + _SIDE + _GAP // 2))
    return sheet


def _paste(sheet: Image.Image, picture: np.ndarray, place: tuple[int, int]) -> None:
    sheet.paste(Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), place)


def _write(pen: ImageDraw.ImageDraw, text: str, middle: tuple[int, int], width: int) -> None:
    """Write about a point, as large as the width allows, and at the smallest size in several lines."""
    # Of matplotlib, as in the figures.
    file = font_manager.findfont("DejaVu Sans")
    for size in range(_LARGEST, _SMALLEST - 1, -1):
        font = ImageFont.truetype(file, size)
        left, _, right, _ = pen.multiline_textbbox((0, 0), text, font)
        if right - left <= width:
            break
    else:
        # No sign of a name is much wider than three quarters of its height.
        text = textwrap.fill(text, int(width / (0.75 * _SMALLEST)))
    pen.multiline_text(middle, text, _INK, font, anchor="mm", align="center")
