"""Go on training a synthetic network on real clips of people whom one fold does not test; test it on the fold."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib import weights
    from workflow_scripts.recognition import read_real_sets, train_each_seed

    train_each_seed(
        snakemake,
        lambda place, build, _arguments: weights.load(snakemake.input.initial[place], "classifier", build),
        *read_real_sets(snakemake),
        before=snakemake.input.before,
    )
