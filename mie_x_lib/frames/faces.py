"""Where the face is, and the square picture of it."""

from dataclasses import dataclass
from functools import cache
from threading import local

import cv2
import numpy as np

# The search runs on a copy whose shorter side has this many pixels: enough for the 24-pixel window of the cascade.
SEARCH_SIDE = 160
# A found box is measured again on a copy in which it is this many pixels wide.
MEASURE_SIDE = 60
# Eyes are looked for on a copy in which the box is this many pixels wide.
EYES_SIDE = 160
# Where the centres of the eyes lie in a box of the cascade, as fractions of its side from its left and top.
EYE_X, EYE_Y = 0.31, 0.38

_cascades = local()


@dataclass(frozen=True)
class FaceBox:
    """A square in an image. x, y: its centre, side: its length, pixels; angle: its turn, degrees clockwise."""

    x: float
    y: float
    side: float
    angle: float = 0.0


def face_box(image: np.ndarray, smallest: float = 0.2) -> FaceBox | None:
    """The largest frontal face of an image (H, W, 3) uint8 RGB, or None where there is none.

    smallest: width of the smallest face looked for, as a fraction of the image's shorter side.

    OpenCV's frontal-face cascade (Viola and Jones, CVPR 2001; Lienhart and Maydt, ICIP 2002), once as the image is and,
    if that finds nothing, with local contrast equalised. The width of its windows moves in steps of 10 % and their
    place with the image's scale, so the box is then measured again, twice, as the mean of all windows that fire around
    it in a copy scaled to a fixed face width.
    """
    scale = SEARCH_SIDE / min(image.shape[:2])
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    least = int(smallest * SEARCH_SIDE)
    for search in (small, cv2.createCLAHE(clipLimit=3.0, tileGridSize=(4, 4)).apply(small)):
        windows = _cascade("frontalface_default").detectMultiScale(search, 1.1, 3, 0, (least, least))
        if len(windows) > 0:
            x, y, width, height = max(windows, key=lambda window: window[2])
            box = FaceBox(x + width / 2, y + height / 2, width)
            box = _measure(search, _measure(search, box))
            return FaceBox(box.x / scale, box.y / scale, box.side / scale)
    return None


def level_box(image: np.ndarray, box: FaceBox) -> FaceBox | None:
    """The box that puts the eyes level and at fixed places, from a box of `face_box`; None where an eye is not found.

    Eyes by OpenCV's eye cascade, one on each side of the upper part of the box.
    """
    grey = cv2.cvtColor(crop(image, box, 0.0, EYES_SIDE), cv2.COLOR_RGB2GRAY)
    half = EYES_SIDE // 2
    eyes = []
    for left in (0, half):
        part = np.ascontiguousarray(grey[: int(1.2 * half), left : left + half])
        windows = _cascade("eye").detectMultiScale(part, 1.05, 3, 0, (half // 3, half // 3))
        if len(windows) == 0:
            return None
        x, y, width, height = max(windows, key=lambda window: window[2])
        eyes.append((np.array([left + x + width / 2, y + height / 2]) / EYES_SIDE - 0.5) * box.side + (box.x, box.y))
    (left_x, left_y), (right_x, right_y) = eyes
    distance = float(np.hypot(right_x - left_x, right_y - left_y))
    side = distance / (1 - 2 * EYE_X)
    # From the middle of the eyes down to the centre of the square, in the direction of the turned face.
    cos, sin = (right_x - left_x) / distance, (right_y - left_y) / distance
    down = (0.5 - EYE_Y) * side
    return FaceBox(
        x=(left_x + right_x) / 2 - sin * down,
        y=(left_y + right_y) / 2 + cos * down,
        side=side,
        angle=float(np.degrees(np.arctan2(sin, cos))),
    )


def crop(image: np.ndarray, box: FaceBox, margin: float, size: int) -> np.ndarray:
    """The square of an image (H, W, 3) uint8 as (size, size, 3) uint8; beyond the image its edge is repeated.

    margin: what is added on each side of the box, as a fraction of its side.
    """
    extent = box.side * (1 + 2 * margin)
    # Sampled at about one sample a pixel and averaged down: warping alone would alias where the picture shrinks.
    fine = size * max(1, int(np.ceil(extent / size)))
    step = extent / fine
    cos, sin = step * np.cos(np.radians(box.angle)), step * np.sin(np.radians(box.angle))
    middle = (fine - 1) / 2
    # Maps a pixel of the crop to the image; pixel 0 has its centre at 0.5.
    to_image = np.array(
        [
            [cos, -sin, box.x - 0.5 - (cos - sin) * middle],
            [sin, cos, box.y - 0.5 - (sin + cos) * middle],
        ]
    )
    picture = cv2.warpAffine(
        image, to_image, (fine, fine), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return picture if fine == size else cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def _measure(grey: np.ndarray, box: FaceBox) -> FaceBox:
    """The mean of the windows that fire around a box, on a patch in which the box is MEASURE_SIDE wide."""
    patch_side = int(1.7 * MEASURE_SIDE)
    patch = crop(grey, box, (patch_side / MEASURE_SIDE - 1) / 2, patch_side)
    least, most = int(0.6 * MEASURE_SIDE), int(1.5 * MEASURE_SIDE)
    windows = _cascade("frontalface_default").detectMultiScale(patch, 1.05, 0, 0, (least, least), (most, most))
    if len(windows) == 0:
        return box
    windows = np.asarray(windows, np.float64)
    centres = windows[:, :2] + windows[:, 2:] / 2 - patch_side / 2
    near = (np.abs(centres) < MEASURE_SIDE / 4).all(axis=1)
    if not near.any():
        return box
    scale = box.side / MEASURE_SIDE
    shift = centres[near].mean(axis=0) * scale
    return FaceBox(box.x + shift[0], box.y + shift[1], windows[near, 2].mean() * scale)


def _cascade(name: str) -> cv2.CascadeClassifier:
    """OpenCV's cascade; each thread has its own, since one cannot be used by two at a time."""
    if not hasattr(_cascades, "load"):
        _cascades.load = cache(lambda name: cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml"))
    return _cascades.load(name)
