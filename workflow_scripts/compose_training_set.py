"""Choose the synthetic pairs that a fold may train on."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib import shards
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.folds.training_sets import WhoIsTested, compose_training_set
    from mie_x_lib.people import People

    params = snakemake.params
    index = pd.concat(map(shards.read_samples, snakemake.input.shards), ignore_index=True)
    index["id_dataset"] = index["id_source"].map(params.identity_datasets)
    tested = read_csv(snakemake.input.folds)
    if snakemake.wildcards.fold != "all":
        tested = tested[tested["fold"] == int(snakemake.wildcards.fold)]
    if tested.empty:
        raise InputError(
            f"{snakemake.input.folds}: has no fold {snakemake.wildcards.fold}; ask for one that is there, or for all"
        )
    who = WhoIsTested(tested, People(*map(read_csv, snakemake.input.people)), params.held_out)
    training_set = compose_training_set(index, who, params.labels, params.samples, params.seed, **params.limits)
    write_csv(training_set, snakemake.output.training_set)
