"""Sum up the predictions of every row, classifier and regime in one table, and draw it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib import figures
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.tables import uf1_row, uf1_table

    folds = read_csv(snakemake.input.folds)
    real_samples = round(len(folds) * (1 - 1 / folds["fold"].nunique()))

    def measured(row: dict) -> dict:
        seeds = [pd.concat(map(read_csv, paths), ignore_index=True) for paths in row["predictions"].values()]
        samples = row["synthetic_samples"] + (real_samples if row["regime"] != "synthetic" else 0)
        return row | uf1_row(seeds) | {"training_samples": samples}

    table = uf1_table(measured(row) for row in snakemake.params.rows)
    write_csv(table, snakemake.output.table)
    figures.save(figures.uf1_bars(table), snakemake.output.figure)
