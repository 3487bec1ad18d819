"""Draw a contact sheet of pairs of every pair of sources that alternate between onset and apex."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import numpy as np

    from mie_x_lib.figures.pairs import choose_pairs
    from mie_x_lib.gallery.animation import save, sheets
    from mie_x_lib.shards import read_images, read_table
    from mie_x_lib.terms import LABEL_NAMES

    shards = snakemake.input.shards
    # One pair of each label, of three people, the same three in all shards of an identity source.
    chosen = [read_images(shard, choose_pairs(read_table(shard)["label"], 1)) for shard in shards]
    names = [f"{faces},\n{units}" for faces, units in zip(*snakemake.params.sources.values(), strict=True)]
    save(sheets(np.stack(chosen, axis=1), names, LABEL_NAMES), snakemake.output.animation)
