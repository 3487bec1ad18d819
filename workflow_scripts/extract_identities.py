"""Cut the faces out of one shard of an identity source's photographs."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.extraction import FrameSettings, extract_identities
    from mie_x_lib.shards import write_images

    photographs = read_csv(snakemake.input.clips)
    first, last = snakemake.params.numbers
    if len(photographs) < last:
        raise InputError(
            f"{snakemake.input.clips}: {len(photographs)} photographs, but id_sources.{snakemake.wildcards.id_source}"
            f".identities asks for number {last}; lower it or add photographs"
        )
    settings = FrameSettings(**snakemake.params.settings, threads=snakemake.threads)
    extraction = extract_identities(photographs[first:last], first, settings)
    write_csv(extraction.report, snakemake.output.report)
    write_images(snakemake.output.crops, extraction.images, extraction.table, {})
