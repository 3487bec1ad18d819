"""Render some pairs with random action units, and refuse a generator whose renders are of no use."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from functools import partial

    from mie_x_lib import weights
    from mie_x_lib.action_units import estimate, unmeasured
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import write_csv
    from mie_x_lib.ganimation.networks import Generator
    from mie_x_lib.quality import gate
    from mie_x_lib.quality.probe import measure_generator
    from mie_x_lib.shards import read_images

    params, id_source = snakemake.params, snakemake.wildcards.id_source
    # These are read from the config: as params they would make admit_generator, and all renders, run again.
    count, thresholds = (snakemake.config["quality"][key] for key in ("probe", "thresholds"))
    is_measured = thresholds["au_fidelity"] is not None or not params.on_request
    faces = read_images(snakemake.input.identities)
    if not len(faces):
        report = snakemake.input.identities.removesuffix(".h5") + ".report.csv"
        raise InputError(
            f"{snakemake.input.identities}: no photograph, expected one at least; {report} says why each was left out: "
            "give others, or take the identity source out of variants"
        )
    values = measure_generator(
        weights.load(snakemake.input.generator, "generator", Generator),
        faces,
        partial(estimate, params.source, **params.options) if is_measured else unmeasured,
        count,
        params.seed,
        id_source,
        params.render,
    )
    checks = gate.judge(values, thresholds)
    # Also where all pass: the thresholds were set on simulated people.
    tell(f"{snakemake.input.generator}, checked on {count} pairs of {id_source}: {gate.summary(checks)}")
    gate.refuse_failed(checks, snakemake.input.generator, id_source, count)
    write_csv(checks.round(5), snakemake.output.checks)
