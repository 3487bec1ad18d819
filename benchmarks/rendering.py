"""Images a second of the renderer, beside a loop that renders one pair at a time, as ratios within one run.

The loop is what public scripts do: the published layers in PyTorch's own modules, one face, its onset and apex as a
batch of two, channels-first in float32, then two JPEG files. The renderer keeps its pairs in memory. Each face is shown
by three pairs, one a label, as in the workflow; their onsets are those of three clips, or one of zeros, as the expert
source has it, which is rendered once. Every round times the loop and each combination one after the other; a ratio is
that of one round, and the table has the median over the rounds. The generator has the published size unless told
otherwise, and first weights: they do not change its speed.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter

import cv2
import numpy as np
import pandas as pd
import torch

from benchmarks.published_generator import ORIGINAL, PublishedGenerator
from mie_x_lib.devices import autocast, default_device
from mie_x_lib.ganimation.networks import Generator, blend, to_signed
from mie_x_lib.ganimation.render import render_pairs
from mie_x_lib.terms import AU_NAMES, SAMPLES_PER_IDENTITY

# A processor has passes of one size.
BATCHES = {"cpu": (4,), "cuda": (4, 16, 64, 256)}
PRECISIONS = ("float32", "auto")


@torch.inference_mode()
def render_one_by_one(
    generator: PublishedGenerator, faces: np.ndarray, onset: np.ndarray, apex: np.ndarray, folder: Path
) -> None:
    """Write onset and apex of each face as JPEG files; a face a pair, the rest as of `render_pairs`."""
    device = default_device()
    generator = generator.to(device).eval()
    for number, face in enumerate(faces):
        images = to_signed(torch.from_numpy(face[None].repeat(2, axis=0)).to(device))
        made = blend(images, *generator(images, torch.from_numpy(np.stack([onset[number], apex[number]])).to(device)))
        for name, image in zip(("onset", "apex"), made, strict=True):
            pixels = ((image.permute(1, 2, 0).cpu().numpy() + 1) * 127.5).astype(np.uint8)
            cv2.imwrite(str(folder / f"{number}_{name}.jpg"), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))


def seconds(work, *arguments, **options) -> float:
    start = perf_counter()
    work(*arguments, **options)
    return perf_counter() - start


def measure(width: int, size: int, pairs: int, rounds: int) -> pd.DataFrame:
    """One row for the loop and for each combination: onsets, batch, precision, images a second, ratio to the loop."""
    random = np.random.default_rng(0)
    faces = random.integers(0, 256, (-(-pairs // SAMPLES_PER_IDENTITY), size, size, 3), np.uint8)
    shown = np.arange(pairs) // SAMPLES_PER_IDENTITY
    onset, apex = random.random((2, pairs, len(AU_NAMES)), np.float32)
    onsets = {"of three clips": onset, "of zeros": np.zeros_like(onset)}
    published, generator = PublishedGenerator(*ORIGINAL, width), Generator(width)
    combinations = [*product(onsets, BATCHES[default_device().type], PRECISIONS)]
    times = {key: [] for key in ("loop", *combinations)}
    with tempfile.TemporaryDirectory() as folder:
        # The round before the first warms caches and autotuners up and does not count.
        for number in range(rounds + 1):
            found = {"loop": seconds(render_one_by_one, published, faces[shown], onset, apex, Path(folder))}
            for kind, batch, precision in combinations:
                found[kind, batch, precision] = seconds(
                    render_pairs, generator, faces, onsets[kind], apex, batch, precision=precision, shown=shown
                )
            for key, taken in found.items():
                if number > 0:
                    times[key].append(taken)
    rows = []
    for key, taken in times.items():
        kind, batch, precision = ("any", "one pair", "float32") if key == "loop" else key
        rate = 2 * pairs / median(taken)
        ratio = median(loop / own for loop, own in zip(times["loop"], taken, strict=True))
        row = {
            "onsets": kind,
            "batch": batch,
            "precision": precision,
            "images/s": f"{rate:.1f}",
            "ratio": f"{ratio:.2f}",
        }
        rows.append(row)
    return pd.DataFrame(rows)


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
    print(measure(**vars(arguments)).to_string(index=False))


if __name__ == "__main__":
    main()
