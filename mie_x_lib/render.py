"""Faces and action units to pairs of onset and apex frame."""

import numpy as np
import pandas as pd
import torch

from mie_x_lib.devices import autocast, default_device, memory_format
from mie_x_lib.ganimation.networks import Generator, blend, to_signed, to_uint8
from mie_x_lib.terms import AU_NAMES


@torch.inference_mode()
def render_pairs(
    generator: Generator,
    faces: np.ndarray,
    onset: np.ndarray,
    apex: np.ndarray,
    batch_size: int = 32,
    device: torch.device | None = None,
    precision: str = "float32",
) -> np.ndarray:
    """Return onset and apex frame of each face, both generated: (N, 2, H, W, 3) uint8, rounded.

    faces: (N, H, W, 3) uint8 RGB, H and W multiples of 4. onset, apex: (N, 17), intensities 0..1. A frame depends on
    its own face and action units alone, apart from the last digit of the arithmetic.
    """
    device = device or default_device()
    generator = generator.to(device, memory_format=memory_format(device, precision)).eval()
    pairs = np.empty((len(faces), 2, *faces.shape[1:]), np.uint8)
    for start in range(0, len(faces), batch_size):
        batch = slice(start, start + batch_size)
        images = to_signed(torch.from_numpy(faces[batch]).to(device))
        for place, aus in enumerate((onset, apex)):
            asked = torch.from_numpy(np.asarray(aus[batch], np.float32)).to(device)
            with autocast(device, precision):
                made = blend(images, *generator(images, asked))
            pairs[batch, place] = to_uint8(made).cpu().numpy()
    return pairs


def visible_change(pairs: np.ndarray, threshold: float) -> np.ndarray:
    """Return which pairs (N, 2, H, W, 3) uint8 change by at least `threshold` grey levels in some pixel: (N,) bool."""
    change = np.abs(pairs[:, 1].astype(np.int16) - pairs[:, 0])
    return change.reshape(len(pairs), -1).max(axis=1) >= threshold


def join_identities(identities: pd.DataFrame, triplets: pd.DataFrame) -> pd.DataFrame:
    """Return the samples that can be rendered: the triplets whose identity has a photograph, in their order.

    identities: one row a photograph with columns `identity` and `number`. triplets: columns `sample` (3 * number +
    label), label, emotion, dataset, subject, clip, onset_AU.., apex_AU... Returns columns face (row in `identities`),
    sample, label, identity, au_dataset, au_subject, au_clip, au_emotion and the action units.
    """
    faces = pd.DataFrame({"identity": identities["identity"].to_numpy(), "face": range(len(identities))})
    faces.index = identities["number"].to_numpy()
    numbers = triplets["sample"] // 3
    triplets = triplets[numbers.isin(faces.index)]
    found = faces.loc[numbers[triplets.index]].reset_index(drop=True)
    samples = triplets.reset_index(drop=True).rename(
        columns={key: f"au_{key}" for key in ("dataset", "subject", "clip", "emotion")}
    )
    columns = ["sample", "label", "identity", "au_dataset", "au_subject", "au_clip", "au_emotion"]
    aus = [f"{frame}_{name}" for frame in ("onset", "apex") for name in AU_NAMES]
    return found.join(samples)[["face", *columns, *aus]]
