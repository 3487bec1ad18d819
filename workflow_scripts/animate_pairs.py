"""Draw a contact sheet of pairs of every pair of sources that alternate between onset and apex."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.gallery.animation import one_of_each, save, sheets
    from mie_x_lib.shards import read_images, read_table

    samples = [
        [None if row is None else read_images(shard, [row])[0] for row in one_of_each(read_table(shard)["label"])]
        for shard in snakemake.input.shards
    ]
    names = [f"{faces},\n{units}" for faces, units in zip(*snakemake.params.sources.values(), strict=True)]
    save(sheets(samples, names), snakemake.output.animation)
