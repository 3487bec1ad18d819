"""Choose the people of a training set who choose the epoch in place of being trained on."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.folds.training_sets import held_out_rows

    training_set = read_csv(snakemake.input.training_set)
    if snakemake.wildcards.variant == "none":
        training_set = training_set[training_set["fold"] == int(snakemake.wildcards.fold)]
    held_out = held_out_rows(training_set, snakemake.params.share, snakemake.params.seed)
    write_csv(held_out, snakemake.output.held_out)
