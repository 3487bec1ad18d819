"""Training and use of the recognition networks."""

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader

from mie_x_lib.errors import InputError
from mie_x_lib.learning.devices import autocast, default_device, to_device
from mie_x_lib.learning.events import event_files
from mie_x_lib.learning.optimisers import adam, linear_decay
from mie_x_lib.learning.recorded import Recorded
from mie_x_lib.learning.resnet import scaled
from mie_x_lib.progress import counter
from mie_x_lib.settings.recognition import ClassifierSettings
from mie_x_lib.tables.metrics import confusion, uf1


class Pairs(Protocol):
    """Pairs (N, 2, H, W, 3) uint8, onset then apex: an array, a tensor on any device, or a dataset whose [indices] is
    (B, 2, H, W, 3) uint8.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, indices: np.ndarray, /) -> Any: ...


def train_classifier(
    network: nn.Module,
    pairs: Pairs,
    labels: np.ndarray,
    settings: ClassifierSettings,
    seed: int,
    watched: tuple[Pairs, np.ndarray] | None = None,
    keep: str = "last",
    events: str | Path | None = None,
    device: torch.device | None = None,
) -> pd.DataFrame:
    """Train a network in place on labelled pairs, with a schedule that is fixed beforehand.

    labels: (N,) integers from 0, of the N pairs. The same seed gives the same network on the same machine, watched or
    not.
    watched: other pairs and labels, looked at as `predict` does after each epoch; nothing learns from them.
    keep: "last", the network of the last epoch, or "best", that of the first epoch with the highest UF1 of the watched.
    events: folder for TensorBoard event files of the curve, those of an earlier attempt deleted; None for none.

    Returns the curve: one row an epoch with columns epoch, steps (of the optimiser, so far), loss, uf1 (0..1, of the
    augmented pairs, while learning), learning_rate (of its last step) and, where pairs are watched, watched_uf1 (0..1).
    Raises ValueError for another `keep`, and for "best" with nothing watched, and InputError where the loss is no
    number any more.
    """
    if keep not in ("last", "best") or (keep == "best" and watched is None):
        raise ValueError(f"keep is {keep!r}, expected 'last', or 'best' with watched pairs")
    device = device or default_device()
    torch.manual_seed(seed)
    draws = torch.Generator().manual_seed(seed)
    move_channels_last(network, device)
    targets = torch.as_tensor(np.asarray(labels), dtype=torch.long, device=device)
    batches = math.ceil(len(targets) / settings.batch_size)
    epochs = settings.epochs if settings.steps is None else max(1, round(settings.steps / batches))
    learn, optimiser = training_step(network, settings, device)
    schedule = _schedule(optimiser, settings, epochs, batches)
    trainer = _Trainer(network, pairs, targets, settings, learn, schedule, draws)
    curve, best, kept = [], -1.0, {}
    with event_files(events) as points, counter(epochs * len(targets), "training", "pair") as count:
        for epoch in range(1, epochs + 1):
            point: dict[str, float] = {"epoch": epoch, "steps": epoch * batches}
            point |= trainer.epoch(batches, count)
            _check_finite(network, [point["loss"]], f"the loss of epoch {epoch}")
            if watched is not None:
                point["watched_uf1"] = _uf1(watched[1], _scores(network, watched[0], settings, device))
                if keep == "best" and point["watched_uf1"] > best:
                    best, kept = point["watched_uf1"], deepcopy(network.state_dict())
            curve.append(point)
            points.scalars(epoch, {name: value for name, value in point.items() if name not in ("epoch", "steps")})
    if kept:
        network.load_state_dict(kept)
    network.eval()
    return pd.DataFrame(curve)


def move_channels_last(network: nn.Module, device: torch.device) -> nn.Module:
    """Move a network to a device, in place, its weights of convolutions over pictures channels-last, and return it."""
    network.to(device)
    for tensor in (*network.parameters(), *network.buffers()):
        # Channels-last is an order of four axes; PyTorch's own move refuses networks with any tensor of five.
        if tensor.ndim == 4:
            tensor.data = tensor.data.to(memory_format=torch.channels_last)
    return network


@dataclass(frozen=True)
class _Trainer:
    """What every epoch of a training shares. learn: as of `training_step`. draws: of order and augmentation."""

    network: nn.Module
    pairs: Pairs
    labels: torch.Tensor
    settings: ClassifierSettings
    learn: Callable[[torch.Tensor, torch.Tensor], dict[str, torch.Tensor]]
    schedule: torch.optim.lr_scheduler.LRScheduler
    draws: torch.Generator

    def epoch(self, batches: int, count: Callable[[int], object]) -> dict[str, float]:
        """Learn from every pair once, in so many batches; return what the curve says of the epoch.

        count: gets the number of pairs of each batch.
        """
        self.network.train()
        device = self.labels.device
        order = np.array_split(torch.randperm(len(self.labels), generator=self.draws).numpy(), batches)
        losses, scores_seen = torch.zeros((), device=device), []
        rate: float | torch.Tensor = 0.0
        for indices, images in zip(order, self._loader(order), strict=True):
            wanted = self.labels[to_device(torch.from_numpy(indices), device)]
            found = self.learn(augment(images.to(device), self.settings, self.draws), wanted)
            rate = self.schedule.get_last_lr()[0]
            self.schedule.step()
            losses += found["loss"] * len(indices)
            scores_seen.append(found["scores"])
            count(len(indices))
        seen = self.labels.cpu().numpy()[np.concatenate(order)]
        uf1_seen = _uf1(seen, torch.cat(scores_seen).cpu().numpy())
        return {"loss": losses.item() / len(seen), "uf1": uf1_seen, "learning_rate": float(rate)}

    def _loader(self, order: list[np.ndarray]) -> DataLoader[Any]:
        held_on = self.pairs.device if isinstance(self.pairs, torch.Tensor) else None
        return DataLoader(
            self.pairs,  # type: ignore[arg-type]  # a loader asks for nothing but [indices], whatever its type says
            sampler=[to_device(torch.from_numpy(indices), held_on) for indices in order] if held_on else order,
            batch_size=None,
            # What is in memory needs nobody who reads ahead, and a GPU's memory is no other process's.
            num_workers=0 if held_on else self.settings.workers,
        )


def training_step(
    network: nn.Module, settings: ClassifierSettings, device: torch.device
) -> tuple[Callable[[torch.Tensor, torch.Tensor], dict[str, torch.Tensor]], torch.optim.Optimizer]:
    """Return a function that takes one step of learning, and the optimiser of that step.

    The function takes inputs and their labels, and returns loss and scores (B, classes).
    """
    optimiser = adam(
        network.parameters(), settings.learning_rate, device, weight_decay=settings.weight_decay, fused=True
    )

    def learn(inputs: torch.Tensor, wanted: torch.Tensor) -> dict[str, torch.Tensor]:
        with autocast(device, settings.precision):
            scores = network(inputs).float()
        loss = functional.cross_entropy(scores, wanted)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), settings.gradient_clip)
        optimiser.step()
        return {"loss": loss.detach(), "scores": scores.detach()}

    # What a network of somebody's own does in Python in each step, a recording would do once; a class that builds on
    # another has to say for itself that it does nothing of the kind.
    is_recorded = vars(type(network)).get("can_be_recorded")
    return Recorded(learn, device) if is_recorded else learn, optimiser


def _uf1(labels: np.ndarray, scores: np.ndarray) -> float:
    """UF1, 0..1, of taking the label of the highest score (N, classes)."""
    return float(uf1(confusion(labels, scores.argmax(axis=1), classes=scores.shape[1])))


def predict(
    network: nn.Module,
    pairs: Pairs,
    settings: ClassifierSettings,
    device: torch.device | None = None,
) -> np.ndarray:
    """Return the probability of each label, (N, classes) float32, of N pairs, at least one; nothing is random.

    Raises InputError for a network whose scores are no numbers.
    """
    device = device or default_device()
    return _scores(move_channels_last(network, device), pairs, settings, device)


@torch.inference_mode()
def _scores(network: nn.Module, pairs: Pairs, settings: ClassifierSettings, device: torch.device) -> np.ndarray:
    """As `predict`; the network stays where it is in memory, since its steps may be recorded."""
    network.eval()
    scores = []
    for start in range(0, len(pairs), settings.batch_size):
        images = pairs[np.arange(start, min(start + settings.batch_size, len(pairs)))]
        inputs = plain(torch.as_tensor(images).to(device), settings)
        with autocast(device, settings.precision):
            scores.append(network(inputs).float().softmax(1).cpu().numpy())
    found = np.concatenate(scores)
    _check_finite(network, found, "a score of it")
    return found


def _check_finite(network: nn.Module, values: np.ndarray | list[float], what: str) -> None:
    if not np.isfinite(values).all():
        raise InputError(
            f"{type(network).__name__}: {what} is no number; look for what divides by 0 or grows without an end in the "
            "network, or lower training.learning_rate"
        )


def augment(images: torch.Tensor, settings: ClassifierSettings, draws: torch.Generator) -> torch.Tensor:
    """Return inputs (B, 2, 3, crop, crop) of pairs (B, 2, H, W, 3) uint8, turned, shifted, mirrored and recoloured.

    Both frames of a pair share one draw, so that the only difference between them is the expression.
    """
    count, device = len(images), images.device

    def uniform(largest: float, *shape: int) -> torch.Tensor:
        return to_device(torch.empty(count, *shape).uniform_(-largest, largest, generator=draws), device)

    angle = uniform(math.radians(settings.rotation))
    mirror = torch.where(uniform(1) < 0, -1.0, 1.0) if settings.flip else torch.ones(count, device=device)
    shift = uniform(1 - settings.crop_share, 2)
    cos, sin = settings.crop_share * angle.cos(), settings.crop_share * angle.sin()
    transforms = torch.stack([mirror * cos, -sin, shift[:, 0], mirror * sin, cos, shift[:, 1]], dim=1).view(-1, 2, 3)
    inputs = _sampled(_joined(images), transforms, settings.crop)
    contrast, channels = 1 + uniform(settings.colour, 1, 1, 1, 1), 1 + uniform(settings.colour, 1, 3, 1, 1)
    middle = inputs.mean((1, 2, 3, 4), keepdim=True)
    brightness = uniform(settings.colour, 1, 1, 1, 1)
    return (inputs - middle) * (contrast * channels) + middle + brightness


def plain(images: torch.Tensor, settings: ClassifierSettings) -> torch.Tensor:
    """Return inputs (B, 2, 3, crop, crop) of the middle of pairs (B, 2, H, W, 3) uint8, as they are."""
    identity = torch.eye(2, 3, device=images.device).expand(len(images), 2, 3)
    return _sampled(_joined(images), settings.crop_share * identity, settings.crop)


def _schedule(
    optimiser: torch.optim.Optimizer, settings: ClassifierSettings, epochs: int, batches: int
) -> torch.optim.lr_scheduler.LRScheduler:
    if settings.schedule == "one_cycle":
        # One more than is taken: the last step then still learns.
        return torch.optim.lr_scheduler.OneCycleLR(
            optimiser, settings.learning_rate, total_steps=epochs * batches + 1, cycle_momentum=False
        )
    shares = {"constant": 0.0, "constant_then_falling": settings.decay_share}
    if settings.schedule not in shares:
        raise ValueError(f"schedule {settings.schedule!r} is none of {', '.join([*shares, 'one_cycle'])}")
    share = shares[settings.schedule]
    # From epoch to epoch, as in the public code of MiE-X.
    return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: linear_decay(step // batches, epochs, share))


def _joined(images: torch.Tensor) -> torch.Tensor:
    """Lay the frames of pairs (B, 2, H, W, 3) uint8 behind each other as channels: (B, 6, H, W) inputs of a network."""
    # To lay bytes out anew takes less than half the time that floats take.
    return scaled(images.permute(0, 1, 4, 2, 3).contiguous(), 2).flatten(1, 2)


def _sampled(joined: torch.Tensor, transforms: torch.Tensor, crop: int) -> torch.Tensor:
    """Sample pairs (B, 6, H, W) where `transforms` (B, 2, 3) say, as (B, 2, 3, crop, crop), channels-last in memory."""
    grid = functional.affine_grid(transforms, [len(joined), 6, crop, crop], align_corners=False)
    sampled = functional.grid_sample(joined, grid, padding_mode="border", align_corners=False)
    frames = sampled.reshape(-1, 3, crop, crop).contiguous(memory_format=torch.channels_last)
    return frames.unflatten(0, (len(joined), 2))
