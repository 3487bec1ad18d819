"""Turn a dataset's own layout and annotation into the clip table."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.corpora import list_clips
    from mie_x_lib.files import write_csv

    clips = list_clips(
        snakemake.params.layout,
        snakemake.input.roots[0],
        snakemake.wildcards.dataset,
        tell,
        snakemake.params.outside_root,
        **snakemake.params.options,
    )
    write_csv(clips, snakemake.output.clips)
