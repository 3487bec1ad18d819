"""Whether anything moves between two frames of a face, or they differ by what cameras and codecs do to a still one."""

import cv2
import numpy as np

# What `moves` expects: crops at the face box without margin, of this many pixels. So a clip is still at every size of
# its own crops, or at none.
STILLNESS_SIDE = 98
# In pixels: noise differs from one to the next, and what moves does not.
BLUR = 1.0
# How far the strongest change stands out of the spread of all. Of noise alone, the strongest of so many pixels is 4 to
# 5 spreads away; the faintest micro-expression of the default experiment, 10.
SPREADS = 5.5
# Least spread that is believed, in grey levels: rounding and compression change clean pictures in few places.
LEAST_SPREAD = 0.4


def moves(onset: np.ndarray, other: np.ndarray) -> bool:
    """Whether what changes from one crop to the other, (STILLNESS_SIDE, STILLNESS_SIDE, 3) uint8 each, is no noise.

    In doubt it moves: a brow that rises by 0.4 % of the face is seen at the noise of usual cameras, and a still face
    that was compressed strongly may be taken to move. Brightness and contrast of the whole picture do not count.
    """
    before, after = (crop.mean(axis=2, dtype=np.float32) for crop in (onset, other))
    centred, change = before - before.mean(), after - after.mean()
    contrast = (centred * change).sum() / max((centred**2).sum(), 1.0)
    change = np.abs(cv2.GaussianBlur(change - contrast * centred, (0, 0), BLUR))
    # As the standard deviation of what is distributed normally (Rousseeuw and Croux, 1993).
    spread = 1.4826 * float(np.median(change))
    return float(change.max()) > SPREADS * max(spread, LEAST_SPREAD)
