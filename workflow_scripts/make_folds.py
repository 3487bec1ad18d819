"""Split the evaluation clips into subject-disjoint folds."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib import folds
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import write_csv
    from mie_x_lib.shards import read_table

    crops = pd.concat(map(read_table, snakemake.input.crops), ignore_index=True)
    clips = crops[["dataset", "subject", "clip", "label"]].drop_duplicates()
    if snakemake.params.folds == "leave_one_subject_out":
        table = folds.leave_one_subject_out(clips)
    else:
        table = folds.make_folds(clips, snakemake.params.folds, snakemake.params.seed)
    if table["fold"].nunique() != snakemake.params.fold_count:
        raise InputError(
            f"config: evaluation.subjects is {snakemake.params.fold_count}, but the clips are of "
            f"{table['fold'].nunique()} subjects; correct the number"
        )
    write_csv(table, snakemake.output.folds)
