"""Training of the embedded estimator on simulated people, whose action units are known."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from mie_x_lib import weights
from mie_x_lib.action_units.sources.embedded import AUNetwork, estimate_with
from mie_x_lib.errors import InputError
from mie_x_lib.learning.devices import default_device
from mie_x_lib.learning.events import event_files
from mie_x_lib.learning.optimisers import without_compiler
from mie_x_lib.learning.resnet import to_input
from mie_x_lib.progress import counter
from mie_x_lib.settings.action_units import AUNetworkSettings
from mie_x_lib.terms import AU_NAMES


def correlations(truth: np.ndarray, estimate: np.ndarray) -> pd.Series:
    """Pearson correlation of each unit between (N, 17) truth and estimate; NaN where a unit never varies."""
    return pd.DataFrame(truth, columns=list(AU_NAMES)).corrwith(pd.DataFrame(estimate, columns=list(AU_NAMES)))


def held_out_people(people: pd.Series, share: float) -> np.ndarray:
    """Which rows are of the people who only measure the result, the last ones: (N,) bool.

    people: (N,), the number of each row's person, from 0. share: of the people, 0..0.5; at least one of them, unless
    it is 0. Raises InputError where nobody is left to learn from.
    """
    number = people.nunique()
    kept = math.ceil(number * (1 - share))
    kept -= int(share > 0 and kept == number)
    if not kept:
        raise InputError(
            f"au_network_training.datasets show one person whom no evaluation tests, and held_out, {share:g}, leaves "
            "out one at least, so that nobody is left to learn from; name datasets with more people"
        )
    return (people >= kept).to_numpy()


def _augment(x: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Mirror, shift, turn and scale x (B, 3, H, W) as a detector's box does; change light and noise as cameras do."""
    count = len(x)

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return torch.empty(count, *shape).uniform_(low, high, generator=random)

    angle, scale = uniform(-0.06, 0.06), uniform(0.94, 1.06)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin = scale * angle.cos(), scale * angle.sin()
    theta = torch.stack([mirror * cos, -sin, uniform(-0.05, 0.05), mirror * sin, cos, uniform(-0.05, 0.05)], 1).view(
        -1, 2, 3
    )
    grid = functional.affine_grid(theta, list(x.shape), align_corners=False)
    x = functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
    grey = x.mean(1, keepdim=True)
    colour = (uniform(0, 1) > 0.15).float() * uniform(0.7, 1.2)
    x = grey + colour.view(-1, 1, 1, 1) * (x - grey)
    x = x * uniform(0.8, 1.2, 1, 1, 1) + uniform(-0.3, 0.3, 1, 1, 1) + uniform(-0.08, 0.08, 3, 1, 1)
    return x + uniform(0, 0.04, 1, 1, 1) * torch.empty_like(x).normal_(generator=random)


def train(
    images: np.ndarray,
    aus: np.ndarray,
    held_out: tuple[np.ndarray, np.ndarray],
    settings: AUNetworkSettings,
    path: str | Path,
    events: str | Path | None = None,
) -> pd.Series:
    """Fit an AUNetwork and write its weights; return each unit's correlation on the held-out people.

    images: (N, H, W, 3) uint8 crops; aus: (N, 17) 0..1. held_out: the same two of people who are not among them. No
    choice is made on them: the schedule is fixed, the last epoch is written. events: folder for TensorBoard event files
    of loss and learning rate by epoch, those of an earlier attempt deleted; None for none.
    """
    torch.manual_seed(settings.seed)
    random = torch.Generator().manual_seed(settings.seed)
    device = default_device()
    network = AUNetwork(settings.width, settings.size).to(device).to(memory_format=torch.channels_last)
    adam = without_compiler(torch.optim.AdamW)
    optimizer = adam(network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
    steps = max(1, len(images) // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.epochs * steps
    )
    pixels, target = torch.from_numpy(images), torch.from_numpy(aus.astype(np.float32))
    network.train()
    with event_files(events) as points, counter(settings.epochs * steps, "training", "step") as count:
        for epoch in range(1, settings.epochs + 1):
            order, losses = torch.randperm(len(pixels), generator=random), []
            for chosen in order[: steps * settings.batch].view(steps, -1):
                x = _augment(to_input(pixels[chosen]), random)
                if x.shape[-1] != settings.size:
                    x = functional.interpolate(x, size=(settings.size, settings.size), mode="bilinear", antialias=True)
                x = x.to(device).contiguous(memory_format=torch.channels_last)
                loss = functional.mse_loss(network(x), target[chosen].to(device))
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                losses.append(loss.item())
                count(1)
            points.scalars(epoch, {"loss": float(np.mean(losses)), "learning_rate": float(schedule.get_last_lr()[0])})
    network.eval()
    found = correlations(held_out[1], estimate_with(network, held_out[0]))
    arguments = {"width": settings.width, "size": settings.size}
    weights.save(
        path,
        network,
        "au_network",
        arguments,
        training=settings.model_dump(),
        people="simulated",
        correlation=found.dropna().round(3).to_dict(),
    )
    return found
