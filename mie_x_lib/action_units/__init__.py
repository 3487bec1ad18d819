"""Action units of face crops, from one of several sources; all give the same 17, on the same scale."""

from importlib import import_module

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError

# Sources that look at the crops, and sources that look up what was measured before.
ESTIMATORS = {"embedded": "mie_x_lib.action_units.embedded", "pyfeat": "mie_x_lib.action_units.pyfeat"}
READERS = {"openface": "mie_x_lib.action_units.openface"}


def estimate(source: str, images: np.ndarray, crops: pd.DataFrame, **options) -> np.ndarray:
    """Action units (N, 17) float32, 0..1 (OpenFace's scale divided by 5), in the order of `terms.AU_NAMES`.

    images: (N, H, W, 3) uint8 RGB crops; crops: their table, one row an image; options: the source's own. A row is NaN
    where the source found no face. Raises InputError for an unknown source, and as the source does.
    """
    if source in ESTIMATORS:
        return import_module(ESTIMATORS[source]).estimate(images, **options)
    if source in READERS:
        return import_module(READERS[source]).read(crops, **options)
    raise InputError(f"action_units: source is {source!r}; expected one of {', '.join([*ESTIMATORS, *READERS])}.")
