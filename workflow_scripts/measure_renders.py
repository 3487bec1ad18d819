"""Measure the renders of one identity source and one AU source: by label, and the action units of each."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from functools import partial

    from mie_x_lib.action_units import estimate, unmeasured
    from mie_x_lib.action_units.instruments import EXPERT, compared, instrument
    from mie_x_lib.dataset import read_clip_pairs
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.people import People
    from mie_x_lib.quality.renders import measure_real, measure_renders
    from mie_x_lib.quality.rows import Rendered, quality_rows, with_drawn_figures
    from mie_x_lib.shards import read_attributes, read_images, read_table
    from mie_x_lib.triplets import read_pool

    params, given = snakemake.params, snakemake.input
    clips, renders = (known and instrument(**known) for known in (params.clips, params.renders))
    comparison = compared(EXPERT if params.kind == "expert" else clips, clips, renders)
    if comparison.remark:
        tell(f"Warning: {comparison.remark}")
    rendered = Rendered.together(
        [
            measure_renders(
                read_table(shard),
                partial(read_images, shard, frames=(0, -1)),
                read_table(identities)["identity"],
                read_images(identities),
                partial(estimate, params.source, **params.options) if params.source else unmeasured,
                params.visible,
            )
            for shard, identities in zip(given.shards, given.identities, strict=True)
        ]
    )
    real = None
    if given.real_crops:
        people = People(*map(read_csv, given.people))
        pool = read_pool("micro", given.real_action_units, tell)
        real = measure_real(pool, lambda clips: read_clip_pairs(given.real_crops, clips), people)
    sampled = sum(read_attributes(shard)["sampled"] for shard in given.shards)
    rows = with_drawn_figures(
        quality_rows(rendered, real, sampled, comparison), read_csv(given.drawn) if given.drawn else None
    )
    rows.insert(0, "id_source", snakemake.wildcards.id_source)
    rows.insert(1, "au_source", snakemake.wildcards.au_source)
    write_csv(rows.round(5), snakemake.output.quality)
    write_csv(rendered.action_units().round(4), snakemake.output.action_units)
