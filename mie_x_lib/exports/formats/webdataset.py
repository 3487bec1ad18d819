"""Tar files for the library webdataset, which reads them one after the other, from disks and over networks."""

import json
import math
from pathlib import Path

import pandas as pd
import webdataset

from mie_x_lib.exports.card import Card
from mie_x_lib.exports.samples import as_png, descriptions, read_frames
from mie_x_lib.randomness import stable_hash

DATA_FILES = ("*.tar",)
# A worker of a loader reads files of its own: there are as many as loaders usually have, and none that is unwieldy.
_LEAST_FILES = 16
_SAMPLES_PER_FILE = 5000


def export(samples: pd.DataFrame, card: Card, folder: Path) -> None:
    """Write 000000.tar, ...: of each sample 0.png, 1.png, ... from onset to apex, cls (its label) and json (all else).

    Samples come in an order drawn once, so that neighbours are of all labels and sources for whoever reads on in a row.
    """
    order = samples["name"].map(lambda name: stable_hash("webdataset", name)).sort_values().index
    shuffled = samples.loc[order]
    count = len(shuffled)
    file_count = min(count, max(_LEAST_FILES, math.ceil(count / _SAMPLES_PER_FILE)))
    # Files differ by one sample at most, or a worker would be done long before the others.
    starts = {number * count // file_count for number in range(1, file_count)}
    files = webdataset.ShardWriter(
        f"{folder}/%06d.tar", maxcount=count + 1, maxsize=math.inf, verbose=0, mtime=0, user="", group=""
    )
    with files:
        samples_of = zip(descriptions(shuffled), read_frames(shuffled), strict=True)
        for place, (description, frames) in enumerate(samples_of):
            if place in starts:
                files.next_stream()
            pictures = {f"{number}.png": as_png(frame) for number, frame in enumerate(frames)}
            label = str(description["label"]).encode()
            files.write(
                {"__key__": description["name"], "cls": label, "json": json.dumps(description).encode()} | pictures
            )
