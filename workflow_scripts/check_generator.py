"""Render some pairs with random action units, and refuse a generator whose renders are of no use."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import numpy as np

    from mie_x_lib import weights
    from mie_x_lib.action_units import estimate
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import write_csv
    from mie_x_lib.ganimation.networks import Generator
    from mie_x_lib.ganimation.render import render_pairs
    from mie_x_lib.quality import gate
    from mie_x_lib.quality.fidelity import au_fidelity, identity_kept
    from mie_x_lib.quality.pictures import change_measures, picture_measures
    from mie_x_lib.shards import read_images, read_table

    # From the config, since one of the two rules of this script is not to run again for another of these settings.
    probe, thresholds = (snakemake.config["quality"][key] for key in ("probe", "thresholds"))
    params, id_source = snakemake.params, snakemake.wildcards.id_source
    faces, table = read_images(snakemake.input.identities), read_table(snakemake.input.identities)
    if not len(faces):
        raise InputError(f"{snakemake.input.identities}: no photograph, expected one at least; see its report")
    people = np.arange(probe) % len(faces)
    onset, apex = gate.probe_action_units(probe, params.seed, id_source)
    generator = weights.load(snakemake.input.generator, "generator", Generator)
    pairs = render_pairs(
        generator,
        faces[people],
        onset,
        apex,
        batch_size=params.render["batch_size"],
        precision=params.render["precision"],
    )
    crops = table.iloc[people].reset_index(drop=True)
    measured = [estimate(params.source, pairs[:, frame], crops, **params.options) for frame in (0, 1)]
    found = ~np.isnan(measured).any(axis=(0, 2))
    values = au_fidelity(onset[found], apex[found], *(aus[found] for aus in measured))
    values["identity_kept"] = identity_kept(pairs, people, faces).mean()
    values |= change_measures(pairs, params.render["visible_change"]).mean().to_dict()
    values |= picture_measures(pairs, faces[people]).mean().to_dict()
    checks = gate.judge(values, thresholds)
    print(checks.to_string(index=False))
    complaint = gate.complaint(checks)
    if complaint:
        raise InputError(
            f"{snakemake.input.generator}, checked on {len(pairs)} pairs of {id_source}: {complaint}; train the "
            "generator longer, give other weights in generator.weights, or change quality.thresholds (null switches "
            "one off); docs/quality.md says what each measure means"
        )
    write_csv(checks.round(5), snakemake.output.checks)
