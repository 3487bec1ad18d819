"""Turn a published checkpoint of GANimation into a weights file of this project."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib import weights
    from mie_x_lib.action_units.instruments import PAPER_SCALE
    from mie_x_lib.ganimation.checkpoints import read_published
    from mie_x_lib.provenance import sha256

    checkpoint = snakemake.input.checkpoint
    network, arguments = read_published(checkpoint)
    notes = {"converted_from": sha256(checkpoint), "au_scale": PAPER_SCALE}
    weights.save(snakemake.output.weights, network, "generator", arguments, **notes)
