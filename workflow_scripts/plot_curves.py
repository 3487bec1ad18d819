"""Plot loss and UF1 over the epochs of the trainings behind rows of a table."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib.errors import InputError
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.curves import training_curves
    from mie_x_lib.files import read_csv
    from mie_x_lib.tables.uf1 import described, with_distinct_names

    if not snakemake.params.rows:
        raise InputError("no row of this table was trained here, so that there are no curves; ask for its other files")
    # Every classifier of a row is in one panel.
    rows = with_distinct_names(snakemake.params.rows, [row["variant"] for row in snakemake.params.rows])
    evaluations = [row["evaluation"] for row in rows]
    curves = pd.concat(
        read_csv(path).assign(row=", ".join(described(row, evaluations)), classifier=row["classifier"], run=path)
        for row in rows
        for path in row["curves"]
    ).reset_index(drop=True)
    save(training_curves(curves), snakemake.output.figure, snakemake.output.figure_pdf)
