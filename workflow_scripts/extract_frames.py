"""Cut the faces out of the frames that a dataset's role asks for."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.extraction import extract_clips
    from mie_x_lib.settings.frames import FrameSettings
    from mie_x_lib.shards import write_stream

    params = snakemake.params
    settings = FrameSettings(
        **params.settings,
        missing_apex=params.missing_apex,
        **params.unfit,
        threads=snakemake.threads,
    )
    extraction = extract_clips(read_csv(snakemake.input.clips), params.role, settings, tell)
    write_csv(extraction.report, snakemake.output.report)
    shape = (settings.size, settings.size, 3)
    write_stream(snakemake.output.crops, extraction.images, shape, extraction.table, {})
