"""Parquet files, as the Hugging Face hub keeps them, for `datasets.load_dataset` and whoever reads Parquet."""

import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import datasets
import pandas as pd

from mie_x_lib.exports.card import Card
from mie_x_lib.exports.samples import TEXTS, as_png, descriptions, read_frames
from mie_x_lib.randomness import stable_hash
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES

DATA_FILES = ("data/*.parquet",)
_SAMPLES_PER_FILE = 5000


def export(samples: pd.DataFrame, card: Card, folder: Path) -> None:
    """Write data/train-....parquet with the columns onset, apex, label, the AUs of both, and where the sample is from.

    Samples of more than two frames have those on the way in a column `between`.
    """
    is_video = samples.attrs["shape"][0] > 2
    units = datasets.List(datasets.Value("float32"), length=len(AU_NAMES))
    features = datasets.Features(
        {
            "name": datasets.Value("string"),
            "onset": datasets.Image(),
            **({"between": datasets.List(datasets.Image())} if is_video else {}),
            "apex": datasets.Image(),
            "label": datasets.ClassLabel(names=list(LABEL_NAMES)),
            "onset_aus": units,
            "apex_aus": units,
            "sample": datasets.Value("int64"),
            **{name: datasets.Value("string") for name in TEXTS},
        }
    )
    # Of what is exported, not of when: the library's own would give other bytes each time.
    fingerprint = f"{stable_hash(card.name, *samples['name']):032x}"[:16]
    datasets.disable_progress_bars()
    with TemporaryDirectory(dir=folder) as cache:
        made = datasets.Dataset.from_generator(
            _rows,
            features=features,
            cache_dir=cache,
            gen_kwargs={"samples": _Held(samples), "is_video": is_video},
            fingerprint=fingerprint,
            writer_batch_size=100,
        )
        files = math.ceil(len(samples) / _SAMPLES_PER_FILE)
        (folder / "data").mkdir()
        for number in range(files):
            part = made.shard(files, number, contiguous=True)
            part.to_parquet(folder / f"data/train-{number:05}-of-{files:05}.parquet")


class _Held:
    """A table as one argument: the library takes lists apart, and a table for a list."""

    def __init__(self, table: pd.DataFrame):
        self.table = table


def _rows(samples: _Held, is_video: bool) -> Iterator[dict]:
    for described, frames in zip(descriptions(samples.table), read_frames(samples.table), strict=True):
        onset, *between, apex = ({"bytes": as_png(frame), "path": None} for frame in frames)
        pictures = {"onset": onset, "apex": apex} | ({"between": between} if is_video else {})
        units = {name: list(described[name].values()) for name in ("onset_aus", "apex_aus")}
        yield {name: described[name] for name in ("name", "label", "sample", *TEXTS)} | pictures | units
