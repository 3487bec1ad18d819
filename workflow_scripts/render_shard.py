"""Render the samples of one shard."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from itertools import compress

    import numpy as np

    from mie_x_lib import weights
    from mie_x_lib.cards.renders import generator_facts, source_card
    from mie_x_lib.files import read_csv
    from mie_x_lib.ganimation.networks import Generator
    from mie_x_lib.ganimation.render import join_identities, render_samples
    from mie_x_lib.shards import read_images, read_table, writing

    settings, made_by = snakemake.params.settings, snakemake.input.generator
    if snakemake.params.warning:
        tell(snakemake.params.warning)
    samples = join_identities(read_table(snakemake.input.identities), read_csv(snakemake.input.triplets))
    faces = read_images(snakemake.input.identities)
    with writing(snakemake.output.shard, (settings["frames"], *faces.shape[1:]), most=len(samples)) as shard:
        changed = [np.zeros(0, bool)]
        for clips, changes in render_samples(weights.load(made_by, "generator", Generator), faces, samples, **settings):
            for clip in compress(clips, changes):
                shard.add(clip)
            changed.append(changes)
        kept = np.concatenate(changed)
        generator = generator_facts(made_by)
        # A licence changes no picture: it is no parameter, so that a shard keeps the one with which it was rendered.
        licences = {name: dataset["licence"] for name, dataset in snakemake.config["datasets"].items()}
        made = {"seed": snakemake.params.seed, "code": snakemake.params.code}
        attributes = made | {
            "id_source": snakemake.wildcards.id_source,
            "au_source": snakemake.wildcards.au_source,
            "shard": int(snakemake.wildcards.shard),
            "generator": generator["sha256"],
            "frames": settings["frames"],
            "card": source_card(snakemake.params.id_source, snakemake.params.au_source, generator, made, licences),
            "sampled": len(samples),
            "unchanged": int((~kept).sum()),
        }
        shard.describe(samples[kept].drop(columns="face"), attributes)
    print(f"{len(samples)} samples drawn, {attributes['unchanged']} left out because nothing visible changes")
