"""A simulated set on disk: its people perform, a writer lays the clips out as the set's original does."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.corpora.simulated.performances import perform
from mie_x_lib.corpora.simulated.writers import WRITERS
from mie_x_lib.files import whole_folder, write_csv
from mie_x_lib.progress import bar
from mie_x_lib.settings.corpora import Casting
from mie_x_lib.terms import AU_NAMES


def _clips_of(subject: int, dataset: str, casting: Casting, seed: int) -> list[SimulatedClip]:
    cv2.setNumThreads(1)
    name = int.from_bytes(sha256(dataset.encode()).digest()[:4], "big")
    return list(perform(subject, casting, np.random.default_rng([seed, name, subject])))


def simulate(dataset: str, casting: Casting, seed: int, threads: int = 1) -> Iterator[SimulatedClip]:
    """All clips of a simulated set, by subject; the same whatever the number of threads."""
    clips_of = partial(_clips_of, dataset=dataset, casting=casting, seed=seed)
    with ProcessPoolExecutor(threads, mp_context=get_context("spawn")) as pool:
        # A pool starts its first process when it is first asked.
        draw = map if threads == 1 else pool.map
        people = draw(clips_of, range(1, casting.subjects + 1))
        for clips in bar(people, "drawing people", "subject", casting.subjects):
            yield from clips


def write_corpus(
    root: Path, truth_path: Path, dataset: str, layout: str, casting: Casting, seed: int, threads: int = 1, **options
) -> None:
    """Draw a simulated set and write it under `root` in a dataset's layout, and the true units beside, in `truth_path`.

    The truth has one row a frame: dataset, subject, clip, frame (from 0), apex (bool), AU01 ... AU45 (0..1). It is for
    measuring, and for training the estimator of simulated people; no other step reads it. The set is whole or absent.
    options: the writer's own.
    """
    truths = []

    def telling() -> Iterator[SimulatedClip]:
        for clip in simulate(dataset, casting, seed, threads):
            truths.append((clip.aus, clip.apex))
            yield clip

    with whole_folder(root) as part:
        names = WRITERS[layout](part, telling(), **options)
    tables = []
    for (subject, name), (aus, apex) in zip(names, truths, strict=True):
        frame = np.arange(len(aus))
        named = {"dataset": dataset, "subject": subject, "clip": name, "frame": frame, "apex": frame == apex}
        tables.append(pd.DataFrame(named).join(pd.DataFrame(aus.round(4), columns=list(AU_NAMES))))
    write_csv(pd.concat(tables, ignore_index=True), truth_path)
