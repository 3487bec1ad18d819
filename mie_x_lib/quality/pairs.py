"""What the check of a generator and the measurement of renders both take of single pairs."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mie_x_lib.quality.fidelity import identity_kept
from mie_x_lib.quality.pictures import change_measures, picture_measures
from mie_x_lib.terms import APEX_AUS, ONSET_AUS

# It takes images (N, H, W, 3) uint8 and returns action units (N, 17), NaN where it finds no face.
Estimator = Callable[[np.ndarray], np.ndarray]


def pair_measures(pairs: np.ndarray, people: np.ndarray, faces: np.ndarray, visible: float) -> pd.DataFrame:
    """Return every measure that a single pair has, one row a pair: a column each.

    pairs: (N, 2, H, W, 3) uint8. people: (N,) row of each pair's photograph in `faces` (K, H, W, 3) uint8. visible: as
    of `pictures.change_measures`.
    """
    kept = pd.DataFrame({"identity_kept": identity_kept(pairs, people, faces)})
    return kept.join(change_measures(pairs, visible)).join(picture_measures(pairs, faces[people]))


def pair_action_units(pairs: np.ndarray, estimate: Estimator) -> np.ndarray:
    """Return the action units of pairs (N, 2, H, W, 3) uint8 at onset and apex: (N, 2, 17)."""
    return np.stack([estimate(pairs[:, frame]) for frame in (0, 1)], axis=1)


def asked_action_units(samples: pd.DataFrame) -> np.ndarray:
    """Return the action units that N samples ask for, at onset and apex: (N, 2, 17)."""
    return np.stack([samples[list(names)].to_numpy(float) for names in (ONSET_AUS, APEX_AUS)], axis=1)
