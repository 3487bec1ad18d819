"""A contact sheet that moves: rendered pairs that alternate between onset and apex, for a README, a page or slides."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from mie_x_lib.figures.canvas import magnified
from mie_x_lib.files import whole

# In pixels: side of a picture, what is left free beside it, and the room for names left of it and above.
_SIDE, _GAP, _NAMES, _HEAD = 96, 6, 72, 40
_INK, _GROUND = (34, 34, 34), (255, 255, 255)
_MILLISECONDS = 1000
# Sizes of names in pixels.
_LARGEST, _SMALLEST = 12, 7


def sheets(
    samples: np.ndarray, columns: Sequence[str], rows: Sequence[str], magnification: float = 4
) -> list[Image.Image]:
    """Return the pictures of an animation that goes from onset to apex and back.

    samples: (rows, columns, T, H, W, 3) uint8. Each stands above its difference to the onset, magnified about grey, of
    which the apex's is shown all the time. columns, rows: their names, lines parted by a line break.
    """
    count = samples.shape[2]
    return [_sheet(samples, frame, columns, rows, magnification) for frame in [*range(count), *range(count - 2, 0, -1)]]


def save(pictures: Sequence[Image.Image], path: str | Path) -> None:
    """Write an animation as WebP, without loss, whole or not at all: a second from onset to apex, for ever."""
    with whole(path) as part:
        ways = max(1, len(pictures) // 2)
        pictures[0].save(
            part, save_all=True, append_images=pictures[1:], duration=_MILLISECONDS // ways, loop=0, lossless=True
        )


def _sheet(
    samples: np.ndarray, frame: int, columns: Sequence[str], rows: Sequence[str], magnification: float
) -> Image.Image:
    size = (_NAMES + len(columns) * (_SIDE + _GAP), _HEAD + len(rows) * 2 * (_SIDE + _GAP))
    sheet = Image.new("RGB", size, _GROUND)
    pen = ImageDraw.Draw(sheet)
    for row, name in enumerate(rows):
        top = _HEAD + row * 2 * (_SIDE + _GAP)
        for below, text in enumerate((name, f"difference\n×{magnification:g}")):
            _write(pen, text, ((_NAMES - _GAP) // 2, top + below * _SIDE + _SIDE // 2), _NAMES - _GAP)
        for column in range(len(columns)):
            onset, *_, apex = shown = samples[row, column]
            for below, picture in enumerate((shown[frame], magnified(onset, apex, magnification))):
                place = (_NAMES + column * (_SIDE + _GAP), top + below * (_SIDE + _GAP // 2))
                sheet.paste(Image.fromarray(picture).resize((_SIDE, _SIDE), Image.Resampling.BICUBIC), place)
    for column, name in enumerate(columns):
        _write(pen, name, (_NAMES + column * (_SIDE + _GAP) + _SIDE // 2, _HEAD // 2), _SIDE)
    return sheet


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
