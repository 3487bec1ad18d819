"""What the three training scripts share: reading the clips of an evaluation, and writing what trainings give."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from mie_x_lib import weights
from mie_x_lib.classifiers.experiment import TestSet, TrainingSet, train_and_test
from mie_x_lib.dataset import read_clip_pairs
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.settings.recognition import ClassifierSettings


def read_evaluation(snakemake) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the table of an evaluation's clips with their folds, and their pairs (N, 2, H, W, 3) uint8."""
    clips = read_csv(snakemake.input.folds)
    return clips, read_clip_pairs(snakemake.input.crops, clips)


def train_each_seed(
    snakemake,
    first: Callable[[int, int, dict], nn.Module],
    training_set: TrainingSet,
    test_set: TestSet,
    learned_before: int = 0,
) -> None:
    """Train the job's classifier once a seed and write its networks, curves and predictions for the test clips.

    first: the network that a seed starts from, given the seed, its place among the seeds, and the arguments of the
    classifier.
    """
    params, output = snakemake.params, snakemake.output
    arguments = params.classifier | {"labels": len(params.labels)}
    for place, seed in enumerate(params.seeds):
        network = first(seed, place, arguments)
        curve, predictions = train_and_test(
            network,
            training_set,
            test_set,
            params.labels,
            ClassifierSettings(**params.settings),
            seed,
            snakemake.wildcards.chosen_by,
            params.held_out,
            learned_before,
            events=Path(snakemake.log[0]).with_suffix("") / f"seed_{seed}",
        )
        write_csv(predictions, output.predictions[place])
        write_csv(curve, output.curves[place])
        weights.save(output.networks[place], network, "classifier", arguments)
