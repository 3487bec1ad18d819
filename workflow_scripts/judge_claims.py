"""Ask the predictions what the paper claims."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib import claims
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.claims import claims_figure
    from mie_x_lib.files import read_csv, write_csv, write_text
    from mie_x_lib.tables import check_predictions

    rows, output, asked = snakemake.params.rows, snakemake.output, snakemake.params.claims
    predictions, sizes, classes = {}, [], len(rows[0]["labels"])
    for row in rows:
        seeds = [pd.concat(map(read_csv, paths), ignore_index=True) for paths in row["predictions"].values()]
        check_predictions(seeds)
        predictions.setdefault(row["classifier"], {})[row["row"]] = seeds
        sets = [read_csv(path) for path in row["training_sets"]]
        distinct = [len(table[["shard_path", "position"]].drop_duplicates()) for table in sets]
        sizes.append(
            {
                "row": row["row"],
                "classifier": row["classifier"],
                "samples": seeds[0].groupby("fold")["training_samples"].first().mean(),
                "distinct_samples": pd.Series(distinct, dtype=float).mean(),
                "identities": pd.Series([table["identity"].nunique() for table in sets], dtype=float).mean(),
            }
        )
    scored = claims.scores(predictions, classes).merge(pd.DataFrame(sizes), on=["row", "classifier"])
    judged = pd.concat([claims.judge(claim, predictions, classes) for claim in asked], ignore_index=True)
    write_csv(judged.round({"value": 2, "low": 2, "high": 2, "p": 4, "p_holm": 4}), output.claims)
    write_csv(scored.round(2), output.rows)
    write_text(claims.report(asked, judged, scored), output.markdown)
    save(claims_figure(asked, judged, scored, classes), output.figure)
