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


def read_clip_pairs(paths: Iterable[str | Path]) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the pairs of onset and apex crops of labelled clips, and the clips.

    paths: image files of crops whose table has the columns dataset, subject, clip, label and role. Returns images
    (N, 2, H, W, 3) uint8 and N rows of dataset, subject, clip, label, sorted by the first three.
    Raises InputError where a clip has not one onset and one apex, or where files differ in image size.
    """
    keys, pairs, clips = ["dataset", "subject", "clip"], [], []
    for path in paths:
        crops = shards.read_table(path)
        crops["row"] = range(len(crops))
        crops = crops[crops["role"].isin(["onset", "apex"]) & (crops["label"] >= 0)]
        rows = crops.pivot_table(index=[*keys, "label"], columns="role", values="row", aggfunc=list).reset_index()
        for clip in rows.itertuples():
            found = {role: getattr(clip, role, None) for role in ("onset", "apex")}
            if not all(isinstance(value, list) and len(value) == 1 for value in found.values()):
                raise InputError(
                    f"{path}: clip {clip.clip} of subject {clip.subject} has not one onset and one apex crop; "
                    "delete the file and let its rule make it again"
                )
        if len(rows):
            chosen = np.stack([[row[0] for row in rows[role]] for role in ("onset", "apex")], axis=1)
            images = shards.read_images(path, chosen.ravel())
            pairs.append(images.reshape(len(rows), 2, *images.shape[1:]))
            clips.append(rows[[*keys, "label"]])
    if not pairs:
        raise InputError("evaluation: no crops of a labelled clip were found; expected onset and apex of at least one")
    sizes = {images.shape[2:] for images in pairs}
    if len(sizes) > 1:
        raise InputError(f"evaluation: crops differ in size ({sorted(sizes)}); extract all with one image size")
    table = pd.concat(clips, ignore_index=True).rename_axis(columns=None)
    order = table.sort_values(keys, kind="stable").index
    return np.concatenate(pairs)[order], table.loc[order].reset_index(drop=True)
