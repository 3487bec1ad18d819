"""Cut the faces out of the frames that a dataset's role asks for."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.extraction import extract_clips
    from mie_x_lib.settings.frames import FrameSettings
    from mie_x_lib.shards import write_images

    settings = FrameSettings(
        **snakemake.params.settings, missing_apex=snakemake.params.missing_apex, threads=snakemake.threads
    )
    extraction = extract_clips(read_csv(snakemake.input.clips), snakemake.params.role, settings)
    write_csv(extraction.report, snakemake.output.report)
    write_images(snakemake.output.crops, extraction.images, extraction.table, {})
