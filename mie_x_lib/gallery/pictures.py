"""Pictures as text in a page.

A micro-expression is a difference of a few grey levels, and two frames that a lossy codec stores one by one differ by
about as much as that where nothing moves. So the onset alone is stored with loss, and beside it, without loss, what
each later frame adds to it: what is seen to move is what moved.
"""

import base64
import io

import numpy as np
from PIL import Image

# Of the onset, where WebP's scale ends at 100.
_QUALITY = 90
# What stands for no difference.
GREY = 128


def sample_text(frames: np.ndarray) -> str:
    """Return the frames of a sample, (T, H, W, 3) uint8, as text: two WebP files in base64 with a blank between them.

    The first is the onset, with loss. The second holds frames 1 to T - 1 below each other, each as `GREY` plus its
    difference to the onset, without loss; differences beyond ±127 are cut.
    """
    difference = np.clip(frames[1:].astype(np.int16) - frames[0], -127, 127) + GREY
    strip = difference.astype(np.uint8).reshape(-1, *frames.shape[2:])
    return f"{picture_text(frames[0])} {_base64(strip, lossless=True, quality=75)}"


def picture_text(image: np.ndarray) -> str:
    """Return one picture, (H, W, 3) uint8, as text: a WebP file with loss, in base64."""
    return _base64(image, quality=_QUALITY)


def _base64(image: np.ndarray, **options) -> str:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="WEBP", method=4, **options)
    return base64.b64encode(file.getvalue()).decode("ascii")
