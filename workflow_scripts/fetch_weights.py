"""Fetch the weights that an experiment takes from the internet, for machines that cannot reach it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.action_units.sources import pyfeat
    from mie_x_lib.frames.detectors import load_detector
    from mie_x_lib.learning.resnet import imagenet_file

    fetch = {
        "action_units.pyfeat.detector": pyfeat.load,
        "frames.detector": load_detector,
        "training.initial": lambda _: imagenet_file(),
    }
    for key, name in snakemake.params.networks.items():
        fetch[key](name)
        tell(f"{key} is {name}: the weights are here.")
    if not snakemake.params.networks:
        tell("This configuration takes no weights from the internet.")
