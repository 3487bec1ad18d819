"""Split the clips of an evaluation into subject-disjoint folds."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    import pandas as pd

    from mie_x_lib.errors import InputError
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.folds.division import label_clips, leave_one_dataset_out, leave_one_subject_out, make_folds
    from mie_x_lib.folds.training_sets import real_training_sets, untrained_classes
    from mie_x_lib.people import People
    from mie_x_lib.shards import read_table

    params = snakemake.params
    crops = pd.concat(map(read_table, snakemake.input.crops), ignore_index=True)
    people = People(*map(read_csv, snakemake.input.people))
    clips = label_clips(crops[["dataset", "subject", "clip", "emotion"]].drop_duplicates(), params.labels, people)
    if params.folds == "leave_one_subject_out":
        table = leave_one_subject_out(clips)
    elif params.folds == "leave_one_dataset_out":
        table = leave_one_dataset_out(clips, params.datasets)
    else:
        table = make_folds(clips, params.folds, params.seed)
    if table["fold"].nunique() != params.fold_count:
        raise InputError(
            f"config: evaluations.{snakemake.wildcards.evaluation}.subjects is {params.fold_count}, but the number "
            f"of people in its clips is {table['fold'].nunique()}; correct it (results/people has who is one person)"
        )
    training_sets = real_training_sets(table, people, params.held_out)
    if lacking := untrained_classes(table, training_sets, params.labels):
        tell(
            f"Warning: {snakemake.wildcards.evaluation}: {'; '.join(lacking)}; networks trained on real clips alone do "
            "not know it, which lowers their UF1; take fewer folds, or classes with clips of more people"
        )
    write_csv(table, snakemake.output.folds)
    write_csv(training_sets, snakemake.output.training_sets)
