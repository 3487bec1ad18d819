"""Action units of face crops, from one of several sources; all give the same 17, on the same scale."""

import numpy as np
import pandas as pd

from mie_x_lib import plugins

_PACKAGE = f"{__name__}.sources"
SOURCES = plugins.names(_PACKAGE)


def estimate(source: str, images: np.ndarray, crops: pd.DataFrame, **options) -> np.ndarray:
    """Action units (N, 17) float32, 0..1 (OpenFace's scale divided by 5), in the order of `terms.AU_NAMES`.

    images: (N, H, W, 3) uint8 RGB crops; crops: their table, one row an image; options: the source's own. A row is NaN
    where the source found no face. Raises InputError for an unknown source, and as the source does.
    """
    module = plugins.load(_PACKAGE, source, "action_units: source")
    if hasattr(module, "estimate"):
        return module.estimate(images, **options)
    return module.read(crops, **options)
