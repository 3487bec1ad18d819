"""The pictures of samples, one after the other, as the gallery looks at them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mie_x_lib import shards
from mie_x_lib.folds.sample_choice import of_first_people
from mie_x_lib.gallery.pictures import sample_text
from mie_x_lib.gallery.records import ASKED
from mie_x_lib.quality.pictures import change_measures

# What `list_pairs` has even of no shard.
_COLUMNS = (
    *("shard_path", "position", "id_source", "au_source", "sample", "label", "identity"),
    *("au_dataset", "au_subject", "au_clip", "au_emotion", *ASKED),
)


class ShownSample(NamedTuple):
    """What the page shows of a sample: its pictures as text, how many they are, and their change in grey levels."""

    text: str
    frames: int
    change: float


def show_sample(frames: np.ndarray) -> ShownSample:
    """Return what is shown of the frames of a sample, (T, H, W, 3) uint8; change as of `quality.pictures`."""
    change = change_measures(frames[None, [0, -1]], visible=1)["change_mean"]
    return ShownSample(sample_text(frames), len(frames), float(change.iloc[0]))


def list_pairs(paths: Iterable[str | Path], identities: int | None) -> pd.DataFrame:
    """Return the samples of shards in their order, as of `shards.read_samples`, of the first `identities` photographs
    of each source; None for all."""
    tables = [shards.read_samples(path) for path in paths] or [pd.DataFrame(columns=list(_COLUMNS))]
    return of_first_people(pd.concat(tables, ignore_index=True)[list(_COLUMNS)], identities).reset_index(drop=True)


def read_pairs(samples: pd.DataFrame) -> Iterator[np.ndarray]:
    """Read the frames, (T, H, W, 3) uint8, of each sample of `list_pairs`, one sample after the other."""
    reader = shards.ImageReader()
    for path, position in zip(samples["shard_path"], samples["position"], strict=True):
        yield reader.read(path, [position])[0]
    reader.close()


def read_photographs(paths: Iterable[str | Path], sources: Iterable[str]) -> dict[tuple[str, str], np.ndarray]:
    """Read photographs: {(identity source, identity): (H, W, 3) uint8}. sources: of each path its identity source."""
    return {
        (source, identity): image
        for path, source in zip(paths, sources, strict=True)
        for identity, image in zip(shards.read_table(path)["identity"], shards.read_images(path), strict=True)
    }
