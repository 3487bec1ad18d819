"""Train a classifier on the real clips of people whom one fold does not test, and test it on those of the fold."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from workflow_scripts.recognition import read_real_sets, train_each_seed

    if snakemake.params.warning:
        tell(snakemake.params.warning)
    train_each_seed(
        snakemake,
        lambda _place, build, arguments: build(**arguments),
        *read_real_sets(snakemake),
    )
