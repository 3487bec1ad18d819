"""Cut the faces out of one shard of an identity source's photographs, and leave out faces that were there before."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import numpy as np
    import pandas as pd

    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.identities import extract_identities, refuse_duplicates
    from mie_x_lib.settings.frames import FrameSettings
    from mie_x_lib.shards import read_images, read_table, write_images

    thumbnails = snakemake.input.thumbnails
    faces = refuse_duplicates(
        read_csv(snakemake.input.faces),
        pd.concat(map(read_table, thumbnails), ignore_index=True),
        np.concatenate([read_images(path) for path in thumbnails]),
        snakemake.params.copy_correlation,
    )
    extraction = extract_identities(faces, FrameSettings(**snakemake.params.settings, threads=snakemake.threads))
    write_csv(extraction.report, snakemake.output.report)
    write_images(snakemake.output.crops, extraction.images, extraction.table, {})
