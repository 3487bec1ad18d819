"""Cut the faces out of one shard of an identity source's photographs, and leave out faces that were there before."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.copies import read_with_originals
    from mie_x_lib.frames.identities import extract_identities, refuse_duplicates
    from mie_x_lib.settings.frames import FrameSettings
    from mie_x_lib.shards import read_images, read_table, write_stream

    of_shard = snakemake.input.thumbnails
    own, correlation = (read_table(of_shard), read_images(of_shard)), snakemake.params.copy_correlation
    known, thumbnails = read_with_originals(snakemake.input.before, *own, correlation)
    faces = refuse_duplicates(read_csv(snakemake.input.faces), known, thumbnails, correlation)
    settings = FrameSettings(**snakemake.params.settings, threads=snakemake.threads)
    extraction = extract_identities(faces, settings)
    write_csv(extraction.report, snakemake.output.report)
    shape = (settings.size, settings.size, 3)
    write_stream(snakemake.output.crops, extraction.images, shape, extraction.table, {})
