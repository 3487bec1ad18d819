"""Measure the renders of one pair of sources, by label, and their action units, pair by pair."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    import numpy as np
    import pandas as pd

    from mie_x_lib.action_units import estimate
    from mie_x_lib.dataset import read_clip_pairs
    from mie_x_lib.files import write_csv
    from mie_x_lib.quality.fidelity import identity_kept
    from mie_x_lib.quality.motion import motion_grid
    from mie_x_lib.quality.pictures import change_measures, picture_measures
    from mie_x_lib.quality.rows import Real, Rendered, quality_rows
    from mie_x_lib.shards import read_attributes, read_images, read_table
    from mie_x_lib.terms import APEX_AUS, ONSET_AUS
    from mie_x_lib.triplets import read_pool

    def real_clips() -> Real | None:
        """The clips of quality.reference."""
        if not snakemake.input.real_crops:
            return None
        pool = read_pool("micro", snakemake.input.real_action_units, tell)
        clips = pd.DataFrame([clip[:3] for clip in pool.clips], columns=["dataset", "subject", "clip"])
        return Real(
            labels=pool.labels,
            subjects=(clips["dataset"] + "/" + clips["subject"]).to_numpy(str),
            change=pool.apex - pool.onset,
            motion=motion_grid(read_clip_pairs(snakemake.input.real_crops, clips)),
        )

    def rendered(shard: str, identities: str) -> Rendered:
        """The pairs of one shard."""
        samples, pairs = read_table(shard), read_images(shard, frames=(0, -1))
        faces, people = read_images(identities), read_table(identities)["identity"]
        shown = samples["identity"].map({identity: row for row, identity in enumerate(people)}).to_numpy(int)
        options = snakemake.params.options
        measured = [estimate(snakemake.params.source, pairs[:, frame], samples, **options) for frame in (0, 1)]
        pictures = change_measures(pairs, snakemake.params.visible).join(picture_measures(pairs, faces[shown]))
        return Rendered(
            samples,
            asked=np.stack([samples[list(names)] for names in (ONSET_AUS, APEX_AUS)], axis=1),
            measured=np.stack(measured, axis=1),
            pairs=pictures.assign(identity_kept=identity_kept(pairs, shown, faces)),
            motion=motion_grid(pairs),
        )

    shards = [rendered(*paths) for paths in zip(snakemake.input.shards, snakemake.input.identities, strict=True)]
    everything = Rendered(
        samples=pd.concat([shard.samples for shard in shards], ignore_index=True),
        asked=np.concatenate([shard.asked for shard in shards]),
        measured=np.concatenate([shard.measured for shard in shards]),
        pairs=pd.concat([shard.pairs for shard in shards], ignore_index=True),
        motion=np.concatenate([shard.motion for shard in shards]),
    )
    asked = sum(read_attributes(shard)["asked"] for shard in snakemake.input.shards)
    rows = quality_rows(everything, real_clips(), asked)
    rows.insert(0, "id_source", snakemake.wildcards.id_source)
    rows.insert(1, "au_source", snakemake.wildcards.au_source)
    write_csv(rows.round(5), snakemake.output.quality)
    names = ["sample", "label", "identity", "au_dataset", "au_subject", "au_clip"]
    units = everything.measured.reshape(-1, len(ONSET_AUS) + len(APEX_AUS))
    measured = pd.DataFrame(units, columns=[*ONSET_AUS, *APEX_AUS]).round(4)
    write_csv(everything.samples[names].join(measured), snakemake.output.action_units)
