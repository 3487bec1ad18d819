"""Samples of rendered data sets, and pairs of real clips, from image files."""

import operator
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.utils.data import Dataset

from mie_x_lib import shards
from mie_x_lib.errors import InputError, refuse_no_file
from mie_x_lib.files import read_csv
from mie_x_lib.learning.devices import default_device
from mie_x_lib.terms import CLIP_NAME

ONSET_AND_APEX = (0, -1)
# Bytes of pairs that are held in memory while a network trains; more are read again for each batch of each epoch.
_HELD = 2**30
# Share of a GPU's free memory that they may take; the network needs the rest.
_HELD_BY_A_GPU = 0.5
# Pairs that are read at a time on their way to where they are held.
_BLOCK = 1024
# What a shard and a table that names its samples both say of a sample.
_WHICH = ("sample", "au_dataset", "au_subject", "id_dataset", "identity")


class PairDataset(Dataset):
    """Rendered samples and their labels, read when asked for, in any number of processes at once.

    `dataset[i]` is the images (2, H, W, 3) uint8 of onset and apex, and the label: what a plain `DataLoader` makes
    batches of, with any number of workers; TypeError where `i` is no whole number. In shards a label is 0 negative, 1
    positive, 2 surprise; in a training set it is the number of a class of its evaluation, which may have other classes.
    `dataset.table` says what a sample is, and `dataset.labels`, (N,) int64, are all labels.
    """

    def __init__(self, rows: pd.DataFrame, frames: Sequence[int] | None = ONSET_AND_APEX):
        """Take the samples of a table with the columns shard_path, position (row in the shard) and label.

        frames: which frames of each sample, counted from the onset, -1 the apex; None for all (the video variant has
        more than two).
        """
        self.table = rows.reset_index(drop=True)
        self.images = ShardImages(self.table, frames)
        self.labels = self.table["label"].to_numpy(np.int64)

    @classmethod
    def from_shards(
        cls, paths: str | Path | Iterable[str | Path], frames: Sequence[int] | None = ONSET_AND_APEX
    ) -> "PairDataset":
        """Take every sample of a shard or some; raises InputError for none, and where one of them is no shard."""
        paths = [paths] if isinstance(paths, str | Path) else list(paths)
        if not paths:
            raise InputError("no shard was given; expected the path of one at least, such as results/renders/.../0.h5")
        return cls(pd.concat([shards.read_samples(path) for path in paths], ignore_index=True), frames)

    @classmethod
    def from_training_set(
        cls, path: str | Path, folder: str | Path = ".", frames: Sequence[int] | None = ONSET_AND_APEX
    ) -> "PairDataset":
        """Take the samples that a fold trains on: those of results/training_sets/....csv.

        folder: that of the workflow, from which the table names the shards. Raises InputError for another table, and
        where a shard is not there.
        """
        refuse_no_file(path, "the table of a fold, such as .../mie_x_unseen/all.csv")
        rows = read_csv(path)
        missing = {"shard_path", "position", "label"} - set(rows)
        if missing:
            raise InputError(
                f"{path}: no column {', '.join(sorted(missing))}; expected a table of results/training_sets that names "
                "rendered pairs"
            )
        places = {shard: str(Path(folder, shard)) for shard in rows["shard_path"].unique()}
        for place in places.values():
            if not os.path.isfile(place):
                raise InputError(f"{place}: no such file, and {path} names it; give `folder=`, that of the run")
        return cls(rows.assign(shard_path=rows["shard_path"].map(places)), frames)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        try:
            number = operator.index(index)
        except TypeError:
            raise TypeError(
                f"expected the number of one sample, found {index!r}; for several take torch.utils.data.Subset(pairs, "
                "numbers)"
            ) from None
        label = int(self.labels[number])
        return torch.from_numpy(self.images[[number]][0]), label

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[torch.Tensor, int]]:
        """The samples of a batch: what a DataLoader asks for."""
        return list(zip(torch.from_numpy(self.images[indices]), self.labels[indices].tolist(), strict=True))


class ShardImages(Dataset):
    """The images of samples alone, a batch at a time: `[indices]` is (B, T, H, W, 3) uint8, from onset to apex.

    rows, frames: as of `PairDataset`. Raises InputError as `shards.read_images` does, where shards differ in size, and
    where one has other samples than the rows say: it was made again since they were read, or is of another run.
    """

    def __init__(self, rows: pd.DataFrame, frames: Sequence[int] | None = ONSET_AND_APEX):
        self._shard_of, paths = pd.factorize(rows["shard_path"], sort=True)
        # A process that goes to another folder later reads the same files.
        self._paths = [os.path.abspath(path) for path in paths]
        self._positions = rows["position"].to_numpy(int)
        self._which = rows[[name for name in _WHICH if name in rows]]
        # The rows of one shard after those of another, and where those of each begin: none is looked for twice.
        self._by_shard = np.argsort(self._shard_of, kind="stable")
        self._begins = np.searchsorted(self._shard_of[self._by_shard], np.arange(len(self._paths) + 1))
        self._frames = frames
        self._reader = shards.ImageReader()

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, indices: shards.Numbers) -> np.ndarray:
        wanted = shards.whole_numbers(indices, "samples")
        shard_of = self._shard_of[wanted]
        images: np.ndarray | None = None
        for shard in np.unique(shard_of):
            chosen = np.flatnonzero(shard_of == shard)
            if self._reader.is_new(self._paths[shard]):
                self._refuse_others(shard)
            read = self._reader.read(self._paths[shard], self._positions[wanted[chosen]], self._frames)
            if images is None:
                images = np.empty((len(wanted), *read.shape[1:]), np.uint8)
            if read.shape[1:] != images.shape[1:]:
                raise InputError(
                    f"{self._paths[shard]}: its samples are {read.shape[1:]}, those of the other shards "
                    f"{images.shape[1:]}; render all shards with one image size and number of frames"
                )
            images[chosen] = read
        if images is None:
            raise IndexError("no sample was asked for; expected one index at least")
        return images

    def _refuse_others(self, shard: int) -> None:
        """Raise InputError where a shard has other samples at their positions than the rows say."""
        path, rows = self._paths[shard], self._by_shard[self._begins[shard] : self._begins[shard + 1]]
        table = self._reader.table(path, [str(name) for name in self._which])
        # A row that the shard does not have is refused where it is read.
        rows = rows[self._positions[rows] < len(table)]
        places = self._positions[rows]
        for name in table:
            said = self._which[name].iloc[rows].fillna("").astype(str).to_numpy()
            found = table[name].iloc[places].astype(str).to_numpy()
            is_other = said != found
            if is_other.any():
                other = int(is_other.argmax())
                raise InputError(
                    f"{path}: {name} of row {places[other]} is {found[other]!r}, expected {said[other]!r}: the "
                    "shard was made again since its table was read, or is of another run; take shards and tables of "
                    "one run"
                )

    def on(self, device: torch.device) -> torch.Tensor:
        """All of them on a device, (N, T, H, W, 3) uint8, N at least 1; no more than a block is twice in memory."""
        held = torch.empty((len(self), *self[[0]].shape[1:]), dtype=torch.uint8, device=device)
        # Shard by shard: each is then opened for few blocks.
        for start in range(0, len(self), _BLOCK):
            rows = self._by_shard[start : start + _BLOCK]
            held[torch.from_numpy(rows).to(device)] = torch.from_numpy(self[rows]).to(device)
        return held


def held_where_few(
    images: ShardImages, most: int | None = None, device: torch.device | None = None
) -> ShardImages | torch.Tensor:
    """The images in the memory of the device, (N, T, H, W, 3) uint8, where they are few, else as they were.

    most: bytes that are few; None for 1 GiB of a computer's memory, or half of what is free in that of a GPU.
    """
    device = device or default_device()
    size = len(images) * images[[0]].nbytes if len(images) else 0
    if not size or size > (_room(device) if most is None else most):
        return images
    return images.on(device)


def _room(device: torch.device) -> int:
    """Bytes of pairs that a device holds."""
    if device.type == "cpu":
        return _HELD
    # PyTorch keeps what earlier trainings needed.
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(_HELD_BY_A_GPU * (torch.cuda.mem_get_info(device)[0] + kept))


def read_clip_pairs(paths: Iterable[str | Path], clips: pd.DataFrame) -> np.ndarray:
    """Return the onset and apex crop of each clip, (N, 2, H, W, 3) uint8, in the order of `clips`.

    paths: image files of crops whose table has the columns dataset, subject, clip and role. clips: N rows with dataset,
    subject and clip. Raises InputError where a clip has not one onset and one apex, or where files differ in image
    size.
    """
    keys, paths = CLIP_NAME, list(paths)
    wanted = clips[keys].reset_index(drop=True).rename_axis("place").reset_index()
    pairs = None
    for path in paths:
        crops = shards.read_table(path).rename_axis("row").reset_index()
        crops = crops[crops["role"].isin(["onset", "apex"])].merge(wanted, on=keys)
        if crops.empty:
            continue
        images = shards.read_images(path, crops["row"].to_numpy())
        if pairs is None:
            pairs = np.empty((len(clips), 2, *images.shape[1:]), np.uint8)
            found = np.zeros((len(clips), 2), int)
        if images.shape[1:] != pairs.shape[2:]:
            raise InputError(
                f"{path}: its crops are {images.shape[1:]}, those of the other datasets {pairs.shape[2:]}; extract all "
                "with one image size"
            )
        place, frame = crops["place"].to_numpy(), (crops["role"] == "apex").to_numpy(int)
        pairs[place, frame] = images
        np.add.at(found, (place, frame), 1)
    if pairs is None:
        raise InputError(
            f"{', '.join(map(str, paths))}: not one of the clips has a crop; expected onset and apex of each of them"
        )
    wrong = np.flatnonzero((found != 1).any(axis=1))
    if len(wrong):
        clip = clips.iloc[wrong[0]]
        raise InputError(
            f"frames of {clip['dataset']}: clip {clip['clip']} of subject {clip['subject']} has not one onset and "
            "one apex crop; delete the crops and let their rule make them again"
        )
    return pairs
