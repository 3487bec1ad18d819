"""Pack the table with its predictions, and what made them."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    from mie_x_lib.bundle import pack

    params, output = snakemake.params, snakemake.output
    pack(output.bundle, Path(output.bundle).parent, snakemake.input, params.rows, params.sizes, params.config)
