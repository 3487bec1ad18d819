"""Write the card of a variant: what it is, whose data are in it, how good it is, and what it is not for."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from mie_x_lib.cards.renders import generator_facts, source_card
    from mie_x_lib.cards.variant import as_json, markdown, variant_card
    from mie_x_lib.files import read_csv, write_text
    from mie_x_lib.shards import read_samples

    params, generator = snakemake.params, generator_facts(snakemake.input.generator)
    made = {"seed": params.seed, "code": params.render_code}
    cards = [source_card(*sources, generator, made, params.licences) for sources in params.sources]
    checks = {Path(path).stem: read_csv(path) for path in snakemake.input.checks}
    quality = pd.concat(map(read_csv, snakemake.input.quality), ignore_index=True)
    samples = pd.concat(read_samples(path)[["id_source", "identity"]] for path in snakemake.input.shards)
    whole = variant_card(snakemake.wildcards.variant, cards, checks, quality, samples)
    write_text(as_json(whole), snakemake.output.json)
    write_text(markdown(whole), snakemake.output.markdown)
