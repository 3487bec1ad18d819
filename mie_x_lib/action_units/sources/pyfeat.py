"""Action units by py-feat (Cheong et al., Affective Science 2023), for photographs and videos of real people."""

from typing import Any

import numpy as np
import pandas as pd

from mie_x_lib.action_units.pyfeat_hub import from_hub, offline
from mie_x_lib.errors import InputError
from mie_x_lib.progress import bar
from mie_x_lib.terms import AU_NAMES

# A probability that a unit is active is no intensity: both are 0 to 1, and agree on which unit moves, not on how far.
SCALE = "probability"
PROGRAM = "py-feat 2.1.5"
# py-feat has no AU45 (blink); AU43 (eyes closed) is the same movement held.
COLUMNS = ["AU43" if au == "AU45" else au for au in AU_NAMES]
# What else py-feat could measure is left out; in its place in v2's 16 bits, a GPU would give other values than a CPU.
DETECTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "v2": ("Detectorv2", {"identity_model": None, "amp": False}),
    "v1": ("Detectorv1", {"emotion_model": None, "identity_model": None, "gaze_model": None}),
}


def estimate(images: np.ndarray, detector: str = "v2", batch_size: int = 16) -> np.ndarray:
    """Action units (N, 17) float32, 0..1, of face crops (N, H, W, 3) uint8 RGB, by a detector of py-feat.

    The values are probabilities that a unit is active. The largest face of an image counts; a row is NaN where py-feat
    finds none. Runs on a GPU if there is one.
    detector: a key of `DETECTORS`. batch_size: crops in one pass; does not change the values beyond rounding.
    Raises InputError as `load` does.
    """
    import torch

    network = load(detector)
    found = [np.empty((0, len(COLUMNS)), np.float32)]
    # Offline, since py-feat looks for weights that are not needed again with each batch.
    with offline():
        for start in bar(range(0, len(images), batch_size), "estimating action units", "batch"):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + batch_size].transpose(0, 3, 1, 2)))
            faces = network.detect(batch, data_type="tensor", batch_size=batch_size, progress_bar=False)
            found.append(_largest(pd.DataFrame(faces), len(batch)))
    return np.concatenate(found)


def _largest(faces: pd.DataFrame, count: int) -> np.ndarray:
    """Action units (count, 17) float32 of the largest face of each of `count` images; NaN where there is none."""
    area = faces["FaceRectWidth"] * faces["FaceRectHeight"]
    largest = faces.assign(area=area).sort_values("area", kind="stable").drop_duplicates("frame", keep="last")
    return largest.set_index("frame")[COLUMNS].reindex(range(count)).to_numpy(np.float32)


def load(detector: str):
    """py-feat's detector of that name, on a GPU if there is one.

    Raises InputError for an unknown name, and for weights that are neither here nor to be had.
    """
    if detector not in DETECTORS:
        raise InputError(f"action_units.pyfeat: detector is {detector!r}; expected one of {', '.join(DETECTORS)}.")
    import feat
    import torch

    name, options = DETECTORS[detector]
    # Inside, because py-feat switches gradients off for the whole process.
    with torch.no_grad():
        return from_hub(lambda: getattr(feat, name)(device="auto", **options), f"action_units: py-feat's {name}")
