"""One training and one test of a network: who chooses the epoch, and what the network predicts for the test clips."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from mie_x_lib.classifiers import classifier_class
from mie_x_lib.classifiers.training import ClassifierSettings, Pairs, predict, train_classifier
from mie_x_lib.folds import held_out_subjects


@dataclass(frozen=True)
class TrainingSet:
    """N samples that a network may learn from.

    people: N rows that name the person of each, as `folds.held_out_subjects` takes them. labels: (N,) integers from 0.
    pairs_of: the pairs of those that an (N,) bool chooses, as `training.train_classifier` takes them.
    """

    people: pd.DataFrame
    labels: np.ndarray
    pairs_of: Callable[[np.ndarray], Pairs]


@dataclass(frozen=True)
class TestSet:
    """M clips that a network is tested on: their table, and their pairs, (M, 2, H, W, 3) uint8."""

    clips: pd.DataFrame
    pairs: np.ndarray


def in_fold(clips: pd.DataFrame, fold: str) -> np.ndarray:
    """Which clips a network is tested on: (N,) bool; fold `all` is every clip."""
    return np.ones(len(clips), bool) if fold == "all" else (clips["fold"] == int(fold)).to_numpy()


def split_real_clips(clips: pd.DataFrame, pairs: np.ndarray, fold: str) -> tuple[TrainingSet, TestSet]:
    """Return the clips outside a fold, to train on, and those in it.

    clips: N rows of `folds.make_folds`. pairs: (N, 2, H, W, 3) uint8.
    """
    tested = in_fold(clips, fold)
    kept, kept_pairs = clips[~tested], pairs[~tested]
    training_set = TrainingSet(
        kept[["dataset", "subject"]], kept["label"].to_numpy(), lambda chosen: kept_pairs[chosen]
    )
    return training_set, TestSet(clips[tested], pairs[tested])


def first_network(name: str, arguments: Mapping, initial: str, seed: int) -> nn.Module:
    """Return an untrained classifier. initial: what its backbones start from, as of `resnet.resnet18`."""
    torch.manual_seed(seed)
    return classifier_class(name)(**arguments, initial=initial)


def train_and_test(
    network: nn.Module,
    training_set: TrainingSet,
    test_set: TestSet,
    classes: Sequence[str],
    settings: ClassifierSettings,
    seed: int,
    chosen_by: str = "last_epoch",
    held_out: Mapping | None = None,
    learned_before: int = 0,
    events: str | Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train a network in place; return the curve of the training, and what the network predicts for the test clips.

    classes: their names. chosen_by: "last_epoch", or the best epoch on "held_out_subjects" of the training set or on
    the "test_fold". held_out: share and seed of `folds.held_out_subjects`, where it is them. learned_before: samples
    that the network learned from already. settings, seed, events: as of `training.train_classifier`.
    """
    labels, out, watched = training_set.labels, np.zeros(len(training_set.labels), bool), None
    if chosen_by == "held_out_subjects":
        out = held_out_subjects(training_set.people, labels, **(held_out or {}))
        watched = (training_set.pairs_of(out), labels[out])
    elif chosen_by == "test_fold":
        watched = (test_set.pairs, test_set.clips["label"].to_numpy())
    keep = "last" if watched is None else "best"
    pairs = training_set.pairs_of(~out)
    curve = train_classifier(network, pairs, labels[~out], settings, seed, watched=watched, keep=keep, events=events)
    scores = predict(network, test_set.pairs, settings)
    predictions = test_set.clips[["dataset", "subject", "clip", "emotion", "label", "fold"]].reset_index(drop=True)
    predictions = predictions.assign(**{f"score_{name}": scores[:, label] for label, name in enumerate(classes)})
    predictions["predicted"] = scores.argmax(axis=1)
    predictions["training_samples"] = learned_before + int((~out).sum())
    return curve, predictions
