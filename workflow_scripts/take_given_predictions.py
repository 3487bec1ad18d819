"""Check predictions that another program made of the test clips, and write them as those of networks trained here."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.tables import given_predictions

    path = snakemake.input.given
    clips, classes = read_csv(snakemake.input.folds), snakemake.params.labels
    taken = given_predictions.take(given_predictions.read(path), clips, classes, path)
    write_csv(taken, snakemake.output.predictions)
