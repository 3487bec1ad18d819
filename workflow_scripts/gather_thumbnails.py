"""Put the thumbnails of several shards into one file, so that a later shard has fewer files to look into."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib.shards import image_shape, read_images, read_table, write_stream

    paths = snakemake.input.thumbnails
    write_stream(
        snakemake.output.thumbnails,
        (image for path in paths for image in read_images(path)),
        image_shape(paths[0])[1:],
        pd.concat(map(read_table, paths), ignore_index=True),
        {},
    )
