"""Look in every fold for a test subject that its network trains on; fail where there is one."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from mie_x_lib import audit, shards
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import read_csv, write_csv

    folds = read_csv(snakemake.input.folds)
    identity_datasets = snakemake.params.identity_datasets
    tables = {
        path: shards.read_table(path).assign(id_dataset=identity_datasets[shards.read_attributes(path)["id_source"]])
        for path in snakemake.input.shards
    }
    leaks = audit.fold_leaks(folds)
    rows = []
    for path in map(Path, snakemake.input.training_sets):
        samples = audit.trace(read_csv(path), tables)
        found = audit.training_leaks(folds, path.stem, samples, **snakemake.params.leak_rules)
        leaks += [f"{path}: {leak}" for leak in found]
        rows.append({"variant": snakemake.wildcards.variant, "fold": path.stem} | audit.audit_row(samples, found))
    if leaks:
        raise InputError("test subjects leak into training:\n" + "\n".join(leaks))
    columns = ["variant", "fold", "samples", "au_subjects", "identities", "leaks", "found"]
    write_csv(pd.DataFrame(rows, columns=columns), snakemake.output.audit)
