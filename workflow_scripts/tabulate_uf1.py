"""Sum up the predictions of every row, classifier and regime: tables, and figures."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib import tables
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.scores import confusion_matrices, uf1_bars
    from mie_x_lib.files import read_csv, write_csv, write_text

    rows, output = snakemake.params.rows, snakemake.output
    predictions = [
        [pd.concat(map(read_csv, paths), ignore_index=True) for paths in row["predictions"].values()] for row in rows
    ]
    summary = tables.summarise(rows, predictions)
    for table, path in zip(
        summary, (output.table, output.datasets, output.confusions, output.comparisons), strict=True
    ):
        write_csv(table, path)
    texts = tables.presented(summary.table)
    note = tables.size_note(**snakemake.params.sizes)
    write_text(tables.markdown(texts, note), output.markdown)
    write_text(tables.latex(texts, note), output.latex)
    save(uf1_bars(summary.table), output.figure, output.figure_pdf)
    whole = summary.confusions[summary.confusions["dataset"] == "all"]
    save(confusion_matrices(whole), output.matrices, output.matrices_pdf)
