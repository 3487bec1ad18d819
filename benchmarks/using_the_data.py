"""Samples a second that a reader of the data gets, by format and number of workers, as ratios within one run.

Shards of smooth random pictures are written and exported to a temporary folder, and each is read in random order where
its format allows, in batches of 32 as a training would take them: `PairDataset` with 0, 1 and 2 workers, the same with
the file opened for each sample, and the exports as docs/using_the_data.md reads them. Every round reads all of them
one after the other; a ratio is that of one round to `PairDataset` without workers, and the table has the medians.
"""

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import datasets
import h5py
import numpy as np
import pandas as pd
import torch
import webdataset
from torch.utils.data import DataLoader, Dataset

from benchmarks.rounds import against, rates, spread
from benchmarks.smooth_pairs import make_shards
from mie_x_lib import shards
from mie_x_lib.dataset import PairDataset
from mie_x_lib.exports import FORMATS, export
from mie_x_lib.exports.card import Card
from mie_x_lib.files import read_csv

BATCH = 32


class OpenedEachTime(Dataset):
    """What `PairDataset` would be without files that stay open."""

    def __init__(self, pairs: PairDataset):
        self.table = pairs.table

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        path, position, label = self.table.loc[index, ["shard_path", "position", "label"]]
        return torch.from_numpy(shards.read_images(path, [position])[0]), int(label)


def read_with(dataset: Dataset, workers: int) -> int:
    loader = DataLoader(dataset, BATCH, shuffle=True, num_workers=workers)
    return sum(len(labels) for _, labels in loader)


def read_folder(folder: Path) -> int:
    table = read_csv(folder / "labels.csv").sample(frac=1, random_state=0)
    for name in table["name"]:
        np.stack([cv2.imread(f"{folder}/{name}/{frame}.png")[..., ::-1] for frame in (0, 1)])
    return len(table)


def read_webdataset(folder: Path) -> int:
    files = [str(path) for path in sorted(folder.glob("*.tar"))]
    found = webdataset.WebDataset(files, shardshuffle=False).shuffle(1000).decode("rgb8")
    return sum(1 for _ in found.to_tuple("0.png", "1.png", "cls", "json"))


def read_huggingface(folder: Path) -> int:
    found = datasets.load_dataset(str(folder), split="train", cache_dir=str(folder / "cache"))
    order = np.random.default_rng(0).permutation(len(found))
    for row in order.tolist():
        sample = found[row]
        np.stack([np.asarray(sample["onset"]), np.asarray(sample["apex"])])
    return len(found)


def read_hdf5(path: Path) -> int:
    with h5py.File(path) as file:
        images = file["images"]
        for row in np.random.default_rng(0).permutation(len(images)).tolist():
            images[row]
        return len(images)


def measure(count: int, samples: int, size: int, rounds: int) -> pd.DataFrame:
    """One row a reader: reader, samples a second, ratio to `PairDataset` without workers."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        paths = make_shards(folder, count, samples, size)
        card = Card("# measured\n", json.dumps({"name": "measured"}))
        for name in FORMATS:
            export(name, paths, card, folder / name)
        pairs = PairDataset.from_shards(paths)
        readers: dict[str, Callable[[], int]] = {
            "PairDataset, no worker": lambda: read_with(pairs, 0),
            "PairDataset, 1 worker": lambda: read_with(pairs, 1),
            "PairDataset, 2 workers": lambda: read_with(pairs, 2),
            "files opened each time, no worker": lambda: read_with(OpenedEachTime(pairs), 0),
            "folder": lambda: read_folder(folder / "folder"),
            "webdataset": lambda: read_webdataset(folder / "webdataset"),
            "huggingface": lambda: read_huggingface(folder / "huggingface"),
            "hdf5": lambda: read_hdf5(folder / "hdf5/measured.h5"),
        }
        found = rates(readers, rounds)
    ratios = against(found, "PairDataset, no worker")
    rows = [(name, spread(of), round(ratios[name], 2)) for name, of in found.items()]
    return pd.DataFrame(rows, columns=["reader", "samples a second", "ratio"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=12)
    parser.add_argument("--samples", type=int, default=250, help="of each shard")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    print(measure(asked.shards, asked.samples, asked.size, asked.rounds).to_markdown(index=False))


if __name__ == "__main__":
    main()
