"""Pairs a second of the renderer, beside a loop that renders one pair at a time, as ratios within one run.

The loop is what public scripts do: the published layers in PyTorch's own modules, one face, its onset and apex as a
batch of two, channels-first in float32, then two JPEG files. The renderer's pairs are written as a shard, on a GPU
while it makes the next ones, or, where a row says so, go no further than the computer's memory. Each face is shown by
three pairs, one a label, as in the workflow; their onsets are those of three clips, or one of zeros, as the expert
source has it, which is rendered once. Every round times the loop and each combination one after the other; a ratio is
that of one round, and the table has the median over the rounds, with the least and the most. The second table says
where the time of a pair goes, in the loop and in the renderer with onsets of clips, where each stage waits for the one
before it, and how much of a large matrix product's speed the network reaches. On a GPU, a third one has the pairs a
second of several jobs that share it, in bfloat16 and with the default batch: processes that write one shard after the
other, from when all of them have made their first pairs. Its ratios are those of medians, since the loop is not timed
beside them.
The generator has the published size unless told otherwise, and first weights: they do not change its speed.
"""

import argparse
import multiprocessing
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import compress, product
from pathlib import Path
from statistics import median
from threading import Barrier
from time import perf_counter

import cv2
import numpy as np
import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.published_generator import ORIGINAL, PublishedGenerator
from benchmarks.rounds import against, rates, spread
from mie_x_lib.ganimation.networks import Generator, blend, to_signed
from mie_x_lib.ganimation.render import render_pairs, render_samples
from mie_x_lib.learning.devices import autocast, default_device
from mie_x_lib.shards import write_images, writing
from mie_x_lib.terms import APEX_AUS, AU_NAMES, ONSET_AUS, SAMPLES_PER_IDENTITY

# A processor has passes of one size.
BATCHES = {"cpu": (4,), "cuda": (256, 512)}
# Pairs of the loop in a round, at most: it is slow, and each pair takes as long as another.
LOOPED = 300
PRECISIONS = ("float32", "auto")
# Jobs that share a GPU, and shards that each writes in a round.
JOBS, SHARDS_EACH = (2, 3, 4), 3
LOOP = ("one pair at a time", "", "float32")


class Stopwatch:
    """Seconds of each stage; a GPU has finished what it was asked for when a stage ends."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = perf_counter()
        yield
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.seconds[stage] += perf_counter() - start


class TimedGenerator(Generator):
    """A generator that says how long its two parts take; copies of it, which a renderer makes, say it together."""

    stage = Stopwatch()

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        with self.stage("faces encoded"):
            return super().encode(images)

    def decode(
        self, images: torch.Tensor, encoded: torch.Tensor, aus: torch.Tensor, shown: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        with self.stage("the rest of the network"):
            return super().decode(images, encoded, aus, shown)


@torch.inference_mode()
def render_one_by_one(
    generator: PublishedGenerator, faces: np.ndarray, onset: np.ndarray, apex: np.ndarray, folder: Path
) -> dict[str, float]:
    """Write onset and apex of each face as JPEG files; return the seconds of each stage.

    faces: a face a pair; the rest as of `render_pairs`.
    """
    device, stage = default_device(), Stopwatch()
    generator = generator.to(device).eval()
    for number, face in enumerate(faces):
        aus = torch.from_numpy(np.stack([onset[number], apex[number]])).to(device)
        images = to_signed(torch.from_numpy(face[None].repeat(2, axis=0)).to(device))
        with stage("the rest of the network"):
            colour, mask = generator(images, aus)
        with stage("pictures of 8 bits"):
            made = blend(images, colour, mask).permute(0, 2, 3, 1).cpu().numpy()
            made = ((made + 1) * 127.5).astype(np.uint8)
        with stage("files"):
            for name, image in zip(("onset", "apex"), made, strict=True):
                cv2.imwrite(str(folder / f"{number}_{name}.jpg"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return stage.seconds


def render_shard(generator: Generator, faces: np.ndarray, samples: pd.DataFrame, folder: Path, **asked) -> int:
    """Write samples as a shard, as the workflow does; return their number. samples, asked: as of `render_samples`."""
    with writing(folder / "shard.h5", (2, *faces.shape[1:]), most=len(samples)) as shard:
        for clips, changes in render_samples(generator, faces, samples, 0, **asked):
            for clip in compress(clips, changes):
                shard.add(clip)
        shard.describe(pd.DataFrame({"number": np.arange(len(samples))}), {})
    return len(samples)


def render_without_files(generator: Generator, faces: np.ndarray, samples: pd.DataFrame, **asked) -> int:
    """Render samples into the computer's memory, as `render_shard` does before it writes them."""
    return sum(len(clips) for clips, _ in render_samples(generator, faces, samples, 0, **asked))


def stages_of_a_shard(generator: TimedGenerator, faces: np.ndarray, folder: Path, **asked) -> dict[str, float]:
    """Write the pairs as a shard, stage after stage; return the seconds of each. asked: as of `render_pairs`."""
    TimedGenerator.stage = stage = Stopwatch()
    with stage("all"):
        made = render_pairs(generator, faces, **asked)
    # What is neither part of the network: the order of frames, blending, rounding and copies.
    stage.seconds["pictures of 8 bits"] = stage.seconds.pop("all") - sum(stage.seconds.values())
    with stage("files"):
        write_images(folder / "shard.h5", made, pd.DataFrame({"number": np.arange(len(made))}), {})
    return stage.seconds


def decoding_operations(size: int, width: int) -> int:
    """Floating-point operations of a frame in the published network, without the first convolution."""
    network = PublishedGenerator(*ORIGINAL, width).to("meta")
    images, aus = torch.empty(1, 3, size, size, device="meta"), torch.empty(1, len(AU_NAMES), device="meta")
    with FlopCounterMode(display=False) as counted:
        network(images, aus)
    first = network.get_parameter(f"{network.trunk}.0.weight")
    return counted.get_total_flops() - 2 * first.numel() * size * size


def matrix_product_speed(side: int, rounds: int = 10) -> float:
    """Operations a second of a product of two random matrices, in the arithmetic that `auto` takes; the median."""
    device, taken = default_device(), []
    with autocast(device, "auto"):
        kind = torch.bfloat16 if torch.is_autocast_enabled(device.type) else torch.float32
    one, other = torch.randn(2, side, side, device=device).to(kind)
    for _ in range(rounds + 1):
        stage = Stopwatch()
        with stage("product"):
            one @ other
        taken.append(stage.seconds["product"])
    return 2 * side**3 / median(taken[1:])


def drawn(size: int, pairs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Faces, which of them each pair shows, and the action units of onset and apex."""
    random = np.random.default_rng(0)
    shown = np.arange(pairs) // SAMPLES_PER_IDENTITY
    faces = random.integers(0, 256, (shown[-1] + 1, size, size, 3), np.uint8)
    return faces, shown, *random.random((2, pairs, len(AU_NAMES)), np.float32)


def as_samples(onset: np.ndarray, apex: np.ndarray, shown: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(np.hstack([onset, apex]), columns=[*ONSET_AUS, *APEX_AUS]).assign(face=shown)


def render_in_company(all_ready: Barrier, width: int, size: int, pairs: int, rounds: int) -> list[tuple[float, float]]:
    """Write some shards in each round, together with other processes; return when each round was begun and done."""
    faces, shown, onset, apex = drawn(size, pairs)
    samples, generator, times = as_samples(onset, apex, shown), Generator(width), []
    with tempfile.TemporaryDirectory() as made:
        folders = [Path(made, str(number)) for number in range(SHARDS_EACH)]
        render_shard(generator, faces, samples, folders[0], precision="auto")
        for _ in range(rounds):
            remove_files(Path(made))
            all_ready.wait()
            begun = perf_counter()
            for folder in folders:
                render_shard(generator, faces, samples, folder, precision="auto")
            times.append((begun, perf_counter()))
    return times


def remove_files(folder: Path) -> None:
    """Remove what was rendered: to write in the place of another file takes longer, and no job does so."""
    for path in folder.rglob("*.*"):
        path.unlink()


def rates_in_company(jobs: int, width: int, size: int, pairs: int, rounds: int) -> list[float]:
    """Pairs a second that some jobs on one GPU make together, in each round."""
    processes = multiprocessing.get_context("spawn")
    # Of a pool, the end of one process ends the others, too.
    with processes.Manager() as manager, ProcessPoolExecutor(jobs, processes) as pool:
        asked = (manager.Barrier(jobs), width, size, pairs, rounds)
        times = np.array([job.result() for job in [pool.submit(render_in_company, *asked) for _ in range(jobs)]])
    taken = times[:, :, 1].max(axis=0) - times[:, :, 0].min(axis=0)
    return list(jobs * SHARDS_EACH * pairs / taken)


def measure(width: int, size: int, pairs: int, rounds: int) -> tuple[dict[tuple, list[float]], pd.DataFrame]:
    """Pairs a second of the loop and of each combination in each round; milliseconds of a pair in each stage."""
    faces, shown, onset, apex = drawn(size, pairs)
    onsets = {"of three clips": onset, "of zeros": np.zeros_like(onset)}
    published, generator = PublishedGenerator(*ORIGINAL, width), TimedGenerator(width)
    combinations = list(product(onsets, BATCHES[default_device().type], PRECISIONS))
    looped = slice(min(pairs, LOOPED))

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        loop = partial(render_one_by_one, published, faces[shown[looped]], onset[looped], apex[looped], folder)
        works: dict[tuple, Callable[[], float]] = {LOOP: lambda: loop() and looped.stop}
        for kind, batch, precision in combinations:
            samples = as_samples(onsets[kind], apex, shown)
            asked = {"batch_size": batch, "precision": precision}
            works[kind, batch, precision] = partial(render_shard, Generator(width), faces, samples, folder, **asked)
            if kind == "of three clips":
                alone = partial(render_without_files, Generator(width), faces, samples, **asked)
                works[f"{kind}, without files", batch, precision] = alone
        found = rates(works, rounds, tidy=partial(remove_files, folder))

        def staged(work: Callable[[], dict[str, float]], pairs: int) -> dict[str, float]:
            """Milliseconds of each stage that a pair takes: the median over the rounds."""
            times = []
            for _ in range(rounds):
                times.append(work())
                remove_files(folder)
            return {stage: median(1000 * seconds[stage] / pairs for seconds in times) for stage in times[0]}

        taken = {LOOP: staged(loop, looped.stop)}
        for kind, batch, precision in combinations:
            if kind == "of three clips":
                asked = {"batch_size": batch, "precision": precision, "onset": onset, "apex": apex, "shown": shown}
                taken[kind, batch, precision] = staged(
                    partial(stages_of_a_shard, generator, faces, folder, **asked), pairs
                )
    return found, pd.DataFrame({" ".join(map(str, key)): times for key, times in taken.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=64, help="channels of the generator's first layer (%(default)s)")
    parser.add_argument("--size", type=int, default=128, help="side of the faces in pixels (%(default)s)")
    parser.add_argument("--pairs", type=int, default=64, help="pairs of a round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count (%(default)s)")
    arguments = parser.parse_args()
    device = default_device()
    with autocast(device, "auto"):
        auto = "bfloat16" if torch.is_autocast_enabled(device.type) else "float32"
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
    print(f"{name}; auto is {auto}; width {arguments.width}, {arguments.size} px, {arguments.pairs} pairs a round")
    found, taken = measure(**vars(arguments))
    ratios = against(found, LOOP)
    rows = [[*key, spread(rate), f"{ratios[key]:.2f}"] for key, rate in found.items()]
    speeds = pd.DataFrame(rows, columns=["onsets", "batch", "precision", "pairs a second", "ratio"])
    print(speeds.to_string(index=False), "", "milliseconds a pair", taken.round(3).to_string(na_rep=""), sep="\n")
    if device.type == "cuda":
        print("\njobs on the GPU, pairs a second of all together, ratio to the loop")
        for jobs in JOBS:
            together = rates_in_company(jobs, **vars(arguments))
            print(f"{jobs:4} {spread(together)} {median(together) / median(found[LOOP]):.1f}", flush=True)
    operations = decoding_operations(arguments.size, arguments.width)
    most = matrix_product_speed(8192 if device.type == "cuda" else 2048)
    print(f"\na large matrix product in {auto}: {most / 1e12:.3g} TFLOP/s, of which the rest of the network reaches")
    for name, milliseconds in taken.loc["the rest of the network"].items():
        print(f"{2 * operations / milliseconds * 1000 / most:8.1%} {name}")


if __name__ == "__main__":
    main()
