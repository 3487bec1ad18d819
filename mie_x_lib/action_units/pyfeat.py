"""Action units by py-feat (Cheong et al., Affective Science 2023), for photographs and videos of real people."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.terms import AU_NAMES

# py-feat has no AU45 (blink); AU43 (eyes closed) is the same movement held.
COLUMNS = ["AU43" if au == "AU45" else au for au in AU_NAMES]


def estimate(images: np.ndarray, batch_size: int = 16) -> np.ndarray:
    """Action units (N, 17) float32, 0..1, of face crops (N, H, W, 3) uint8 RGB, by py-feat's Detectorv2.

    The values are probabilities that a unit is active and stand in for OpenFace's intensities divided by 5. The largest
    face of an image counts; a row is NaN where py-feat finds none. Runs on a GPU if there is one.
    Raises InputError if the weights, which py-feat takes from the Hugging Face hub, are neither here nor to be had.
    """
    import torch

    detector = _load_detector()
    pictures = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))
    faces = pd.DataFrame(detector.detect(pictures, data_type="tensor", batch_size=batch_size, progress_bar=False))
    faces["area"] = faces["FaceRectWidth"] * faces["FaceRectHeight"]
    largest = faces.sort_values("area", kind="stable").drop_duplicates("frame", keep="last").set_index("frame")
    return largest[COLUMNS].reindex(range(len(images))).to_numpy(np.float32)


def _load_detector():
    import feat
    from huggingface_hub.errors import LocalEntryNotFoundError

    with _without_retries_when_offline():
        try:
            return feat.Detectorv2(device="auto", identity_model=None)
        except LocalEntryNotFoundError as error:
            raise InputError(
                "action_units.source is pyfeat, but py-feat's weights are not installed and the Hugging Face hub cannot"
                ' be reached; run `python -c "import feat; feat.Detectorv2(identity_model=None)"` once in this'
                " environment with a network, or take the source openface."
            ) from error


@contextmanager
def _without_retries_when_offline() -> Iterator[None]:
    """Tell the hub's client at once that there is no network: on its own it tries for most of a minute."""
    from huggingface_hub import constants

    asked_for = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = asked_for or not _answers(constants.ENDPOINT)
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = asked_for


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5):
            return True
    except (URLError, TimeoutError):
        return False
