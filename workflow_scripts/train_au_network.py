"""Train the embedded AU network on simulated people, whose action units are known."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake, least_threads=2) as tell:
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from mie_x_lib.action_units.embedded_training import held_out_people, train
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.settings.action_units import AUNetworkSettings
    from mie_x_lib.shards import read_images, read_table
    from mie_x_lib.terms import AU_NAMES
    from workflow_scripts.training_people import not_tested, write_people

    images = np.concatenate([read_images(path) for path in snakemake.input.crops])
    table = pd.concat(map(read_table, snakemake.input.crops), ignore_index=True)
    kept = not_tested(snakemake, table, tell)
    images, table = images[kept], table[kept].reset_index(drop=True)
    truth = pd.concat(map(read_csv, snakemake.input.truth), ignore_index=True)
    frame = ["dataset", "subject", "clip", "frame"]
    aus = table[frame].merge(truth, on=frame, how="left", validate="one_to_one")[list(AU_NAMES)].to_numpy(np.float32)

    settings = dict(snakemake.params.settings)
    person = table.groupby(["dataset", "subject"]).ngroup()
    held_out = held_out_people(person, settings.pop("held_out"))
    correlations = train(
        images[~held_out],
        aus[~held_out],
        (images[held_out], aus[held_out]),
        AUNetworkSettings(**settings, seed=snakemake.params.seed),
        snakemake.output.weights,
        events=Path(snakemake.log[0]).with_suffix(""),
    )
    write_people(table, snakemake.output.people)
    write_csv(correlations.rename_axis("au").reset_index(name="correlation"), snakemake.output.correlations)
