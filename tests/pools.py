"""Pools of AU triplets, made by hand."""

from collections.abc import Sequence

import numpy as np

from mie_x_lib.terms import LABEL_NAMES
from mie_x_lib.triplets import Pool


def pool(clips: Sequence[tuple[str, str, str]], labels: Sequence[int], apex, weights=None) -> Pool:
    """A pool whose onsets are all 0; apex: (n,) for all action units alike, or (n, 17)."""
    apex = np.asarray(apex, np.float32)
    apex = np.repeat(apex[:, None], 17, axis=1) if apex.ndim == 1 else apex
    weights = np.ones(len(clips)) if weights is None else np.asarray(weights, float)
    return Pool(
        list(clips), [LABEL_NAMES[label] for label in labels], np.asarray(labels), np.zeros_like(apex), apex, weights
    )
