"""Measure the renders of one pair of sources: action units asked for and found, and identity."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import numpy as np
    import pandas as pd

    from mie_x_lib.action_units import estimate
    from mie_x_lib.files import write_csv
    from mie_x_lib.quality import shard_quality
    from mie_x_lib.shards import read_attributes, read_images, read_table
    from mie_x_lib.triplets import APEX_AUS, ONSET_AUS

    rows = []
    for shard, identities in zip(snakemake.input.shards, snakemake.input.identities, strict=True):
        table, pairs, attributes = read_table(shard), read_images(shard), read_attributes(shard)
        onset, apex = (
            estimate(snakemake.params.source, pairs[:, frame], table, **snakemake.params.options) for frame in (0, 1)
        )
        found = ~np.isnan(onset).any(axis=1) & ~np.isnan(apex).any(axis=1)
        face_of = {identity: row for row, identity in enumerate(read_table(identities)["identity"])}
        quality = shard_quality(
            table.loc[found, list(ONSET_AUS)].to_numpy(),
            table.loc[found, list(APEX_AUS)].to_numpy(),
            onset[found],
            apex[found],
            pairs[found],
            table.loc[found, "identity"].map(face_of).to_numpy(),
            read_images(identities),
        )
        described = {key: attributes[key] for key in ("id_source", "au_source", "shard", "asked", "unchanged")}
        rows.append(described | quality | {"unmeasured": int((~found).sum())})
    write_csv(pd.DataFrame(rows), snakemake.output.quality)
