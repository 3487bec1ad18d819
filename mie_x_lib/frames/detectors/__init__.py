"""What finds faces: one module a detector, chosen by name."""

from collections.abc import Callable
from functools import cache

import numpy as np

from mie_x_lib import plugins
from mie_x_lib.frames.detectors.haar import find_eyes
from mie_x_lib.frames.faces import Face

# From an image (H, W, 3) uint8 RGB, and the width of the smallest face looked for as a fraction of the image's shorter
# side, to the faces, the largest first.
Detector = Callable[[np.ndarray, float], list[Face]]


@cache
def load_detector(name: str, weights: str | None = None) -> Detector:
    """The detector of that name, loaded once; any number of threads may use it.

    weights: the file of yunet; the others bring or fetch their own. Raises InputError for an unknown name, and where
    weights are missing.
    """
    return plugins.load(__name__, name, "frames: detector").load(weights)


def eyes_of(image: np.ndarray, face: Face) -> np.ndarray | None:
    """The centres of the eyes, (2, 2) pixels, by the detector of the face, or else by OpenCV's eye cascade.

    image: the one that the face was found in. None where an eye is not found.
    """
    return find_eyes(image, face.box) if face.landmarks is None else face.landmarks[:2]
