"""A folder a sample with a PNG file a frame, laid out as the data set that was published with MiE-X (ECCV 2022)."""

import json
from pathlib import Path

import pandas as pd

from mie_x_lib.exports.card import Card
from mie_x_lib.exports.samples import COLUMNS, as_png, descriptions, read_frames
from mie_x_lib.files import write_csv, write_pieces

DATA_FILES = ("metadata.jsonl", "*/*.png")


def export(samples: pd.DataFrame, card: Card, folder: Path) -> None:
    """Write <identity>_<AU source>_<label>/0.png, 1.png, ... from onset to apex, and a row a sample, twice.

    labels.csv is for people; metadata.jsonl, in which text stays text, for `datasets.load_dataset`.
    """
    for name, frames in zip(samples["name"], read_frames(samples), strict=True):
        (folder / name).mkdir()
        for number, frame in enumerate(frames):
            (folder / name / f"{number}.png").write_bytes(as_png(frame))
    write_csv(samples[list(COLUMNS)], folder / "labels.csv")
    count = samples.attrs["shape"][0]
    lines = (f"{json.dumps(_files(row['name'], count) | row)}\n" for row in descriptions(samples))
    write_pieces(lines, folder / "metadata.jsonl")


def _files(name: str, count: int) -> dict:
    """The files of a sample, under the keys from which `datasets` makes the columns onset, between and apex."""
    onset, *between, apex = (f"{name}/{number}.png" for number in range(count))
    inner = {"between_file_names": between} if between else {}
    return {"onset_file_name": onset, **inner, "apex_file_name": apex}
