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
    table = tables.uf1_table(
        row
        | tables.uf1_row(seeds, len(row["labels"]))
        | {"training_samples": round(seeds[0].groupby("fold")["training_samples"].mean().mean())}
        for row, seeds in zip(rows, predictions, strict=True)
    )
    write_csv(table, output.table)
    save(uf1_bars(table), output.figure)
    texts = tables.presented(table)
    write_text(tables.markdown(texts), output.markdown)
    write_text(tables.latex(texts), output.latex)

    names = ["table", "row", "classifier", "regime", "evaluation", "chosen_by"]

    def in_rows(found_of) -> pd.DataFrame:
        """What `found_of` finds in each row, behind the columns that say which row it is."""
        found = [
            {name: row[name] for name in names} | part
            for row, seeds in zip(rows, predictions, strict=True)
            for part in found_of(row, seeds)
        ]
        return pd.DataFrame(found).round(2)

    write_csv(in_rows(lambda row, seeds: tables.dataset_rows(seeds, len(row["labels"]))), output.datasets)
    confusions = in_rows(lambda row, seeds: tables.confusion_rows(seeds, row["labels"]))
    write_csv(confusions, output.confusions)
    save(confusion_matrices(confusions[confusions["dataset"] == "all"]), output.matrices)

    compared = []
    for evaluation, classifier in dict.fromkeys((row["evaluation"], row["classifier"]) for row in rows):
        same = [
            number
            for number, row in enumerate(rows)
            if (row["evaluation"], row["classifier"]) == (evaluation, classifier)
        ]
        named = zip(tables.row_names([rows[number] for number in same]), same, strict=True)
        found = tables.comparisons({name: predictions[number] for name, number in named}, len(rows[same[0]]["labels"]))
        compared.append(found.assign(classifier=classifier, evaluation=evaluation))
    write_csv(pd.concat(compared, ignore_index=True), output.comparisons)
