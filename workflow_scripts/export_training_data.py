"""Write what a network outside of this workflow needs for an evaluation, fold by fold."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    from mie_x_lib.cards.renders import licence
    from mie_x_lib.exports import training_data
    from mie_x_lib.exports.card import Card
    from mie_x_lib.files import read_csv
    from workflow_scripts.recognition import read_evaluation

    params, wildcards = snakemake.params, snakemake.wildcards
    clips, pairs = read_evaluation(snakemake)
    rendered = {Path(path).stem: read_csv(path) for path in snakemake.input.rendered}
    data = training_data.assemble(clips, read_csv(snakemake.input.real), rendered, params.labels)
    terms = {entry["name"]: licence(entry["layout"], entry["licence"], entry["simulated"]) for entry in params.datasets}
    readme = training_data.describe(wildcards.evaluation, wildcards.variant, wildcards.format, data, terms)
    card = Card.read(snakemake.input.markdown, snakemake.input.json)
    training_data.write(snakemake.output.folder, wildcards.format, data, pairs, card, readme)
