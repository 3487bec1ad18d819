"""Draw the mean action units of every AU source that comes from clips."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib import figures, triplets
    from mie_x_lib.files import read_csv

    pool_of = {"micro": triplets.micro_pool, "macro": triplets.macro_pool}
    tables = dict(zip(snakemake.params.datasets, map(read_csv, snakemake.input.action_units), strict=True))
    pools = {
        name: pool_of[source["kind"]](pd.concat([tables[dataset] for dataset in source["datasets"]], ignore_index=True))
        for name, source in snakemake.params.sources.items()
    }
    figures.save(figures.au_means(pools), snakemake.output.figure)
