"""Train a classifier on the real clips outside one fold, and test it on the clips in it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.classifiers.experiment import first_network, split_real_clips
    from workflow_scripts.recognition import read_evaluation, train_each_seed

    name, initial = snakemake.wildcards.classifier, snakemake.params.initial
    train_each_seed(
        snakemake,
        lambda seed, _place, arguments: first_network(name, arguments, initial, seed),
        *split_real_clips(*read_evaluation(snakemake), snakemake.wildcards.fold),
    )
