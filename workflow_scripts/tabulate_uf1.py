"""Sum up the predictions of every row, classifier and regime: tables, and figures."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.scores import confusion_matrices, uf1_bars
    from mie_x_lib.tables.uf1 import write_tables

    output = snakemake.output
    summary = write_tables(snakemake.params.rows, snakemake.params.sizes, dict(output.items()))
    save(uf1_bars(summary.table), output.figure, output.figure_pdf)
    whole = summary.confusions[summary.confusions["dataset"] == "all"]
    save(confusion_matrices(whole), output.matrices, output.matrices_pdf)
