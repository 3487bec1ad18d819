"""Put the measures of all pairs of sources together: a table, and a figure."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.quality import quality_panels
    from mie_x_lib.files import read_csv, write_csv

    quality = pd.concat([read_csv(path) for path in snakemake.input.quality], ignore_index=True)
    write_csv(quality, snakemake.output.table)
    save(quality_panels(quality), snakemake.output.figure, snakemake.output.figure_pdf)
