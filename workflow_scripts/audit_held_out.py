"""Look for people who choose the epoch of a network that was trained on them; fail if there is one."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from mie_x_lib.audit.leaks import COLUMNS, everybody_in, held_out_leaks, trace
    from mie_x_lib.files import read_csv
    from workflow_scripts.audits import finish, read_everybody, read_shards

    variant = snakemake.wildcards.variant
    tables = {Path(path).stem: read_csv(path) for path in snakemake.input.training_sets}
    if variant == "none":
        tables = {str(fold): clips for fold, clips in tables["none"].groupby("fold")}
    else:
        shards = read_shards(snakemake)
        tables = {fold: trace(table, shards) for fold, table in tables.items()}

    everybody = read_everybody(snakemake, [everybody_in(table) for table in tables.values()])
    rows = []
    for path in map(Path, snakemake.input.held_out):
        training_set, held_out = tables[path.stem], read_csv(path)
        leaks = held_out_leaks(training_set, held_out, everybody)
        trained_on = "real clips" if variant == "none" else "rendered pairs"
        counts = {
            "samples": len(training_set),
            "people": held_out.loc[held_out["use"] == "chooses", "person"].nunique(),
            "leaks": len(leaks),
        }
        rows.append({"trained_on": trained_on, "fold": path.stem} | counts | {"found": "; ".join(leaks)})
    finish(snakemake, pd.DataFrame(rows, columns=list(COLUMNS)), [])
