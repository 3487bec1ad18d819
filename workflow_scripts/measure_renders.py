"""Measure the renders of one identity source and one AU source: by label, and the action units of each."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.action_units import estimate
    from mie_x_lib.dataset import read_clip_pairs
    from mie_x_lib.files import write_csv
    from mie_x_lib.quality.renders import measure_real, measure_renders
    from mie_x_lib.quality.rows import Rendered, quality_rows
    from mie_x_lib.shards import read_attributes, read_images, read_table
    from mie_x_lib.triplets import read_pool

    params, given = snakemake.params, snakemake.input
    rendered = Rendered.together(
        [
            measure_renders(
                read_table(shard),
                read_images(shard, frames=(0, -1)),
                read_table(identities)["identity"],
                read_images(identities),
                lambda images, crops: estimate(params.source, images, crops, **params.options),
                params.visible,
            )
            for shard, identities in zip(given.shards, given.identities, strict=True)
        ]
    )
    real = None
    if given.real_crops:
        pool = read_pool("micro", given.real_action_units, tell)
        real = measure_real(pool, lambda clips: read_clip_pairs(given.real_crops, clips))
    rows = quality_rows(rendered, real, sum(read_attributes(shard)["asked"] for shard in given.shards))
    rows.insert(0, "id_source", snakemake.wildcards.id_source)
    rows.insert(1, "au_source", snakemake.wildcards.au_source)
    write_csv(rows.round(5), snakemake.output.quality)
    write_csv(rendered.action_units().round(4), snakemake.output.action_units)
