"""Faces and action units to rendered frames, from onset to apex."""

import numpy as np
import pandas as pd
import torch

from mie_x_lib.devices import autocast, default_device, memory_format
from mie_x_lib.ganimation.networks import Generator, blend, to_signed, to_uint8
from mie_x_lib.progress import bar
from mie_x_lib.terms import APEX_AUS, ONSET_AUS, SAMPLES_PER_IDENTITY

# Frames in one pass of a processor: more do not fit its caches.
_PASS = 4
# Of a GPU: fewer do not fill it.
_PASS_OF_A_GPU = 64


@torch.inference_mode()
def render_pairs(
    generator: Generator,
    faces: np.ndarray,
    onset: np.ndarray,
    apex: np.ndarray,
    batch_size: int | None = None,
    device: torch.device | None = None,
    precision: str = "float32",
    frames: int = 2,
    shown: np.ndarray | None = None,
) -> np.ndarray:
    """Return the frames of N pairs from onset to apex, all generated: (N, frames, H, W, 3) uint8, rounded.

    faces: (K, H, W, 3) uint8 RGB, H and W multiples of 4. onset, apex: (N, 17), intensities 0..1. batch_size: frames in
    one pass of a GPU; None for what suits it. frames: 2, or more for the video variant, whose action units run linearly
    from onset to apex (MiE-X, ECCV 2022, public code: 10). shown: (N,), which face each pair shows; None where pair n
    shows face n. A frame depends on its own face and action units alone; on a GPU, but for the last digit.
    """
    device = device or default_device()
    generator = generator.to(device).to(memory_format=memory_format(device, precision)).eval()
    batch_size = _PASS if device.type == "cpu" else batch_size or _PASS_OF_A_GPU
    shown = np.arange(len(onset)) if shown is None else shown
    # So written, the ends are onset and apex to the last digit.
    aus = np.stack([(1 - share) * onset + share * apex for share in np.linspace(0, 1, frames)], axis=1)
    asked = np.concatenate([shown.repeat(frames)[:, None], aus.reshape(-1, onset.shape[1])], axis=1)
    # A face that is asked for twice with the same action units is made once; in this order, faces of a batch are few.
    different, places = np.unique(asked, axis=0, return_inverse=True)
    pictures = torch.from_numpy(faces).to(device)
    # They stay on the device to the end, so that a GPU never waits for a copy.
    made = torch.empty((len(different), *faces.shape[1:]), dtype=torch.uint8, device=device)
    for start in bar(range(0, len(different), batch_size), "rendering", "batch"):
        batch = slice(start, start + batch_size)
        made[batch] = to_uint8(_frames(generator, pictures, different[batch], precision))
    return made.cpu().numpy()[places].reshape(len(onset), frames, *faces.shape[1:])


def _frames(generator: Generator, faces: torch.Tensor, asked: np.ndarray, precision: str) -> torch.Tensor:
    """Frames (B, 3, H, W) in -1..1, float32; asked: (B, 18), number of the face and action units of each."""
    device = faces.device
    numbers, face = np.unique(asked[:, 0].astype(int), return_inverse=True)
    images = to_signed(faces[torch.from_numpy(numbers).to(device)])
    of_frame = torch.from_numpy(face).to(device)
    wanted = torch.from_numpy(asked[:, 1:].astype(np.float32)).to(device)
    with autocast(device, precision):
        if device.type != "cpu":
            encoded = generator.encode(images)
            return blend(images[of_frame], *generator.decode(images[of_frame], encoded[of_frame], wanted))
        # How a processor's libraries round depends on how many are in a pass: a face is encoded alone, and a pass of
        # frames filled up, so that a frame has the same bytes in any company.
        encoded = torch.cat([generator.encode(image) for image in images.split(1)])
        made = [
            blend(images[of], *generator.decode(images[of], encoded[of], units))
            for of, units in zip(_filled(of_frame).split(_PASS), _filled(wanted).split(_PASS), strict=True)
        ]
        return torch.cat(made)[: len(asked)]


def _filled(rows: torch.Tensor) -> torch.Tensor:
    """Repeat the last of some rows until they are whole passes of a processor."""
    return torch.cat([rows, rows[-1:].expand(-len(rows) % _PASS, *rows.shape[1:])])


@torch.inference_mode()
def arithmetic_error(
    generator: Generator,
    faces: np.ndarray,
    onset: np.ndarray,
    apex: np.ndarray,
    precision: str,
    device: torch.device | None = None,
) -> tuple[float, float]:
    """Return how far `precision`, and rounding to 8 bits, are from float32 on N pairs, as shares of the change.

    faces: (N, H, W, 3) uint8. onset, apex: (N, 17). Each is the root mean square of the error of (apex - onset) by that
    of (apex - onset) in float32; the first is 0 where the precision is float32.
    """
    device = device or default_device()
    generator = generator.to(device).eval()
    pictures, squares = torch.from_numpy(faces).to(device), np.zeros(3)
    for people in np.array_split(np.arange(len(faces)), -(-len(faces) // (_PASS // 2))):
        asked = np.concatenate([np.column_stack([people, aus[people]]) for aus in (onset, apex)])
        exact, other = (
            _frames(generator.to(memory_format=memory_format(device, kind)), pictures, asked, kind)
            for kind in ("float32", precision)
        )
        change, changed, rounded = (
            frames[len(people) :] - frames[: len(people)] for frames in (exact, other, to_signed(to_uint8(exact)))
        )
        squares += [float(values.square().sum()) for values in (change, changed - change, rounded - change)]
    of_precision, of_rounding = (np.sqrt(error / squares[0]) if error else 0.0 for error in squares[1:])
    return float(of_precision), float(of_rounding)


def render_samples(
    generator: Generator,
    faces: np.ndarray,
    samples: pd.DataFrame,
    visible_change: float,
    batch_size: int | None = None,
    precision: str = "float32",
    frames: int = 2,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames of samples, (N, frames, H, W, 3) uint8, and which of them change visibly, (N,) bool.

    faces: (K, H, W, 3) uint8. samples: as of `join_identities`. visible_change: as of `changes_visibly`. The rest as of
    `render_pairs`.
    """
    onset, apex = (samples[list(names)].to_numpy("float32") for names in (ONSET_AUS, APEX_AUS))
    shown = samples["face"].to_numpy()
    clips = render_pairs(generator, faces, onset, apex, batch_size, precision=precision, frames=frames, shown=shown)
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
