"""Run OpenFace over the clips of a dataset."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.action_units.openface_binary import measure_clips
    from mie_x_lib.files import read_csv

    measure_clips(
        read_csv(snakemake.input.clips),
        snakemake.input.binary,
        snakemake.output.measured,
        snakemake.threads,
        snakemake.params.static,
    )
