"""Train a classifier on rendered pairs alone, and test it on the real clips of its fold."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.dataset import ShardImages
    from mie_x_lib.files import read_csv
    from mie_x_lib.folds import people_of_samples
    from workflow_scripts.recognition import freshly_initialised, in_fold, read_evaluation, train_and_test

    training_set = read_csv(snakemake.input.training_set)
    pairs, clips = read_evaluation(snakemake.input.crops, snakemake.input.folds)
    test = in_fold(clips, snakemake.wildcards.fold)
    train_and_test(
        snakemake,
        freshly_initialised(snakemake),
        people_of_samples(training_set),
        training_set["label"].to_numpy(),
        lambda chosen: ShardImages(training_set[chosen]),
        pairs[test],
        clips[test],
    )
