"""Faces and action units to rendered frames, from onset to apex."""

import numpy as np
import pandas as pd
import torch

from mie_x_lib.devices import autocast, default_device, memory_format
from mie_x_lib.ganimation.networks import Generator, blend, to_signed, to_uint8
from mie_x_lib.progress import bar
from mie_x_lib.terms import APEX_AUS, ONSET_AUS, SAMPLES_PER_IDENTITY


@torch.inference_mode()
def render_pairs(
    generator: Generator,
    faces: np.ndarray,
    onset: np.ndarray,
    apex: np.ndarray,
    batch_size: int = 32,
    device: torch.device | None = None,
    precision: str = "float32",
    frames: int = 2,
) -> np.ndarray:
    """Return the frames of each face from onset to apex, all generated: (N, frames, H, W, 3) uint8, rounded.

    faces: (N, H, W, 3) uint8 RGB, H and W multiples of 4. onset, apex: (N, 17), intensities 0..1. frames: 2, or more
    for the video variant, whose action units run linearly from onset to apex (MiE-X, ECCV 2022, public code: 10). A
    frame depends on its own face and action units alone, apart from the last digit of the arithmetic.
    """
    device = device or default_device()
    generator = generator.to(device).to(memory_format=memory_format(device, precision)).eval()
    clips = np.empty((len(faces), frames, *faces.shape[1:]), np.uint8)
    for start in bar(range(0, len(faces), batch_size), "rendering", "batch"):
        batch = slice(start, start + batch_size)
        images = to_signed(torch.from_numpy(faces[batch]).to(device))
        for frame, share in enumerate(np.linspace(0, 1, frames)):
            # So written, the ends are onset and apex to the last digit.
            aus = (1 - share) * onset[batch] + share * apex[batch]
            wanted = torch.from_numpy(np.asarray(aus, np.float32)).to(device)
            with autocast(device, precision):
                made = blend(images, *generator(images, wanted))
            clips[batch, frame] = to_uint8(made).cpu().numpy()
    return clips


def render_samples(
    generator: Generator,
    faces: np.ndarray,
    samples: pd.DataFrame,
    visible_change: float,
    batch_size: int = 32,
    precision: str = "float32",
    frames: int = 2,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames of samples, (N, frames, H, W, 3) uint8, and which of them change visibly, (N,) bool.

    faces: (K, H, W, 3) uint8. samples: as of `join_identities`. visible_change: as of `changes_visibly`. The rest as of
    `render_pairs`.
    """
    onset, apex = (samples[list(names)].to_numpy("float32") for names in (ONSET_AUS, APEX_AUS))
    shown = faces[samples["face"]]
    clips = render_pairs(generator, shown, onset, apex, batch_size, precision=precision, frames=frames)
    return clips, changes_visibly(clips, visible_change)


def changes_visibly(clips: np.ndarray, threshold: float) -> np.ndarray:
    """Return which clips change by at least `threshold` grey levels in some pixel from first to last frame: (N,) bool.

    clips: (N, T, H, W, 3) uint8.
    """
    change = np.abs(clips[:, -1].astype(np.int16) - clips[:, 0])
    return change.reshape(len(clips), -1).max(axis=1) >= threshold


def join_identities(identities: pd.DataFrame, triplets: pd.DataFrame) -> pd.DataFrame:
    """Return the samples that can be rendered: the triplets whose identity has a photograph, in their order.

    identities: one row a photograph with columns `identity` and `number`. triplets: columns `sample` (of photograph
    sample // SAMPLES_PER_IDENTITY), label, emotion, dataset, subject, clip, onset_AU.., apex_AU... Returns columns face
    (row in `identities`), sample, label, identity, au_dataset, au_subject, au_clip, au_emotion and the action units.
    """
    faces = pd.DataFrame({"identity": identities["identity"].to_numpy(), "face": range(len(identities))})
    faces.index = identities["number"].to_numpy()
    numbers = triplets["sample"] // SAMPLES_PER_IDENTITY
    triplets = triplets[numbers.isin(faces.index)]
    found = faces.loc[numbers[triplets.index]].reset_index(drop=True)
    samples = triplets.reset_index(drop=True).rename(
        columns={key: f"au_{key}" for key in ("dataset", "subject", "clip", "emotion")}
    )
    columns = ["sample", "label", "identity", "au_dataset", "au_subject", "au_clip", "au_emotion"]
    return found.join(samples)[["face", *columns, *ONSET_AUS, *APEX_AUS]]
