"""Pairs a second in the training of Branches, beside the data path of the paper's code, stage by stage within one run.

The other path is restated from the public code of MiE-X: every frame is a JPEG file, which Pillow reads and torchvision
enlarges to 256 pixels, turns, recolours and crops to 224, each frame by itself, in two worker processes; the network
computes in float32, channels-first, with Adam as it is by default. Ours reads shards, once where the device holds the
pairs, and augments whole batches beside the network (`mie_x_lib.classifiers.training`), in the precision that the
hardware is made for and in float32.

Every round does all works one after the other; a ratio is that of one round to the other path's work of the same
stage, and the table has medians, with the least and the most of the rounds. Pairs are random pictures, smooth and with
noise.
"""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.rounds import against, rates, spread
from benchmarks.smooth_pairs import make_shards
from mie_x_lib import shards
from mie_x_lib.classifiers.networks.branches import Branches
from mie_x_lib.classifiers.training import augment, train_classifier
from mie_x_lib.dataset import ShardImages, held_where_few
from mie_x_lib.learning.devices import default_device
from mie_x_lib.settings.recognition import ClassifierSettings

BATCH, WORKERS = 32, 2
# Pairs that the other path sees in a round, at most: each takes as long as another.
SEEN_BY_OTHER = 480
OTHER = "JPEG, Pillow, frame by frame"


class JpegPairs(Dataset):
    """Pairs of JPEG files and their labels, each frame augmented by itself."""

    def __init__(self, folder: Path, labels: np.ndarray, augmented: bool = True):
        self._folder, self._labels = folder, labels
        steps = [
            transforms.Resize((256, 256)),
            transforms.RandomRotation(10),
            transforms.ColorJitter(0.2, 0.2, 0.2, 0.2),
            transforms.RandomCrop((224, 224)),
        ]
        self._prepare = transforms.Compose(
            [*(steps if augmented else []), transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.5] * 3)]
        )

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        frames = [Image.open(self._folder / f"{index}_{frame}.jpg").convert("RGB") for frame in (0, 1)]
        return torch.stack([self._prepare(frame) for frame in frames]), int(self._labels[index])


def write_jpegs(folder: Path, pairs: np.ndarray) -> None:
    folder.mkdir()
    for number, pair in enumerate(pairs):
        for frame, picture in enumerate(pair):
            cv2.imwrite(str(folder / f"{number}_{frame}.jpg"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def walk(loader: DataLoader) -> int:
    return sum(len(labels) for _, labels in loader)


def learn_plainly(network: nn.Module, batches, device: torch.device) -> int:
    """An epoch as the public code has it."""
    optimiser = torch.optim.Adam(network.parameters(), 1e-4, weight_decay=5e-4)
    network.train()
    seen = 0
    for images, labels in batches:
        loss = functional.cross_entropy(network(images.to(device)), labels.to(device))
        optimiser.zero_grad()
        loss.backward()
        for part in network.children():
            nn.utils.clip_grad_norm_(part.parameters(), 1)
        optimiser.step()
        seen += len(labels)
    return seen


def stages(folder: Path, count: int, size: int, width: int, epochs: int) -> dict[str, dict[str, Callable[[], float]]]:
    """The works of each stage, by the path; a work returns how many pairs it saw."""
    device = default_device()
    paths = make_shards(folder, 1, count, size)
    table = shards.read_samples(paths[0])
    labels, ours = table["label"].to_numpy(copy=True), ShardImages(table)
    few = min(count, SEEN_BY_OTHER)
    write_jpegs(folder / "jpeg", shards.read_images(paths[0], range(few)))
    read_alone = DataLoader(JpegPairs(folder / "jpeg", labels[:few], augmented=False), BATCH, shuffle=True)
    prepared = DataLoader(JpegPairs(folder / "jpeg", labels[:few]), BATCH, shuffle=True, num_workers=WORKERS)
    held = [(torch.rand(BATCH, 2, 3, 224, 224), torch.zeros(BATCH, dtype=torch.long))] * -(-few // BATCH)
    draws = torch.Generator().manual_seed(0)

    def settings(precision: str) -> ClassifierSettings:
        return ClassifierSettings(epochs=epochs, batch_size=BATCH, precision=precision, flip=False)

    def batches() -> list[np.ndarray]:
        order = np.random.default_rng(0).permutation(count)
        return [order[start : start + BATCH] for start in range(0, count, BATCH)]

    def on_one_core(read: Callable[[], int]) -> int:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        seen = read()
        torch.set_num_threads(threads)
        return seen

    def read_ours() -> int:
        return sum(len(ours[batch]) for batch in batches())

    def prepare_ours() -> int:
        chosen = settings("float32")
        return sum(len(augment(torch.from_numpy(ours[batch]).to(device), chosen, draws)) for batch in batches())

    def plainly(loader) -> int:
        return learn_plainly(Branches(width).to(device), loader, device)

    def train_ours(precision: str) -> int:
        train_classifier(Branches(width), held_where_few(ours), labels, settings(precision), 0, device=device)
        return count * epochs

    return {
        "reading, one core": {
            OTHER: lambda: on_one_core(lambda: walk(read_alone)),
            "shards": lambda: on_one_core(read_ours),
        },
        "reading and augmentation": {
            f"{OTHER}, {WORKERS} workers": lambda: walk(prepared),
            "shards, by batches": prepare_ours,
        },
        "the network alone": {"float32, channels-first": partial(plainly, held)},
        "training": {
            f"{OTHER}, {WORKERS} workers": partial(plainly, prepared),
            "shards, float32": partial(train_ours, "float32"),
            "shards, precision auto": partial(train_ours, "auto"),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=64, help="of an epoch (%(default)s)")
    parser.add_argument("--size", type=int, default=128, help="side of the pictures as stored (%(default)s)")
    parser.add_argument("--width", type=int, default=64, help="channels of the first stage (%(default)s)")
    parser.add_argument("--epochs", type=int, default=1, help="of a training from shards (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count (%(default)s)")
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for stage, works in stages(Path(folder), asked.pairs, asked.size, asked.width, asked.epochs).items():
            found = rates(works, asked.rounds)
            ratios = against(found, next(iter(works)))
            rows += [(stage, path, spread(found[path]), f"{ratios[path]:.2f}") for path in works]
    columns = ["stage", "path", "pairs a second", "ratio"]
    print(pd.DataFrame(rows, columns=columns).to_markdown(index=False, disable_numparse=True))


if __name__ == "__main__":
    main()
