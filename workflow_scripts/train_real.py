"""Train a classifier on the real clips of people whom one fold does not test, and test it on those of the fold."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.classifiers import classifier_class
    from mie_x_lib.classifiers.experiment import first_network
    from workflow_scripts.recognition import read_real_sets, train_each_seed

    if snakemake.params.warning:
        tell(snakemake.params.warning)
    kind = classifier_class(snakemake.wildcards.classifier, snakemake.params.file)
    train_each_seed(
        snakemake,
        lambda seed, _place, arguments: first_network(kind, arguments, snakemake.params.initial, seed),
        *read_real_sets(snakemake),
    )
