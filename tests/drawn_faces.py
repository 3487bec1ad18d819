"""Pictures of simulated people, and what happens to pictures."""

import cv2
import numpy as np

from mie_x_lib.corpora.simulated.performances import perform
from mie_x_lib.settings.corpora import Casting


def photographs(count: int, size: int = 200) -> list[np.ndarray]:
    """One photograph (size, size, 3) uint8 of each of so many people."""
    casting = Casting(kind="photograph", subjects=count, size=size)
    return [
        next(perform(subject, casting, np.random.default_rng(subject))).frames[0] for subject in range(1, count + 1)
    ]


def moved(image: np.ndarray, shift: tuple[float, float], scale: float = 1.0, degrees: float = 0.0) -> np.ndarray:
    """The image turned (clockwise in the picture) and scaled about its middle, then shifted, its edge repeated."""
    middle = (image.shape[1] / 2 - 0.5, image.shape[0] / 2 - 0.5)
    matrix = cv2.getRotationMatrix2D(middle, -degrees, scale)
    matrix[:, 2] += shift
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
