"""One training and one test of a network: who chooses the epoch, and what the network predicts for the test clips."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from mie_x_lib.classifiers.own_networks import faults_as_input_errors
from mie_x_lib.classifiers.training import ClassifierSettings, Pairs, predict, train_classifier
from mie_x_lib.errors import InputError
from mie_x_lib.folds.division import COLUMNS
from mie_x_lib.folds.training_sets import places_of


@dataclass(frozen=True)
class TrainingSet:
    """N samples that a network may learn from.

    labels: (N,) integers from 0. pairs_of: the pairs of those that an (N,) bool chooses, as `training.train_classifier`
    takes them. held_out: (N,) bool, those that are not trained on where they choose the epoch; None for none.
    """

    labels: np.ndarray
    pairs_of: Callable[[np.ndarray], Pairs]
    held_out: np.ndarray | None = None


@dataclass(frozen=True)
class TestSet:
    """M clips that a network is tested on: their table, and their pairs, (M, 2, H, W, 3) uint8."""

    clips: pd.DataFrame
    pairs: np.ndarray


def in_fold(clips: pd.DataFrame, fold: str) -> np.ndarray:
    """Which clips a network is tested on: (N,) bool; fold `all` is every clip."""
    return np.ones(len(clips), bool) if fold == "all" else (clips["fold"] == int(fold)).to_numpy()


def real_training_set(
    clips: pd.DataFrame, pairs: np.ndarray, trained: pd.DataFrame, held_out: np.ndarray | None = None
) -> TrainingSet:
    """Return the clips to train on.

    clips: N rows of `make_folds`. pairs: (N, 2, H, W, 3) uint8. trained: those of a fold, of
    `real_training_sets`. held_out: (M,) bool, as of `TrainingSet`, of the M rows of `trained`. Raises InputError
    where there is no clip to train on, or one that `clips` does not have.
    """
    if trained.empty:
        raise InputError(
            "evaluation: a fold leaves no clip to train on, since all others show people whom it tests; take fewer "
            "datasets, or other folds"
        )
    chosen = pairs[places_of(trained, clips)]
    return TrainingSet(trained["label"].to_numpy(), lambda kept: chosen[kept], held_out)


def real_test_set(clips: pd.DataFrame, pairs: np.ndarray, fold: str) -> TestSet:
    """Return the clips of a fold; clips, pairs: as of `real_training_set`."""
    tested = in_fold(clips, fold)
    return TestSet(clips[tested], pairs[tested])


def first_network(kind: type[nn.Module], initial: str, seed: int, /, **arguments) -> nn.Module:
    """Return an untrained classifier of a class. initial: what its backbones start from, as of `resnet.resnet18`.

    The same seed makes the same network, and with `weights.load` the same constants around weights that were trained.
    Raises InputError for arguments that the class does not take, and for whatever else it raises.
    """
    torch.manual_seed(seed)
    with faults_as_input_errors(kind, "cannot be made"):
        return kind(**arguments, initial=initial)


def train_and_test(
    network: nn.Module,
    training_set: TrainingSet,
    test_set: TestSet,
    classes: Sequence[str],
    settings: ClassifierSettings,
    seed: int,
    chosen_by: str = "last_epoch",
    before: Mapping[str, int] | None = None,
    events: str | Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train a network in place; return the curve of the training, and what the network predicts for the test clips.

    classes: their names. chosen_by: "last_epoch", or the best epoch on "held_out_subjects" of the training set or on
    the "test_fold". before: training_samples, training_steps and training_epochs of the network so far; None for an
    untrained one. settings, seed, events: as of `training.train_classifier`. Raises ValueError where nobody is held out
    to choose the epoch.
    """
    labels, out, watched = training_set.labels, np.zeros(len(training_set.labels), bool), None
    if chosen_by == "held_out_subjects":
        if training_set.held_out is None:
            raise ValueError("nobody is held out of the training set, expected those who choose the epoch")
        out = training_set.held_out
        watched = (training_set.pairs_of(out), labels[out])
    elif chosen_by == "test_fold":
        watched = (test_set.pairs, test_set.clips["label"].to_numpy())
    keep = "last" if watched is None else "best"
    pairs = training_set.pairs_of(~out)
    curve = train_classifier(network, pairs, labels[~out], settings, seed, watched=watched, keep=keep, events=events)
    scores = predict(network, test_set.pairs, settings)
    predictions = test_set.clips[list(COLUMNS)].reset_index(drop=True)
    predictions = predictions.assign(**{f"score_{name}": scores[:, label] for label, name in enumerate(classes)})
    predictions["predicted"] = scores.argmax(axis=1)
    learned = {
        "training_samples": int((~out).sum()),
        "training_steps": int(curve["steps"].iloc[-1]),
        "training_epochs": len(curve),
    }
    if before:
        learned = {name: number + before[name] for name, number in learned.items()}
    return curve, predictions.assign(**learned)
