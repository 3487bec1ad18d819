"""Run OpenFace over the clips of a dataset that were cut: the others have no use for it, and it may fail on them."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.action_units.openface_binary import measure_clips
    from mie_x_lib.files import read_csv
    from mie_x_lib.shards import read_table
    from mie_x_lib.terms import CLIP_NAME

    cut = read_table(snakemake.input.crops)[CLIP_NAME].drop_duplicates()
    measure_clips(
        read_csv(snakemake.input.clips).merge(cut),
        snakemake.input.binary,
        snakemake.output.measured,
        snakemake.threads,
        snakemake.params.static,
    )
