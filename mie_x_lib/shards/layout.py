"""How image files are laid out: what the writer writes is what the checks expect."""

import hashlib
import math

import numpy as np
import pandas as pd

from mie_x_lib.shards.stored_streams import StoredStreams
from mie_x_lib.terms import APEX_AUS, AU_NAMES, LABEL_NAMES, ONSET_AUS

SCHEMA_VERSION = 2
REMEDY = "delete the file and let its rule make it again"
VOCABULARY = {"schema_version": SCHEMA_VERSION, "au_names": list(AU_NAMES), "label_names": list(LABEL_NAMES)}
# The attribute with the SHA-256 of all others: HDF5 keeps no checksum of those that are large.
CHECKSUM = "checksum"
# Bytes of one image: no camera of the field gives more, and a file cannot ask for more memory than this at a time.
_LARGEST_IMAGE = 2**28
# Crops of a clip whose emotion is none of the three have no label.
_NO_LABEL = -1


def checksum_of(texts: dict[str, np.bytes_]) -> np.bytes_:
    """SHA-256 of attributes by name."""
    return np.bytes_(
        hashlib.sha256(repr(sorted((name, bytes(text)) for name, text in texts.items())).encode()).hexdigest()
    )


def is_image_shape(shape: tuple[int, ...]) -> bool:
    """Whether a file may hold images of this shape, (N, H, W, 3) or (N, T, H, W, 3)."""
    is_picture = len(shape) == 4 or (len(shape) == 5 and shape[1] >= 2)
    return is_picture and shape[-1] == 3 and 0 < math.prod(shape[-3:]) <= _LARGEST_IMAGE


def are_samples(shape: tuple[int, ...]) -> bool:
    """Whether images of a shape, that of one or of all of them, are the frames of samples and not single pictures."""
    return len(shape) == 5


def chunk_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a chunk, one picture, where a row has `shape`, (H, W, 3) or (T, H, W, 3)."""
    return (1,) * (len(shape) - 2) + shape[-3:]


def streams_of(shape: tuple[int, ...]) -> StoredStreams:
    """How a picture of images of this shape, (..., H, W, 3), is stored: a chunk is such a stream."""
    return StoredStreams(int(math.prod(shape[-3:])))


def fault_of_values(table: pd.DataFrame, is_samples: bool) -> str | None:
    """What labels or action units of a table cannot be; None for nothing. Crops alone may have no label."""
    if "label" in table:
        least = 0 if is_samples else _NO_LABEL
        is_label = table["label"].isin(range(least, len(LABEL_NAMES)))
        if not is_label.all() or not pd.api.types.is_integer_dtype(table["label"]):
            found = table["label"][~is_label].tolist()[:1] or [f"of type {table['label'].dtype}"]
            return f"label is {found[0]}, expected a whole number from {least} to {len(LABEL_NAMES) - 1}"
    for name in table.columns.intersection([*ONSET_AUS, *APEX_AUS]):
        is_intensity = table[name].between(0, 1)
        if not is_intensity.all():
            return f"{name} is {table[name][~is_intensity].iloc[0]}, expected a number from 0 to 1"
    return None
