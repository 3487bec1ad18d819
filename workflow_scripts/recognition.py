"""What the three training scripts share: the clips of an evaluation, and training with all that is left of it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import Dataset

from mie_x_lib import weights
from mie_x_lib.classifiers import classifier_class
from mie_x_lib.classifiers.training import predict, train_classifier
from mie_x_lib.dataset import read_clip_pairs
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.folds import held_out_subjects
from mie_x_lib.settings.recognition import ClassifierSettings


def read_evaluation(crops: list[str], folds: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Return pairs (N, 2, H, W, 3) uint8 of the evaluation clips; dataset, subject, clip, label and fold of each."""
    clips = read_csv(folds)
    return read_clip_pairs(crops, clips), clips


def in_fold(clips: pd.DataFrame, fold: str) -> np.ndarray:
    """Which clips a network is tested on: (N,) bool; fold `all` is every clip."""
    return np.ones(len(clips), bool) if fold == "all" else (clips["fold"] == int(fold)).to_numpy()


def train_and_test(
    snakemake,
    first_network: Callable[[int, int, dict], nn.Module],
    people: pd.DataFrame,
    labels: np.ndarray,
    pairs_of: Callable[[np.ndarray], np.ndarray | Dataset],
    test_pairs: np.ndarray,
    test_clips: pd.DataFrame,
    learned_before: int = 0,
) -> None:
    """Train the job's classifier once a seed and write its networks, curves and predictions for the test clips.

    first_network: the network that a seed starts from, given the seed, its place among the seeds, and the arguments of
    the classifier. people, labels: of the N rows of the training set, as `folds.held_out_subjects` takes them.
    pairs_of: the pairs of some of those rows, chosen by an (N,) bool. test_pairs, test_clips: what the network is
    tested on. learned_before: pairs that the first network learned from already.
    """
    params, chosen_by = snakemake.params, snakemake.wildcards.chosen_by
    arguments = params.classifier | {"labels": len(params.labels)}
    settings = ClassifierSettings(**params.settings)
    out, watched = np.zeros(len(labels), bool), None
    if chosen_by == "held_out_subjects":
        out = held_out_subjects(people, labels, **params.held_out)
        watched = (pairs_of(out), labels[out])
    elif chosen_by == "test_fold":
        watched = (test_pairs, test_clips["label"].to_numpy())
    for place, seed in enumerate(params.seeds):
        network = first_network(seed, place, arguments)
        curve = train_classifier(
            network,
            pairs_of(~out),
            labels[~out],
            settings,
            seed,
            watched=watched,
            keep="last" if watched is None else "best",
            events=Path(snakemake.log[0]).with_suffix("") / f"seed_{seed}",
        )
        scores = predict(network, test_pairs, settings)
        predictions = test_clips[["dataset", "subject", "clip", "emotion", "label", "fold"]].reset_index(drop=True)
        for label, name in enumerate(params.labels):
            predictions[f"score_{name}"] = scores[:, label]
        predictions["predicted"] = scores.argmax(axis=1)
        predictions["training_samples"] = learned_before + int((~out).sum())
        write_csv(predictions, snakemake.output.predictions[place])
        write_csv(curve, snakemake.output.curves[place])
        weights.save(snakemake.output.networks[place], network, "classifier", arguments)


def freshly_initialised(snakemake) -> Callable[[int, int, dict], nn.Module]:
    """How a network starts whose backbones have the weights that the config names."""

    def network(seed: int, _place: int, arguments: dict) -> nn.Module:
        torch.manual_seed(seed)
        return classifier_class(snakemake.wildcards.classifier)(**arguments, initial=snakemake.params.initial)

    return network
