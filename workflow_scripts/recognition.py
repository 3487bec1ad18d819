"""What the three training scripts share: reading the clips of an evaluation, and writing what trainings give."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from mie_x_lib import weights
from mie_x_lib.classifiers import classifier_class
from mie_x_lib.classifiers.experiment import (
    TestSet,
    TrainingSet,
    first_network,
    real_test_set,
    real_training_set,
    train_and_test,
)
from mie_x_lib.classifiers.own_networks import compare_saved, try_out
from mie_x_lib.dataset import read_clip_pairs
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.settings.recognition import ClassifierSettings
from mie_x_lib.tables.predictions import read as read_predictions


def read_evaluation(snakemake) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table of an evaluation's clips with their folds, and their pairs (N, 2, H, W, 3) uint8."""
    clips = read_csv(snakemake.input.folds)
    return clips, read_clip_pairs(snakemake.input.crops, clips)


def without_left_out(snakemake, training_set: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Return the rows of a training set that are used, and which of them choose the epoch in place of being trained on.

    The latter as (N,) bool; None where nobody chooses.
    """
    path = snakemake.input.held_out
    if not path:
        return training_set, None
    uses = read_csv(path).set_index("number")["use"].reindex(training_set.index)
    used = training_set[(uses != "left_out").fillna(True)]
    return used, (uses[used.index] == "chooses").fillna(False).to_numpy(bool)


def read_real_sets(snakemake) -> tuple[TrainingSet, TestSet]:
    """Return the real clips that a fold trains on, and those that it tests."""
    clips, pairs = read_evaluation(snakemake)
    trained = read_csv(snakemake.input.training_set)
    trained = trained[trained["fold"] == int(snakemake.wildcards.fold)]
    training_set = real_training_set(clips, pairs, *without_left_out(snakemake, trained))
    return training_set, real_test_set(clips, pairs, snakemake.wildcards.fold)


def train_each_seed(
    snakemake,
    first: Callable[[int, Callable[..., nn.Module], dict], nn.Module],
    training_set: TrainingSet,
    test_set: TestSet,
    before: Sequence[str] = (),
) -> None:
    """Train the job's classifier once a seed and write its networks, curves and predictions for the test clips.

    first: the network that a seed starts from, given the seed's place among the seeds, what makes its untrained network
    from the arguments of the classifier, and these. before: the predictions of the networks that the seeds start from,
    where these were trained.
    """
    params, output = snakemake.params, snakemake.output
    kind = classifier_class(snakemake.wildcards.classifier, params.file)
    arguments, settings = params.classifier | {"labels": len(params.labels)}, ClassifierSettings(**params.settings)
    # Networks of this project are tried out by their tests.
    if params.file:
        try_out(partial(first_network, kind, params.initial, params.seeds[0]), arguments, params.labels, settings)
    for place, seed in enumerate(params.seeds):
        build = partial(first_network, kind, params.initial, seed)
        network = first(place, build, arguments)
        curve, predictions = train_and_test(
            network,
            training_set,
            test_set,
            params.labels,
            settings,
            seed,
            snakemake.wildcards.chosen_by,
            read_predictions(before[place], len(params.labels)).iloc[0].to_dict() if before else None,
            events=Path(snakemake.log[0]).with_suffix("") / f"seed_{seed}",
        )
        write_csv(predictions, output.predictions[place])
        write_csv(curve, output.curves[place])
        weights.save(output.networks[place], network, "classifier", arguments)
        if params.file:
            compare_saved(output.networks[place], network, build, settings)
