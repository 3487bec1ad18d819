"""Write a variant of MiE-X in a format that others read."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.exports import export
    from mie_x_lib.exports.card import Card

    params = snakemake.params
    card = Card.read(snakemake.input.markdown, snakemake.input.json)
    export(
        snakemake.wildcards.format,
        snakemake.input.shards,
        card,
        snakemake.output.folder,
        **params.limits,
        samples=params.samples,
        seed=params.seed,
    )
