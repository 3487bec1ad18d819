"""OpenCV's cascades of Haar features, which its package brings along."""

from functools import cache
from threading import local

import cv2
import numpy as np
from cv2.data import haarcascades

from mie_x_lib.frames.faces import Face, FaceBox, crop

# The search runs on a copy whose shorter side has this many pixels: enough for the 24-pixel window of the cascade.
SEARCH_SIDE = 160
# Sides of an image, the longer by the shorter.
_LONGEST = 20
# A found box is measured again on a copy in which it is this many pixels wide.
MEASURE_SIDE = 60
# So many windows fire around a face whose eyes are not found. On 31 real photographs in which several places fire, 66
# or more do around such faces but one, and 39 or fewer around collars, ties and shoulders, where no eyes are found.
VOTES = 50
# So many do around a second face beside the first, which no collar is: of 75 pairs of portraits, 34, 37 and 48 where no
# eyes are found, beside three with 15 or fewer; around what lies beside a single person, 14 or fewer.
VOTES_BESIDE = 20
# Eyes are looked for on a copy in which the box is this many pixels wide.
EYES_SIDE = 160

_cascades = local()


def load(_weights: str | None = None):
    """`find_faces`; there is nothing to load."""
    return find_faces


def find_faces(image: np.ndarray, smallest: float = 0.2) -> list[Face]:
    """The frontal faces of an image (H, W, 3) uint8 RGB, the largest first; without landmarks.

    smallest: width of the smallest face looked for, as a fraction of the image's shorter side. In an image more than
    twenty times as long as wide, such as a banner, none is looked for.

    OpenCV's frontal-face cascade (Viola and Jones, CVPR 2001; Lienhart and Maydt, ICIP 2002), once as the image is and,
    if that finds nothing, with local contrast equalised. The width of its windows moves in steps of 10 % and their
    place with the image's scale, so a box is then measured again, twice, as the mean of all windows that fire around
    it in a copy scaled to a fixed face width. It fires at collars, ties and shoulders too: of several places, those
    count at which eyes are found or many windows fire, and those beside them at which some do, as what is worn lies
    beneath a face; if there is none, the one at which most do.
    """
    if max(image.shape[:2]) > _LONGEST * min(image.shape[:2]):
        return []
    scale = SEARCH_SIDE / min(image.shape[:2])
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    least = int(smallest * SEARCH_SIDE)
    for search in (small, cv2.createCLAHE(clipLimit=3.0, tileGridSize=(4, 4)).apply(small)):
        windows = _cascade("frontalface_default").detectMultiScale(search, 1.1, 3, 0, (least, least))
        if len(windows) > 0:
            found = [
                _measured(search, FaceBox(x + width / 2, y + height / 2, width), scale)
                for x, y, width, height in sorted(windows, key=lambda window: -window[2])
            ]
            return _confirmed(image, found)
    return []


def find_eyes(image: np.ndarray, box: FaceBox) -> np.ndarray | None:
    """The centres of the eyes (2, 2), x and y in pixels, the one at the left of the picture first.

    By OpenCV's eye cascade, one on each side of the upper part of a box of `find_faces`. None where one is not found.
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
    return np.array(eyes)


def _confirmed(image: np.ndarray, found: list[tuple[Face, int]]) -> list[Face]:
    """Of faces and their votes, those that are no collar; one alone needs no other sign."""
    if len(found) == 1:
        return [found[0][0]]
    sure = [face for face, votes in found if votes >= VOTES or find_eyes(image, face.box) is not None]
    sure = sure or [max(found, key=lambda face: face[1])[0]]
    return [
        face
        for face, votes in found
        if face in sure or (votes >= VOTES_BESIDE and all(_is_beside(face.box, other.box) for other in sure))
    ]


def _is_beside(box: FaceBox, other: FaceBox) -> bool:
    """Whether two boxes share no column of the picture."""
    return abs(box.x - other.x) > (box.side + other.side) / 2


def _measured(search: np.ndarray, window: FaceBox, scale: float) -> tuple[Face, int]:
    """The face of a window, and its votes: how many windows fire around it."""
    box, votes = _measure(search, _measure(search, window)[0])
    return Face(FaceBox(box.x / scale, box.y / scale, box.side / scale)), votes


def _measure(grey: np.ndarray, box: FaceBox) -> tuple[FaceBox, int]:
    """The mean of the windows that fire around a box, in a patch in which it is MEASURE_SIDE wide, and their number."""
    patch_side = int(1.7 * MEASURE_SIDE)
    patch = crop(grey, box, (patch_side / MEASURE_SIDE - 1) / 2, patch_side)
    least, most = int(0.6 * MEASURE_SIDE), int(1.5 * MEASURE_SIDE)
    found = _cascade("frontalface_default").detectMultiScale(patch, 1.05, 0, 0, (least, least), (most, most))
    if len(found) == 0:
        return box, 0
    windows = np.asarray(found, np.float64)
    centres = windows[:, :2] + windows[:, 2:] / 2 - patch_side / 2
    near = (np.abs(centres) < MEASURE_SIDE / 4).all(axis=1)
    if not near.any():
        return box, 0
    scale = box.side / MEASURE_SIDE
    shift = centres[near].mean(axis=0) * scale
    return FaceBox(box.x + shift[0], box.y + shift[1], windows[near, 2].mean() * scale), int(near.sum())


def _cascade(name: str) -> cv2.CascadeClassifier:
    """OpenCV's cascade; each thread has its own, since one cannot be used by two at a time."""
    if not hasattr(_cascades, "load"):
        _cascades.load = cache(lambda name: cv2.CascadeClassifier(f"{haarcascades}haarcascade_{name}.xml"))
    return _cascades.load(name)
