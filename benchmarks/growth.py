"""Processor time and memory of each step against the size of its work: which of them grow faster than it does.

    .venv/bin/python -m benchmarks.growth                        # all steps, to the first sizes: some minutes
    .venv/bin/python -m benchmarks.growth plan --sizes 100 10000 # one step, at sizes of one's own

Each size is measured in a process of its own, the start of which counts. The last column is the growth of the time over
that of the work: 1 is linear. Writes `growth.csv` and a plot, `growth.png`, into the folder given, here by default.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
LABELS = {"negative": ["disgust"], "positive": ["happiness"], "surprise": ["surprise"]}


def triplets(size: int) -> None:
    """Draw so many AU triplets of the expert table."""
    from mie_x_lib.terms import SAMPLES_PER_IDENTITY
    from mie_x_lib.triplets import draw, read_expert_table

    draw(read_expert_table(ROOT / "config/expert_table.csv"), "expert", 0, size // SAMPLES_PER_IDENTITY, 0)


def training_set(size: int) -> None:
    """Compose a training set of a tenth of so many samples."""
    from mie_x_lib.folds import WhoIsTested, compose_training_set
    from mie_x_lib.people import People

    numbers = np.arange(size)
    names = {"au_dataset": "casme2", "id_dataset": "celeba", "id_source": "celeba", "au_source": "z", "emotion": ""}
    samples = pd.DataFrame(
        {
            "shard_path": (numbers // 3000).astype(str),
            "position": numbers % 3000,
            "sample": numbers,
            "label": numbers % 3,
            "identity": (numbers // 3).astype(str),
            "au_subject": (numbers % 50).astype(str),
            "au_clip": (numbers % 250).astype(str),
            "au_emotion": np.array(["disgust", "happiness", "surprise"])[numbers % 3],
        }
    ).assign(**names)
    tested = pd.DataFrame({"dataset": "casme2", "subject": [str(n) for n in range(10)], "person": "", "fold": 0})
    compose_training_set(samples, WhoIsTested(tested, People()), LABELS, size // 10, 0)


def duplicates(size: int) -> None:
    """Look for copies among so many photographs, of which one in a hundred is one."""
    from mie_x_lib.frames.copies import THUMBNAIL_SIDE, first_copies

    draws = np.random.default_rng(0)
    coarse = draws.normal(120, 40, (size, THUMBNAIL_SIDE // 4, THUMBNAIL_SIDE // 4)).astype(np.float32)
    pictures = np.clip(coarse.repeat(4, axis=1).repeat(4, axis=2), 0, 255).astype(np.uint8)
    pictures[size - size // 100 :] = pictures[: size // 100]
    first_copies(np.repeat(pictures[..., None], 3, axis=3), np.arange(size), 0.993)


def people(size: int) -> None:
    """Look for people of several names in a table of so many clips."""
    from mie_x_lib.people import find_links

    names = [f"s{number // 5:06}" for number in range(size)]
    clips = pd.DataFrame({"dataset": "mine", "subject": names, "path": [f"data/mine/{n}.mp4" for n in range(size)]})
    find_links(clips, clips, "itself", False)


def plan(size: int) -> None:
    """Plan a graph with so many shards of photographs, each rendered with the action units of one source."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "growth.yaml")
        config.write_text(
            f"identities_per_shard: 1\n"
            f"simulated: {{emotionnet: {{subjects: {size}}}}}\n"
            f"id_sources: {{emotionnet: {{identities: {size}}}}}\n"
            "variants: {mie_x_emotionnet: {id_sources: [emotionnet], au_sources: [expert]}}\n"
            "training: {samples: 3}\n"
        )
        target = "results/training_sets/compmie/mie_x_emotionnet/all.csv"
        command = ["snakemake", "--dry-run", "--quiet", "all", "--cores", "1", "--configfile", str(config)]
        subprocess.run(
            [sys.executable, "-m", *command, "--snakefile", str(ROOT / "Snakefile"), "--directory", folder, target],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )


STEPS: dict[str, tuple[Callable[[int], None], tuple[int, ...]]] = {
    "triplets": (triplets, (1_000, 10_000, 100_000)),
    "training_set": (training_set, (1_000, 10_000, 100_000, 1_000_000)),
    "duplicates": (duplicates, (1_000, 10_000, 100_000)),
    "people": (people, (1_000, 10_000, 100_000)),
    "plan": (plan, (100, 1_000)),
}


def measure(step: str, size: int) -> dict[str, object]:
    """Run one step in a process of its own."""
    run = subprocess.Popen([sys.executable, "-m", "benchmarks.growth", "--one", step, str(size)], cwd=ROOT)
    _, status, used = os.wait4(run.pid, 0)
    if status:
        raise SystemExit(f"{step} of {size} failed")
    return {"step": step, "size": size, "seconds": used.ru_utime + used.ru_stime, "memory_mb": used.ru_maxrss / 1024}


def grown(rows: pd.DataFrame) -> pd.DataFrame:
    """The measurements with `growth`: how much more time than work there is, from each size to the next."""
    of_step = rows.groupby("step", sort=False)
    time, work = (rows[name] / of_step[name].shift() for name in ("seconds", "size"))
    return rows.assign(growth=time / work)


def plot(rows: pd.DataFrame, path: Path) -> None:
    """Draw time and memory over the size of the work, a line a step."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    from mie_x_lib.figures.canvas import COLOURS, COLUMN, clear, save

    figure = Figure(figsize=(COLUMN, COLUMN * 1.4), layout="constrained")
    panels = figure.subplots(2, sharex=True)
    for panel, name, unit in zip(
        panels, ("seconds", "memory_mb"), ("processor time in s", "memory in MB"), strict=True
    ):
        for colour, (step, of_step) in zip(COLOURS, rows.groupby("step", sort=False), strict=False):
            panel.plot(of_step["size"], of_step[name], "o-", color=colour, markersize=3, label=step.replace("_", " "))
        panel.set(xscale="log", yscale="log", ylabel=unit)
        for axis in (panel.xaxis, panel.yaxis):
            # The figures of this project have no formulas, which powers of ten would be.
            axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
            axis.set_minor_formatter(NullFormatter())
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        clear(panel)
    panels[1].set(xlabel="triplets, samples, photographs, clips, shards")
    panels[0].legend()
    save(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", nargs="*", default=list(STEPS), help=f"of {', '.join(STEPS)}; all by default")
    parser.add_argument("--sizes", type=int, nargs="+", help="in place of the sizes of each step")
    parser.add_argument("--folder", type=Path, default=Path(), help="where table and plot are written (%(default)s)")
    parser.add_argument("--one", nargs=2, metavar=("STEP", "SIZE"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        STEPS[arguments.one[0]][0](int(arguments.one[1]))
        return
    if unknown := set(arguments.steps) - set(STEPS):
        parser.error(f"there is no step {', '.join(sorted(unknown))}; expected some of {', '.join(STEPS)}")
    rows = [measure(step, size) for step in arguments.steps for size in arguments.sizes or STEPS[step][1]]
    table = grown(pd.DataFrame(rows)).round({"seconds": 2, "memory_mb": 0, "growth": 2})
    table.to_csv(arguments.folder / "growth.csv", index=False)
    plot(table, arguments.folder / "growth.png")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
