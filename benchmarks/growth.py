"""Processor time and memory of each step against the size of its work: which of them grow faster than it does.

    .venv/bin/python -m benchmarks.growth                        # all steps, to the first sizes: some minutes
    .venv/bin/python -m benchmarks.growth plan --sizes 100 10000 # one step, at sizes of one's own

Each size is measured in a process of its own, the start of which counts. The last column is the growth of the time over
that of the work: 1 is linear. Memory is that of the largest process. Writes `growth.csv` and a plot, `growth.png`, into
the folder given, here by default.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
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
    from mie_x_lib.folds.training_sets import WhoIsTested, compose_training_set
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


def originals(size: int) -> None:
    """Look for what the photographs of a shard of 240 are copies of, among so many in the shards before it."""
    from mie_x_lib.frames.copies import THUMBNAIL_SIDE, fingerprint_table, first_copies, read_with_originals
    from mie_x_lib.shards import write_stream

    side, rows = THUMBNAIL_SIDE, np.arange(size, size + 240)
    coarse = np.random.default_rng(0).normal(120, 40, (size + 240, side // 4, side // 4)).clip(0, 255).astype(np.uint8)
    pictures = np.repeat(coarse.repeat(4, axis=1).repeat(4, axis=2)[..., None], 3, axis=3)
    table = pd.DataFrame({"clip": np.arange(size + 240).astype(str)}).join(fingerprint_table(pictures))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "before.h5")
        write_stream(path, iter(pictures[:size]), pictures.shape[1:], table[:size], {})
        begun = time.process_time()
        known, thumbnails = read_with_originals([path], table[size:], pictures[size:], 0.993)
        first_copies(thumbnails, np.arange(len(known) - len(rows), len(known)), 0.993)
    print(f"{time.process_time() - begun:.2f} s of it are the search", file=sys.stderr)


def people(size: int) -> None:
    """Look for people of several names in a table of so many clips."""
    from mie_x_lib.people import find_links

    names = [f"s{number // 5:06}" for number in range(size)]
    clips = pd.DataFrame({"dataset": "mine", "subject": names, "path": [f"data/mine/{n}.mp4" for n in range(size)]})
    find_links(clips, clips, "itself", False)


def clips(size: int) -> None:
    """Cut the crops of so many clips, each a folder of one onset and one apex."""
    import cv2

    from mie_x_lib.corpora.simulated.drawing import draw_face
    from mie_x_lib.corpora.simulated.people import make_person
    from mie_x_lib.frames.extraction import extract_clips
    from mie_x_lib.settings.frames import FrameSettings
    from mie_x_lib.terms import AU_NAMES

    person = make_person(np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder, "frames")
        frames.mkdir()
        for frame in (0, 1):
            picture = draw_face(person, np.full(len(AU_NAMES), 0.5 * frame), 160, np.zeros(2))
            cv2.imwrite(str(frames / f"{frame}.png"), np.clip(picture, 0, 255).astype(np.uint8))
        paths = [Path(folder, str(number)) for number in range(size)]
        for path in paths:
            path.symlink_to(frames)
        table = pd.DataFrame({"path": map(str, paths), "subject": map(str, range(size))})
        table = table.assign(dataset="mine", clip="0", onset=0, apex=1, offset=1, emotion="fear", label=0)
        cut = extract_clips(table, "micro", FrameSettings(size=64))
    assert len(cut.images) == 2 * size


def workers(size: int) -> None:
    """Read 500 pairs for each of so many workers of a DataLoader, which read them."""
    from torch.utils.data import DataLoader

    from mie_x_lib import shards
    from mie_x_lib.dataset import PairDataset

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "0.h5")
        pairs = np.random.default_rng(0).integers(0, 256, (500, 2, 128, 128, 3), np.uint8)
        names = ("au_dataset", "au_subject", "au_clip", "au_emotion", "identity")
        table = pd.DataFrame({"sample": range(500), "label": 0}).assign(**dict.fromkeys(names, "x"))
        shards.write_images(path, pairs, table, {"id_source": "faces", "au_source": "z"})
        rows = pd.concat([shards.read_samples(path)] * size)
        read = sum(len(labels) for _, labels in DataLoader(PairDataset(rows), 32, shuffle=True, num_workers=size))
    assert read == 500 * size


def shards_read(size: int) -> None:
    """Read all pairs of so many shards, 20 each, in batches that mix all shards."""
    from mie_x_lib import shards
    from mie_x_lib.dataset import PairDataset

    draws = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        names = ("au_dataset", "au_subject", "au_clip", "au_emotion", "identity")
        table = pd.DataFrame({"sample": range(20), "label": 0}).assign(**dict.fromkeys(names, "x"))
        paths = [Path(folder, f"{number}.h5") for number in range(size)]
        for path in paths:
            pairs = draws.integers(0, 256, (20, 2, 16, 16, 3), np.uint8)
            shards.write_images(path, pairs, table, {"id_source": "faces", "au_source": "z"})
        data = PairDataset.from_shards(paths)
        for batch in draws.permutation(len(data)).reshape(-1, 20):
            data.__getitems__(batch)


def film(size: int) -> None:
    """Look for the apex of a clip of so many frames."""
    from mie_x_lib.frames.spotting import SPOTTING_SIDE, face_difference, spot_apex

    crops = np.random.default_rng(0).integers(0, 256, (16, SPOTTING_SIDE, SPOTTING_SIDE, 3), np.uint8)
    spot_apex(face_difference(crops[frame % len(crops)] for frame in range(size)))


def table_rows(size: int) -> None:
    """Sum up so many rows of a table, of 500 people and 10 seeds, and compare every two of them."""
    from mie_x_lib.tables.uf1 import summarise

    draws, numbers = np.random.default_rng(0), np.arange(5000)
    clips = pd.DataFrame({"dataset": "mine", "clip": numbers.astype(str), "label": numbers % 3, "fold": numbers % 5})
    clips["subject"] = (numbers // 10).astype(str)
    clips = clips.assign(person="mine/" + clips["subject"], emotion="", training_samples=45_000)
    named = {"table": "mine", "classifier": "branches", "regime": "synthetic", "evaluation": "all", "variant": "v"}
    known = named | {"chosen_by": "last_epoch", "labels": list(LABELS), "id_sources": ["faces"], "au_sources": ["z"]}
    rows = [known | {"row": f"row {number}", "predictions": {0: [f"{number}.csv"]}} for number in range(size)]
    summarise(rows, [[clips.assign(predicted=draws.integers(0, 3, 5000)) for _ in range(10)] for _ in rows])


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


def jobs(size: int) -> None:
    """Run so many jobs that sleep, beside one that could start all the while, with the looks of this workflow."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Snakefile").write_text(
            "from rules.scheduler import look_once_a_second\n\nlook_once_a_second()\n\n"
            f"rule all:\n    input: expand('{{number}}.txt', number=range({size})), 'last.txt'\n"
            "rule one:\n    output: touch('{number}.txt')\n    shell: 'sleep 0.05'\n"
            "rule last:\n    output: touch('last.txt')\n    priority: -1\n"
        )
        command = ["snakemake", "--quiet", "all", "--cores", "1", "--scheduler", "greedy", "--directory", folder]
        subprocess.run(
            [sys.executable, "-m", *command, "--snakefile", f"{folder}/Snakefile"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=True,
            stdout=subprocess.DEVNULL,
        )


STEPS: dict[str, tuple[Callable[[int], None], tuple[int, ...]]] = {
    "triplets": (triplets, (1_000, 10_000, 100_000, 1_000_000)),
    "training_set": (training_set, (1_000, 10_000, 100_000, 1_000_000)),
    "duplicates": (duplicates, (1_000, 10_000, 100_000)),
    "originals": (originals, (1_000, 10_000, 100_000, 1_000_000)),
    "people": (people, (1_000, 10_000, 100_000)),
    "clips": (clips, (10, 100, 1_000)),
    "workers": (workers, (1, 2, 4, 8)),
    "shards_read": (shards_read, (10, 100, 1_000)),
    "film": (film, (1_000, 10_000, 100_000)),
    "table_rows": (table_rows, (3, 10, 30)),
    "plan": (plan, (100, 1_000)),
    "jobs": (jobs, (100, 300, 1_000)),
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
        for number, (step, of_step) in enumerate(rows.groupby("step", sort=False)):
            colour, line = COLOURS[number % len(COLOURS)], "o-" if number < len(COLOURS) else "s--"
            panel.plot(of_step["size"], of_step[name], line, color=colour, markersize=3, label=step.replace("_", " "))
        panel.set(xscale="log", yscale="log", ylabel=unit)
        for axis in (panel.xaxis, panel.yaxis):
            # The figures of this project have no formulas, which powers of ten would be.
            axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
            axis.set_minor_formatter(NullFormatter())
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        clear(panel)
    panels[1].set(xlabel="triplets, samples, photographs, clips, workers,\nshards, frames, rows, jobs")
    panels[1].tick_params(axis="x", rotation=20)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
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
