"""Draw a contact sheet of a shard's first pairs."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.pairs import pairs_sheet
    from mie_x_lib.shards import read_images, read_table
    from mie_x_lib.terms import LABEL_NAMES

    table = read_table(snakemake.input.shard)[: snakemake.params.pairs]
    titles = [f"{LABEL_NAMES[row.label]}\n{row.au_dataset} {row.au_subject}" for row in table.itertuples()]
    pairs = read_images(snakemake.input.shard, table.index)
    save(pairs_sheet(pairs, titles), snakemake.output.figure)
