"""Action units of face crops, from one of several sources: the same 17, from 0 to 1, on the scale of each."""

import numpy as np
import pandas as pd

from mie_x_lib import plugins
from mie_x_lib.terms import AU_NAMES

_PACKAGE = f"{__name__}.sources"


def estimate(
    source: str,
    images: np.ndarray,
    crops: pd.DataFrame | None = None,
    clips: pd.DataFrame | None = None,
    **options,
) -> np.ndarray:
    """Action units (N, 17) float32, 0..1 on the SCALE of the source, in the order of `terms.AU_NAMES`.

    images: (N, H, W, 3) uint8 RGB crops; crops: their table, one row an image, and clips: the clip table, by which a
    source that can looks up what was measured; None for pictures of no clip, such as renders. options: the source's
    own. A row is NaN where the source found no face. Raises InputError for an unknown source, and as the source does.
    """
    module = plugins.load(_PACKAGE, source, "action_units: source")
    if crops is not None and hasattr(module, "read"):
        return module.read(crops, clips, **options)
    return module.estimate(images, **options)


def unmeasured(images: np.ndarray) -> np.ndarray:
    """As `estimate` gives action units where nothing measures them: (N, 17) float32, all NaN."""
    return np.full((len(images), len(AU_NAMES)), np.nan, np.float32)
