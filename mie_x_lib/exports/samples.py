"""What all exports share: the samples of a data set, their names, and their frames one after the other."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mie_x_lib import shards
from mie_x_lib.errors import InputError
from mie_x_lib.folds.sample_choice import of_first_people, with_few_clips, with_few_samples
from mie_x_lib.progress import bar
from mie_x_lib.terms import APEX_AUS, AU_NAMES, LABEL_NAMES, ONSET_AUS

TEXTS = ("identity", "id_source", "au_source", "au_dataset", "au_subject", "au_clip", "au_emotion")
# What an export says of a sample.
COLUMNS = ("name", "label", "label_name", "sample", *TEXTS, *ONSET_AUS, *APEX_AUS)
# Samples that are described at a time.
_AT_A_TIME = 1000


def list_samples(
    paths: Iterable[str | Path],
    identities: int | None = None,
    clips: int | None = None,
    samples: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return the samples of some shards in their order: `COLUMNS`, and shard_path and position, where it lies.

    identities, clips, samples, seed: a variant's limits, as of `compose_training_set`, but that no sample is
    there twice; None for all.

    Names are <identity>_<AU source>_<label>, as in the data set that was published with MiE-X (ECCV 2022), the identity
    preceded by its source where there are several; they are unique in upper and lower case, and of letters, digits, `-`
    and `_` alone. `attrs["shape"]` is the shape of a sample, (T, H, W, 3). Raises InputError as `exports.export` does.
    """
    paths = list(paths)
    shape = _common_shape(paths)
    table = pd.concat([shards.read_samples(path) for path in paths], ignore_index=True)
    table = with_few_clips(of_first_people(table, identities), clips, seed)
    table = with_few_samples(table, samples, seed).reset_index(drop=True)
    table["name"] = _names(table)
    table["label_name"] = table["label"].map(dict(enumerate(LABEL_NAMES)))
    table = table[[*COLUMNS, "shard_path", "position"]]
    table.attrs["shape"] = shape
    return table


def read_frames(samples: pd.DataFrame) -> Iterator[np.ndarray]:
    """Read the frames (T, H, W, 3) uint8 of each sample of `list_samples`, one sample after the other."""
    reader = shards.ImageReader()
    places = zip(samples["shard_path"], samples["position"], strict=True)
    for path, position in bar(places, "exporting", "sample", total=len(samples)):
        yield reader.read(path, [position])[0]
    reader.close()


def descriptions(samples: pd.DataFrame) -> Iterator[dict]:
    """What is known of each sample, as JSON can hold it: label, sources, and the AUs of onset and apex by name."""
    # All at a time they take more memory than the table.
    for part in (samples.iloc[start : start + _AT_A_TIME] for start in range(0, len(samples), _AT_A_TIME)):
        plain = part[["name", "label", "label_name", "sample", *TEXTS]].to_dict("records")
        onsets, apexes = (action_units(part, names) for names in (ONSET_AUS, APEX_AUS))
        for row, onset, apex in zip(plain, onsets, apexes, strict=True):
            yield row | {
                "onset_aus": dict(zip(AU_NAMES, onset, strict=True)),
                "apex_aus": dict(zip(AU_NAMES, apex, strict=True)),
            }


def action_units(samples: pd.DataFrame, names: Iterable[str]) -> list[list[float]]:
    """The AUs of each sample, 0..1, with no more digits than their 32 bits hold."""
    return [[float(str(value)) for value in row] for row in samples[list(names)].to_numpy(np.float32)]


def as_png(image: np.ndarray) -> bytes:
    """An RGB image (H, W, 3) uint8 as the bytes of a PNG file, lossless."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()


def _common_shape(paths: list[str | Path]) -> tuple[int, ...]:
    if not paths:
        raise InputError("export: no shard was given, expected one at least; name a variant with sources")
    shapes = {str(path): shards.image_shape(path)[1:] for path in paths}
    first = shapes[str(paths[0])]
    for path, shape in shapes.items():
        if len(shape) != 4 or shape != first:
            raise InputError(
                f"{path}: its samples are {shape}, expected (frames, height, width, 3), the same in all shards; render "
                "all shards with one image size and number of frames"
            )
    return first


def _names(samples: pd.DataFrame) -> pd.Series:
    identity = samples["identity"]
    if len(samples["id_source"].unique()) > 1:
        identity = samples["id_source"].str.cat(identity, sep="-")
    identity, source = identity.map(_safe), samples["au_source"].map(_safe)
    ends = source + "_" + samples["label"].astype(str)
    # Two identities may differ in no more than the signs that file systems do not take, or in upper and lower case.
    alike = (identity + "_" + ends).str.casefold().duplicated(keep=False)
    numbered = identity + "-" + (samples["sample"] // len(LABEL_NAMES)).astype(str)
    names = identity.mask(alike, numbered) + "_" + ends
    repeated = names[names.str.casefold().duplicated()]
    if len(repeated):
        raise InputError(
            f"export: two samples have the name {repeated.iloc[0]}; take every shard once, and rename a source or "
            "photograph of that name"
        )
    return names


def _safe(text: str) -> str:
    """The text with a `-` for what is neither letter, digit, `-` nor `_`, and no longer than file systems allow."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", text)[:100]
