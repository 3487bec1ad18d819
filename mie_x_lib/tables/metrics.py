"""UF1 and UAR, as the Micro-Expression Grand Challenge 2019 defines them, and accuracy."""

import numpy as np
from numpy.typing import ArrayLike


def confusion(label: ArrayLike, predicted: ArrayLike, classes: int = 3) -> np.ndarray:
    """Count clips by true label (row) and predicted label (column): (classes, classes) int64.

    label, predicted: (n,) int, 0 .. classes - 1. Confusions of folds add up to the confusion of all folds.
    Raises ValueError for unequal lengths and for labels that are none.
    """
    return confusions(np.zeros(np.shape(label), np.int64), 1, label, predicted, classes)[0]


def confusions(group: ArrayLike, groups: int, label: ArrayLike, predicted: ArrayLike, classes: int = 3) -> np.ndarray:
    """Count clips of each group as `confusion` does: (groups, classes, classes) int64; group: (n,) int, from 0."""
    label, predicted = np.asarray(label, np.int64), np.asarray(predicted, np.int64)
    if label.shape != predicted.shape or label.ndim != 1:
        raise ValueError(f"{label.shape} labels and {predicted.shape} predictions, expected two equally long lists")
    for values in (label, predicted):
        if values.size and not (values.min() >= 0 and values.max() < classes):
            raise ValueError(f"labels {sorted(set(values.tolist()))}, expected 0 to {classes - 1}")
    cells = classes * (classes * np.asarray(group, np.int64) + label) + predicted
    return np.bincount(cells, minlength=groups * classes**2).reshape(groups, classes, classes)


def uf1(confusion: np.ndarray) -> np.ndarray:
    """Unweighted F1, 0..1: mean over the classes of 2 TP / (2 TP + FP + FN), with TP, FP, FN summed over the folds.

    confusion: (..., classes, classes) counts, true label by predicted label; (...) is returned. A class that occurs
    neither among the labels nor among the predictions is left out. Raises ValueError when there is no clip at all.
    Source: See et al., "MEGC 2019 - the second facial micro-expressions grand challenge", FG 2019.
    """
    return _mean_ratio(2 * _hits(confusion), confusion.sum(axis=-2) + confusion.sum(axis=-1))


def uar(confusion: np.ndarray) -> np.ndarray:
    """Unweighted average recall, 0..1: mean over the classes of TP / (TP + FN), summed over the folds.

    confusion: (..., classes, classes) counts, true label by predicted label; (...) is returned. A class without a clip
    has no recall and is left out. Raises ValueError when there is no clip at all. Source: as `uf1`.
    """
    return _mean_ratio(_hits(confusion), confusion.sum(axis=-1))


def accuracy(confusion: np.ndarray) -> np.ndarray:
    """Share of the clips whose label is predicted, 0..1, (...); confusion: (..., classes, classes) counts of clips."""
    return _hits(confusion).sum(axis=-1) / confusion.sum(axis=(-2, -1))


def _hits(confusion: np.ndarray) -> np.ndarray:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _mean_ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    occurs = denominator > 0
    if not occurs.any(axis=-1).all():
        raise ValueError("no clip to measure on")
    ratios = np.divide(numerator, denominator, out=np.zeros(denominator.shape), where=occurs)
    return ratios.sum(axis=-1) / occurs.sum(axis=-1)
