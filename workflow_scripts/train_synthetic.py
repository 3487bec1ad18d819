"""Train a classifier on rendered pairs alone, and test it on the real clips of its fold."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.classifiers.experiment import TrainingSet, first_network, split_real_clips
    from mie_x_lib.dataset import ShardImages
    from mie_x_lib.files import read_csv
    from mie_x_lib.folds import people_of_samples
    from workflow_scripts.recognition import read_evaluation, train_each_seed

    name, initial = snakemake.wildcards.classifier, snakemake.params.initial
    samples = read_csv(snakemake.input.training_set)
    _, test_set = split_real_clips(*read_evaluation(snakemake), snakemake.wildcards.fold)
    train_each_seed(
        snakemake,
        lambda seed, _place, arguments: first_network(name, arguments, initial, seed),
        TrainingSet(people_of_samples(samples), samples["label"].to_numpy(), lambda rows: ShardImages(samples[rows])),
        test_set,
    )
