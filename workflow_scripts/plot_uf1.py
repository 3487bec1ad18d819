"""Draw the table of UF1."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib import figures
    from mie_x_lib.files import read_csv

    figures.save(figures.uf1_bars(read_csv(snakemake.input.table)), snakemake.output.figure)
