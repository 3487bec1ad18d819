"""One HDF5 file with all images, their table and the card: a shard that needs no other file."""

from pathlib import Path

import pandas as pd

from mie_x_lib.exports.card import Card
from mie_x_lib.exports.samples import COLUMNS, read_frames
from mie_x_lib.shards import write_stream

DATA_FILES = ("*.h5",)


def export(samples: pd.DataFrame, card: Card, folder: Path) -> None:
    """Write <name of the data set>.h5: images (N, T, H, W, 3) uint8, columns/<name of each>, attributes in JSON.

    Attributes: card, card_markdown, frames, and what every image file of the project has.
    """
    shape = samples.attrs["shape"]
    attributes = {"card": card.content, "card_markdown": card.markdown, "frames": shape[0]}
    write_stream(folder / f"{card.name}.h5", read_frames(samples), shape, samples[list(COLUMNS)], attributes)
