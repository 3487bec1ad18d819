"""How far figures of few subjects can be trusted: intervals, and a test between two rows of the table."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from mie_x_lib.randomness import stream
from mie_x_lib.tables.metrics import confusions, uf1

Metric = Callable[[np.ndarray], np.ndarray]


def subject_confusions(predictions: Sequence[pd.DataFrame], classes: int = 3) -> np.ndarray:
    """Count true by predicted labels of each subject and seed: (subjects, seeds, classes, classes) int64.

    predictions: one table a seed, of the same clips, with columns person, label and predicted. Subjects are people,
    whatever their names, and sorted.
    """
    by_seed = []
    for table in predictions:
        subject, subjects = pd.factorize(table["person"], sort=True)
        by_seed.append(confusions(subject, len(subjects), table["label"], table["predicted"], classes))
    return np.stack(by_seed, axis=1)


def totals(times: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sum counts (subjects, ...) over subjects, each taken so many times: (draws, ...) float64, whole numbers.

    times: (draws, subjects). NumPy multiplies whole numbers itself, and leaves real ones to a library that takes a
    tenth of the time; the sums are exact below 2 ** 53.
    """
    return np.tensordot(times.astype(float, copy=False), counts.astype(float), axes=1)


def drawn_subjects(subjects: int, draws: int = 2000, seed: int = 0) -> np.ndarray:
    """How many times each of some subjects, drawn with replacement, is in each draw: (draws, subjects) int."""
    return stream("bootstrap", seed).multinomial(subjects, np.full(subjects, 1 / subjects), draws)


def bootstrap_interval(
    counts: np.ndarray, metric: Metric = uf1, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the bounds between which the metric, as mean over seeds, lies in `level` of resampled sets of subjects.

    counts: as `subject_confusions` returns them. Subjects, not clips, are drawn with replacement, since the clips of
    one are alike: the cluster bootstrap with percentiles (Davison and Hinkley, "Bootstrap Methods and their
    Application", 1997, sections 3.8 and 5.3). What the subjects were trained with is not resampled. NaN with less than
    two subjects, from whom nothing is known of others.
    """
    subjects = len(counts)
    if subjects < 2:
        return math.nan, math.nan
    times = drawn_subjects(subjects, draws, seed)
    values = metric(totals(times, counts)).mean(axis=1)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def paired_test(
    first: np.ndarray, second: np.ndarray, metric: Metric = uf1, draws: int = 10000, seed: int = 0
) -> float:
    """Return the two-sided p of no difference in the metric, as mean over seeds, between two rows of the table.

    first, second: counts of the same subjects and seeds as `subject_confusions` returns them. All predictions of a
    subject change sides together, at random: approximate randomisation (Noreen, "Computer-Intensive Methods for Testing
    Hypotheses", 1989). It is of these trainings: that others would differ is not in it (`contrast`). Raises
    ValueError for rows that have not the same test clips and seeds.
    """
    if first.shape != second.shape or not np.array_equal(first.sum(axis=-1), second.sum(axis=-1)):
        raise ValueError("the rows have not the same test clips and seeds, expected the predictions of one table")
    both = (first + second).sum(axis=0)

    def difference(swapped: np.ndarray) -> np.ndarray:
        counts = first.sum(axis=0) + totals(swapped, second - first)
        return (metric(counts) - metric(both - counts)).mean(axis=1)

    observed = np.abs(difference(np.zeros((1, len(first)))))
    found = np.abs(difference(_swaps(len(first), draws, seed)))
    # The observed one counts as a draw, so that p is never 0; equal differences may differ in their last digit.
    return float((1 + (found >= observed - 1e-12).sum()) / (1 + draws))


@lru_cache(maxsize=1)
def _swaps(subjects: int, draws: int, seed: int) -> np.ndarray:
    """Which subjects change sides in each draw, 1 or 0: (draws, subjects), the same for every two rows of a table."""
    return stream("paired test", seed).integers(0, 2, (draws, subjects)).astype(float)


class Resampled(NamedTuple):
    """UF1 of a row, 0..1, on its test subjects and on subjects drawn again.

    clips: (subjects, classes), how many test clips a subject has of each class. scores: (seeds,) on these subjects.
    drawn: (draws, seeds) on subjects drawn from them with replacement.
    """

    clips: np.ndarray
    scores: np.ndarray
    drawn: np.ndarray


def resample(counts: np.ndarray, draws: int = 10000, seed: int = 0) -> Resampled:
    """Draw the subjects of a row again: the same ones for all rows of as many subjects.

    counts: as `subject_confusions` returns them. Raises ValueError for seeds that have not the same test clips.
    """
    subjects, clips = len(counts), counts[:, 0].sum(axis=-1)
    if not (counts.sum(axis=-1) == clips[:, None]).all():
        raise ValueError("the seeds have not the same test clips, expected the predictions of one table")
    times = drawn_subjects(subjects, draws, seed)
    return Resampled(clips, uf1(counts.sum(axis=0)), uf1(totals(times, counts)))


class Contrast(NamedTuple):
    """A weighted sum of UF1, the bounds of 95 % of it, and the two-sided p of 0."""

    value: float
    low: float
    high: float
    p: float


def contrast(rows: Sequence[Resampled], weights: Sequence[float] | np.ndarray, seed: int = 0) -> Contrast:
    """Return the weighted sum of the UF1 of some rows, each as mean over its seeds, with its interval and p.

    Subjects are drawn with replacement, the same for all rows, and of each row its seeds: percentiles of the bootstrap
    (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 5.3). Of n seeds n - 1 are drawn,
    since n of so few would vary too little (Rao and Wu, "Resampling Inference with Complex Survey Data", 1988). p is
    twice the share of the draws on the other side of 0, where the value is one of them and p never 0; and no less than
    what an exact test of so few subjects can give, whose sides change in 2 ** subjects ways. Bounds and p are NaN with
    less than two subjects, from whom nothing is known of others. Raises ValueError for rows that have not the same test
    clips.
    """
    if not all(np.array_equal(row.clips, rows[0].clips) for row in rows):
        raise ValueError("the rows have not the same test clips, expected the predictions of one table")
    draws, random = len(rows[0].drawn), stream("bootstrap of seeds", seed)
    value, drawn = 0.0, np.zeros(draws)
    for row, weight in zip(rows, weights, strict=True):
        seeds = len(row.scores)
        chosen = random.integers(0, seeds, (draws, max(1, seeds - 1)))
        value += weight * float(np.mean(row.scores))
        drawn += weight * np.take_along_axis(row.drawn, chosen, axis=1).mean(axis=1)
    if len(rows[0].clips) < 2:
        return Contrast(value, math.nan, math.nan, math.nan)
    low, high = np.quantile(drawn, [0.025, 0.975])
    beyond = min((drawn <= 0).sum(), (drawn >= 0).sum())
    p = max(2 * (1 + float(beyond)) / (1 + draws), 2.0 ** (1 - len(rows[0].clips)))
    return Contrast(value, float(low), float(high), min(1.0, p))


def holm(p: np.ndarray) -> np.ndarray:
    """Correct p of some tests, (n,), for their number: Holm, "A simple sequentially rejective multiple test procedure",
    1979.
    """
    order = p.argsort(kind="stable")
    corrected = np.empty(len(p))
    corrected[order] = np.maximum.accumulate(np.minimum(p[order] * np.arange(len(p), 0, -1), 1))
    return corrected
