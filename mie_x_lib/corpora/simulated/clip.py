"""What a simulated person performs, before it is written in a dataset's layout."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SimulatedClip:
    """One performance of one simulated person.

    subject, number: counted from 1; `number` counts the clips of the subject.
    emotion: a key of `terms.EMOTION_LABELS`, or "" for a photograph or a training clip.
    frames: (n, H, W, 3) uint8 RGB. onset, apex, offset: indices into frames. fps: frames a second.
    aus: (n, 17) float32, the true AU intensities 0..1 in the order of `terms.AU_NAMES`.
    """

    subject: int
    number: int
    emotion: str
    frames: np.ndarray
    onset: int
    apex: int
    offset: int
    fps: float
    aus: np.ndarray
