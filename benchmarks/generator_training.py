"""Milliseconds of a step in the training of the published generator, and hours of the paper's 30 epochs.

A step is one of the generator, with the five of the critic before it, in batches of 25 faces of 128 pixels. On a GPU,
each arithmetic is measured as it is trained, from recordings of its steps (`mie_x_lib.learning.recorded`), and beside
it without them. Every round does all ways one after the other; the table has medians, with the least and the most of
the rounds.
Faces are noise: they do not change the speed. Hours are those of 100,000 faces, reckoned from the steps.
"""

import argparse
from collections.abc import Callable
from functools import partial
from unittest import mock

import numpy as np
import pandas as pd
import torch

from benchmarks.rounds import against, rates, spread
from mie_x_lib.ganimation import training
from mie_x_lib.learning.devices import default_device
from mie_x_lib.settings.generator import TrainingSettings
from mie_x_lib.terms import AU_NAMES

FACES, PHOTOGRAPHS = 1000, 100_000


def as_it_is(function: Callable, _device: torch.device) -> Callable:
    """What takes the place of a recording."""
    return function


def ways(size: int, settings: TrainingSettings) -> dict[tuple[str, str], Callable[[int], int]]:
    """What does a number of steps, by how they run and in which arithmetic."""
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (FACES, size, size, 3), np.uint8)
    aus = random.random((FACES, len(AU_NAMES)), np.float32)
    pairs, device = training.FramePairs.split(np.arange(FACES), aus, settings), default_device()
    found = {}
    for kind in ("as they are", "recorded") if device.type == "cuda" else ("as they are",):
        for precision in ("float32", "auto"):
            chosen = settings.model_copy(update={"precision": precision})
            with mock.patch.object(training, "Recorded", training.Recorded if kind == "recorded" else as_it_is):
                trainer = training.Trainer(faces, aus, pairs, chosen, device)
            found[kind, precision] = partial(do, trainer)
    return found


def do(trainer: training.Trainer, steps: int) -> int:
    for step in range(steps):
        trainer.step(step)
    if trainer.device.type == "cuda":
        torch.cuda.synchronize()
    return steps


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=64, help="channels of the generator's first layer (%(default)s)")
    parser.add_argument("--size", type=int, default=128, help="side of the faces in pixels (%(default)s)")
    parser.add_argument("--steps", type=int, default=1, help="of the generator in a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count (%(default)s)")
    asked = parser.parse_args()
    settings = TrainingSettings(width=asked.width, au_noise=0.1, initial_std=0.02)
    works = ways(asked.size, settings)
    for work in works.values():
        # Those of the first ones, before a recording.
        work(4)
    found = rates({way: partial(work, asked.steps) for way, work in works.items()}, asked.rounds)
    ratios, steps = against(found, next(iter(works))), training.generator_steps(PHOTOGRAPHS, settings)
    rows = []
    for way, speeds in found.items():
        hours = [steps / speed / 3600 for speed in speeds]
        rows.append((*way, spread([1000 / speed for speed in speeds]), f"{ratios[way]:.2f}", spread(hours)))
    columns = ["steps", "arithmetic", "milliseconds", "speed", "hours of 30 epochs"]
    print(pd.DataFrame(rows, columns=columns).to_markdown(index=False, disable_numparse=True))


if __name__ == "__main__":
    main()
