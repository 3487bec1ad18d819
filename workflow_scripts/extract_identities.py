"""Cut the faces out of one shard of an identity source's photographs, and leave out faces that were there before."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import numpy as np
    import pandas as pd

    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.copies import may_have_copies
    from mie_x_lib.frames.identities import extract_identities, refuse_duplicates
    from mie_x_lib.settings.frames import FrameSettings
    from mie_x_lib.shards import read_images, read_table, write_stream

    own, of_own = read_images(snakemake.input.thumbnails), read_table(snakemake.input.thumbnails)
    known, thumbnails = [], []
    for path in snakemake.input.before:
        before = read_table(path)
        rows = may_have_copies(before, own)
        known.append(before.iloc[rows])
        thumbnails.append(read_images(path, rows))
    faces = refuse_duplicates(
        read_csv(snakemake.input.faces),
        pd.concat([*known, of_own], ignore_index=True),
        np.concatenate([*thumbnails, own]),
        snakemake.params.copy_correlation,
    )
    settings = FrameSettings(**snakemake.params.settings, threads=snakemake.threads)
    extraction = extract_identities(faces, settings)
    write_csv(extraction.report, snakemake.output.report)
    shape = (settings.size, settings.size, 3)
    write_stream(snakemake.output.crops, extraction.images, shape, extraction.table, {})
