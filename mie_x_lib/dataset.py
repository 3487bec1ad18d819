"""Pairs of onset and apex frame from image files."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from torch.utils.data import Dataset

from mie_x_lib import shards
from mie_x_lib.errors import InputError


class ShardPairs(Dataset):
    """The rendered pairs of a training set, read when asked for; any number of processes may read at once.

    rows: one a pair, with columns `shard_path` and `position` (its row in the shard).
    """

    def __init__(self, rows: pd.DataFrame):
        self._paths, self._shard_of = np.unique(rows["shard_path"].to_numpy(str), return_inverse=True)
        self._positions = rows["position"].to_numpy(int)

    def __len__(self) -> int:
        return len(self._positions)

    def __getitem__(self, indices: Sequence[int]) -> np.ndarray:
        """Return the pairs of a batch of indices, (B, 2, H, W, 3) uint8, onset then apex; InputError as `shards`."""
        indices = np.asarray(indices)
        pairs = None
        for shard in np.unique(self._shard_of[indices]):
            chosen = np.flatnonzero(self._shard_of[indices] == shard)
            images = shards.read_images(self._paths[shard], self._positions[indices[chosen]])
            if pairs is None:
                pairs = np.empty((len(indices), *images.shape[1:]), np.uint8)
            if images.shape[1:] != pairs.shape[1:]:
                raise InputError(
                    f"{self._paths[shard]}: its pairs are {images.shape[1:]}, those of the other shards "
                    f"{pairs.shape[1:]}; render all shards with one image size"
                )
            pairs[chosen] = images
        return pairs


def read_clip_pairs(paths: Iterable[str | Path], clips: pd.DataFrame) -> np.ndarray:
    """Return the onset and apex crop of each clip, (N, 2, H, W, 3) uint8, in the order of `clips`.

    paths: image files of crops whose table has the columns dataset, subject, clip and role. clips: N rows with dataset,
    subject and clip. Raises InputError where a clip has not one onset and one apex, or where files differ in image
    size.
    """
    keys = ["dataset", "subject", "clip"]
    wanted = clips[keys].reset_index(drop=True).rename_axis("place").reset_index()
    pairs = None
    for path in paths:
        crops = shards.read_table(path).rename_axis("row").reset_index()
        crops = crops[crops["role"].isin(["onset", "apex"])].merge(wanted, on=keys)
        if crops.empty:
            continue
        images = shards.read_images(path, crops["row"])
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
        raise InputError("evaluation: none of its clips has a crop; delete the crops and let their rule cut them again")
    wrong = np.flatnonzero((found != 1).any(axis=1))
    if len(wrong):
        clip = clips.iloc[wrong[0]]
        raise InputError(
            f"evaluation: clip {clip['clip']} of subject {clip['subject']} of {clip['dataset']} has not one onset and "
            "one apex crop; delete the crops and let their rule make them again"
        )
    return pairs
