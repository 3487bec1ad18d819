"""Judge the claims of the paper by the predictions of the networks."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.errors import InputError
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.claims import claims_figure
    from mie_x_lib.files import read_csv, write_csv, write_text
    from mie_x_lib.tables import claims
    from mie_x_lib.tables.predictions import read_rows

    rows, output, claimed = snakemake.params.rows, snakemake.output, snakemake.params.claims
    if not rows or not claimed:
        raise InputError(
            "config: claims.table is null or has no rows, or claims.made is empty; name the table whose rows the "
            "claims compare, and make one claim or more"
        )
    networks = [
        claims.Network(
            row["row"],
            row["classifier"],
            predictions,
            [read_csv(path) for path in row["training_sets"]],
        )
        for row, predictions in zip(rows, read_rows(rows), strict=True)
    ]
    classes = len(rows[0]["labels"])
    judged, scored = claims.judge_all(claimed, networks, classes)
    write_csv(judged.round({"value": 2, "low": 2, "high": 2, "p": 4, "p_holm": 4}), output.claims)
    write_csv(scored.round(2), output.rows)
    write_text(claims.report(claimed, judged, scored), output.markdown)
    save(claims_figure(claimed, judged, scored, classes), output.figure, output.figure_pdf)
