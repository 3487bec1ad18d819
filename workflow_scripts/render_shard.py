"""Render the samples of one shard."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    import json
    from pathlib import Path

    from mie_x_lib import weights
    from mie_x_lib.files import read_csv
    from mie_x_lib.ganimation.networks import Generator
    from mie_x_lib.ganimation.render import join_identities, render_pairs, visible_change
    from mie_x_lib.provenance import sha256
    from mie_x_lib.shards import read_images, read_table, write_images
    from mie_x_lib.terms import APEX_AUS, ONSET_AUS

    if snakemake.params.warning:
        tell(snakemake.params.warning)
    settings = snakemake.params.settings
    samples = join_identities(read_table(snakemake.input.identities), read_csv(snakemake.input.triplets))
    clips = render_pairs(
        weights.load(snakemake.input.generator, "generator", Generator),
        read_images(snakemake.input.identities)[samples["face"]],
        samples[list(ONSET_AUS)].to_numpy("float32"),
        samples[list(APEX_AUS)].to_numpy("float32"),
        settings["batch_size"],
        precision=settings["precision"],
        frames=settings["frames"],
    )
    changed = visible_change(clips, settings["visible_change"])
    attributes = {
        "id_source": snakemake.wildcards.id_source,
        "au_source": snakemake.wildcards.au_source,
        "shard": int(snakemake.wildcards.shard),
        "generator": sha256(snakemake.input.generator),
        "code": snakemake.params.code,
        "seed": snakemake.params.seed,
        "frames": settings["frames"],
        "card": json.loads(Path(snakemake.input.card).read_text(encoding="utf-8")),
        "asked": len(samples),
        "unchanged": int((~changed).sum()),
    }
    print(
        f"{attributes['asked']} samples asked for, {attributes['unchanged']} left out because nothing visible changes"
    )
    write_images(snakemake.output.shard, clips[changed], samples[changed].drop(columns="face"), attributes)
