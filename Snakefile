"""From raw face videos to results/uf1_table.csv: the paper's protocol as a graph of files."""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/corpora.smk"
include: "rules/frames.smk"
include: "rules/action_units.smk"
include: "rules/triplets.smk"
include: "rules/generator.smk"
include: "rules/render.smk"
include: "rules/recognition.smk"
include: "rules/tables.smk"


rule all:
    default_target: True
    input:
        rules.tabulate_uf1.output,


rule renders:
    input:
        [shard for variant in table_variants() for shard in variant_shards(variant)],


rule weights:
    input:
        trained_weights(),
