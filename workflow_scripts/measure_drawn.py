"""Measure pictures that are drawn with the action units that renders are asked for: what their figures can reach."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from functools import partial

    from mie_x_lib.action_units import estimate
    from mie_x_lib.action_units.instruments import PAPER_SCALE, instrument
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.quality.drawn import draw_pairs
    from mie_x_lib.quality.pairs import asked_action_units, pair_action_units
    from mie_x_lib.quality.rows import drawn_rows
    from mie_x_lib.settings.frames import FrameSettings, IdentityLimits
    from mie_x_lib.terms import SAMPLES_PER_IDENTITY

    params = snakemake.params
    triplets = read_csv(snakemake.input.triplets)[: params.people * SAMPLES_PER_IDENTITY]
    settings, limits = FrameSettings(**params.settings), IdentityLimits(**params.limits)
    pairs, found = draw_pairs(triplets, params.size, settings, limits, params.seed, snakemake.wildcards.id_source)
    shown = triplets[found]
    measured = pair_action_units(pairs, partial(estimate, params.source, **params.options))
    # Simulated people are drawn with intensities.
    has_strength = instrument(**params.renders)["scale"] == PAPER_SCALE
    rows = drawn_rows(shown["label"].to_numpy(), asked_action_units(shown), measured, has_strength)
    write_csv(rows.round(5), snakemake.output.figures)
