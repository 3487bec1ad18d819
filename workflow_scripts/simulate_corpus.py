"""Draw a set of simulated people and write it in the layout of the dataset that it stands for."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    from mie_x_lib.corpora.simulated.corpus import write_corpus
    from mie_x_lib.settings.corpora import Casting

    write_corpus(
        root=Path(snakemake.output.corpus),
        truth_path=Path(snakemake.output.truth),
        dataset=snakemake.wildcards.dataset,
        layout=snakemake.params.layout,
        casting=Casting(**snakemake.params.settings),
        seed=snakemake.params.seed,
        threads=snakemake.threads,
    )
