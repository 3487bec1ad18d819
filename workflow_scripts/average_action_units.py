"""Draw the mean action units of every AU source that comes from clips."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.figures.action_units import au_means
    from mie_x_lib.figures.canvas import save
    from workflow_scripts.pools import read_pool

    pools = {
        name: read_pool(source["kind"], source["action_units"], tell)
        for name, source in snakemake.params.sources.items()
    }
    save(au_means(pools), snakemake.output.figure)
