"""Faces and action units to rendered frames, from onset to apex."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch

from mie_x_lib.ganimation.networks import Generator, blend, to_signed, to_uint8
from mie_x_lib.ganimation.winograd import with_minimal_filtering
from mie_x_lib.learning.devices import autocast, default_device, in_bfloat16, memory_format, to_device
from mie_x_lib.progress import counter
from mie_x_lib.terms import APEX_AUS, ONSET_AUS, SAMPLES_PER_IDENTITY

# Frames in one pass of a processor: more do not fit its caches.
_PASS = 4
# Pairs that are made at a time: their passes are full, and a face that they share is encoded once.
_PAIRS = 48
# Frames in one pass of a GPU: fewer do not fill it.
_PASS_OF_A_GPU = 256


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
    made = np.empty((len(onset), frames, *faces.shape[1:]), np.uint8)
    shown = np.arange(len(onset)) if shown is None else shown
    done = 0
    for clips, _ in _rendered(generator, faces, onset, apex, shown, 0, batch_size, device, precision, frames):
        made[done : done + len(clips)] = clips
        done += len(clips)
    return made


@torch.inference_mode()
def _rendered(
    generator: Generator,
    faces: np.ndarray,
    onset: np.ndarray,
    apex: np.ndarray,
    shown: np.ndarray,
    visible_change: float,
    batch_size: int | None = None,
    device: torch.device | None = None,
    precision: str = "float32",
    frames: int = 2,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the frames of some pairs at a time, in their order, and which of them change visibly.

    A GPU has begun with the next ones by then; a processor has made them.
    """
    device = device or default_device()
    generator = generator.to(device).to(memory_format=memory_format(device, precision)).eval()
    if device.type == "cpu" and not in_bfloat16(device, precision):
        generator = with_minimal_filtering(generator)
    in_a_pass = _PAIRS * frames if device.type == "cpu" else batch_size or _PASS_OF_A_GPU
    at_once = max(1, in_a_pass // frames)
    # So written, the ends are onset and apex to the last digit.
    aus = np.stack([(1 - share) * onset + share * apex for share in np.linspace(0, 1, frames)], axis=1)
    asked = np.concatenate([shown.repeat(frames)[:, None], aus.reshape(-1, onset.shape[1])], axis=1)
    pictures = torch.from_numpy(faces).to(device)
    ahead: tuple[_Copy, _Copy] | None = None
    with counter(len(onset), "rendering", "pair") as count:
        for start in range(0, len(onset), at_once):
            # A face that is asked for twice with the same action units is made once.
            different, places = np.unique(
                asked[start * frames : (start + at_once) * frames], axis=0, return_inverse=True
            )
            passes = [different[place : place + in_a_pass] for place in range(0, len(different), in_a_pass)]
            made = torch.cat([to_uint8(_frames(generator, pictures, some, precision)) for some in passes])
            clips = made[to_device(torch.from_numpy(places), device)].unflatten(0, (-1, frames))
            begun = _Copy(clips), _Copy(changes_visibly(clips, visible_change))
            if ahead:
                yield ahead[0].array(), ahead[1].array()
            ahead = begun
            count(len(clips))
        if ahead:
            yield ahead[0].array(), ahead[1].array()


class _Copy:
    """What a device makes, on its way to the memory of the computer, while the device goes on."""

    def __init__(self, made: torch.Tensor):
        self._here, self._done = made, None
        if made.is_cuda:
            self._here = torch.empty(made.shape, dtype=made.dtype, pin_memory=True)
            self._here.copy_(made, non_blocking=True)
            self._done = torch.cuda.Event()
            self._done.record()

    def array(self) -> np.ndarray:
        """It, as soon as all of it has come."""
        if self._done:
            self._done.synchronize()
        return self._here.numpy()


def _frames(generator: Generator, faces: torch.Tensor, asked: np.ndarray, precision: str) -> torch.Tensor:
    """Frames (B, 3, H, W) in -1..1, float32; asked: (B, 18), number of the face and action units of each."""
    device = faces.device
    numbers, face = np.unique(asked[:, 0].astype(int), return_inverse=True)
    images = to_signed(faces[to_device(torch.from_numpy(numbers), device)])
    of_frame = to_device(torch.from_numpy(face), device)
    wanted = to_device(torch.from_numpy(asked[:, 1:].astype(np.float32)), device)
    with autocast(device, precision):
        if device.type != "cpu":
            encoded = generator.encode(images)
            pictures = images[of_frame]
            return blend(pictures, *generator.decode(pictures, encoded, wanted, of_frame))
        # How a processor's libraries round depends on how many are in a pass: a face is encoded alone, and a pass of
        # frames filled up, so that a frame has the same bytes in any company.
        encoded = torch.cat([generator.encode(image) for image in images.split(1)])
        made = [
            blend(images[of], *generator.decode(images[of], encoded, units, of))
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
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the frames of some samples at a time, (n, frames, H, W, 3) uint8, and which change visibly, (n,) bool.

    faces: (K, H, W, 3) uint8. samples: as of `join_identities`. visible_change: as of `changes_visibly`. The rest as of
    `render_pairs`.
    """
    onset, apex = (samples[list(names)].to_numpy("float32") for names in (ONSET_AUS, APEX_AUS))
    shown = samples["face"].to_numpy()
    return _rendered(
        generator, faces, onset, apex, shown, visible_change, batch_size, precision=precision, frames=frames
    )


def changes_visibly(clips: torch.Tensor, threshold: float) -> torch.Tensor:
    """Return which clips change by at least `threshold` grey levels in some pixel from first to last frame: (N,) bool.

    clips: (N, T, H, W, 3) uint8.
    """
    first, last = clips[:, 0].flatten(1), clips[:, -1].flatten(1)
    return (torch.maximum(first, last) - torch.minimum(first, last)).amax(1) >= threshold


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
