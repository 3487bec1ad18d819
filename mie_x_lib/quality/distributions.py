"""How far two samples lie from each other, and how varied one is."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mie_x_lib.randomness import stream

Distance = Callable[[np.ndarray, np.ndarray], float]

# Rows of which all pairs are compared, and random halvings that are averaged.
_LARGEST = 1000
_HALVINGS = 20


def wasserstein(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the Wasserstein-1 distance of each column, (d,), in the columns' unit; NaN where a sample is empty.

    first (n, d), second (m, d). The area between the two distribution functions (Ramdas, García Trillos and Cuturi,
    "On Wasserstein two-sample testing and related families of nonparametric tests", Entropy 2017).
    """
    # SciPy takes longer to load than to measure the drawn pictures of a source, of which no distance is asked.
    from scipy.stats import wasserstein_distance

    if not len(first) or not len(second):
        return np.full(first.shape[1], np.nan)
    return np.array([wasserstein_distance(x, y) for x, y in zip(first.T, second.T, strict=True)])


def frechet(first: np.ndarray, second: np.ndarray) -> float:
    """Return the squared Fréchet distance of the normal distributions with the means and covariances of two samples.

    first (n, d), second (m, d). |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Dowson and Landau, J. Multivariate
    Analysis 1982; of images by Heusel et al., NeurIPS 2017). Small samples make it larger (Chong and Forsyth, CVPR
    2020): compare it with that of samples of similar size. NaN where a sample has less than two rows.
    """
    if min(len(first), len(second)) < 2:
        return np.nan
    one, two = (np.atleast_2d(np.cov(sample, rowvar=False)) for sample in (first, second))
    # The trace of the root of a product of two covariances is the sum of the roots of its eigenvalues, all >= 0.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(one @ two).real, 0)).sum()
    distance = ((first.mean(axis=0) - second.mean(axis=0)) ** 2).sum() + np.trace(one) + np.trace(two) - 2 * roots
    return float(max(distance, 0))


def between_halves(values: np.ndarray, subjects: ArrayLike, distance: Distance) -> float:
    """Return the distance between two halves of a sample, by subject: that of a sample as good as the real one.

    values: (n, d). subjects: n names; a subject is in one half only. The mean over 20 random halvings, the same in
    every call; NaN with less than two subjects.
    """
    names = np.asarray(subjects, dtype=str)
    people = np.unique(names)
    if len(people) < 2:
        return np.nan
    found = []
    for number in range(_HALVINGS):
        half = np.isin(names, stream("halves", number).permutation(people)[: len(people) // 2])
        found.append(distance(values[half], values[~half]))
    return float(np.mean(found))


def effective_number(names: ArrayLike) -> float:
    """Return the exponential of the entropy of the shares of the names: how many equally frequent names are as varied.

    Hill's number of order 1 (Jost, "Entropy and diversity", Oikos 2006); 0 of none.
    """
    _, counts = np.unique(np.asarray(names, dtype=str), return_counts=True)
    shares = counts / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(counts) else 0.0


def mean_pairwise_distance(values: np.ndarray) -> float:
    """Return the mean Euclidean distance of two different rows of (n, d); of at most 1,000, evenly spaced, of many.

    NaN with less than two rows.
    """
    from scipy.spatial.distance import pdist

    rows = np.linspace(0, len(values), min(len(values), _LARGEST), endpoint=False).astype(int)
    return float(pdist(values[rows]).mean()) if len(values) > 1 else np.nan
