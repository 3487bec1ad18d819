"""A folder a sample with a PNG file a frame, laid out as the data set that was published with MiE-X (ECCV 2022)."""

from pathlib import Path

import pandas as pd

from mie_x_lib.exports.card import Card
from mie_x_lib.exports.samples import COLUMNS, as_png, read_frames
from mie_x_lib.files import write_csv


def export(samples: pd.DataFrame, card: Card, folder: Path) -> None:
    """Write <identity>_<AU source>_<label>/0.png, 1.png, ... from onset to apex, and labels.csv, a row a sample."""
    for name, frames in zip(samples["name"], read_frames(samples), strict=True):
        (folder / name).mkdir()
        for number, frame in enumerate(frames):
            (folder / name / f"{number}.png").write_bytes(as_png(frame))
    write_csv(samples[list(COLUMNS)], folder / "labels.csv")
