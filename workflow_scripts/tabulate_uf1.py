"""Sum up the predictions of every row, classifier and regime: tables, and a figure."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from mie_x_lib import tables
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.scores import uf1_bars
    from mie_x_lib.files import read_csv, whole, write_csv

    rows, output = snakemake.params.rows, snakemake.output
    folds = read_csv(snakemake.input.folds)
    real_samples = round(len(folds) * (1 - 1 / folds["fold"].nunique()))
    predictions = [
        [pd.concat(map(read_csv, paths), ignore_index=True) for paths in row["predictions"].values()] for row in rows
    ]

    def samples(row: dict) -> int:
        return row["synthetic_samples"] + (real_samples if row["regime"] != "synthetic" else 0)

    table = tables.uf1_table(
        row | tables.uf1_row(seeds) | {"training_samples": samples(row)}
        for row, seeds in zip(rows, predictions, strict=True)
    )
    write_csv(table, output.table)
    save(uf1_bars(table), output.figure)
    texts = tables.presented(table)
    for path, text in ((output.markdown, tables.markdown(texts)), (output.latex, tables.latex(texts))):
        with whole(path) as part:
            Path(part).write_text(text, encoding="utf-8")

    names = ["table", "row", "classifier", "regime"]
    by_dataset = [
        {name: row[name] for name in names} | found
        for row, seeds in zip(rows, predictions, strict=True)
        for found in tables.dataset_rows(seeds)
    ]
    write_csv(pd.DataFrame(by_dataset).round(2), output.datasets)

    compared = []
    for classifier in dict.fromkeys(row["classifier"] for row in rows):
        # Two rows of the same networks are one.
        distinct = {
            str(row["predictions"]): (f"{row['row']}, {row['regime'].replace('_', ' ')}", seeds)
            for row, seeds in zip(rows, predictions, strict=True)
            if row["classifier"] == classifier
        }
        compared.append(tables.comparisons(dict(distinct.values())).assign(classifier=classifier))
    write_csv(pd.concat(compared, ignore_index=True), output.comparisons)
