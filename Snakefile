"""From raw face videos to results/uf1_table.csv: the paper's protocol as a graph of files."""

from snakemake.utils import min_version

min_version("9.27")


report: "report/workflow.rst"


include: "rules/common.smk"
include: "rules/lookup/corpora.smk"
include: "rules/lookup/frames.smk"
include: "rules/lookup/action_units.smk"
include: "rules/lookup/renders.smk"
include: "rules/lookup/weights.smk"
include: "rules/lookup/people.smk"
include: "rules/lookup/recognition.smk"
include: "rules/lookup/tables.smk"
include: "rules/corpora.smk"
include: "rules/frames.smk"
include: "rules/action_units.smk"
include: "rules/triplets.smk"
include: "rules/generator.smk"
include: "rules/render.smk"
include: "rules/quality.smk"
include: "rules/cards.smk"
include: "rules/exports.smk"
include: "rules/recognition.smk"
include: "rules/tables.smk"
include: "rules/curves.smk"
include: "rules/gallery.smk"
include: "rules/claims.smk"
include: "rules/au_means.smk"
include: "rules/weights.smk"
include: "rules/report.smk"
include: "rules/verify.smk"


rule all:
    default_target: True
    input:
        rules.tabulate_uf1.output,
        rules.write_pages.output,


rule uf1_table:
    input:
        rules.tabulate_uf1.output,


rule table1:
    input:
        expand(rules.tabulate_one_table.output, table=1),


rule table2:
    input:
        expand(rules.tabulate_one_table.output, table=2),


# The table of protocols shows other test sets, folds and classes, and what the choice of the epoch does.
rule protocols:
    input:
        expand(rules.tabulate_one_table.output, table="protocols"),
        expand(rules.plot_curves_of_one_table.output, table="protocols") if trained_rows("protocols") else [],
        expand(rules.write_pages_of_one_table.output, table="protocols"),


# The claims of the paper are judged by the rows of a table of their own.
rule claims:
    input:
        rules.judge_claims.output,
        rules.write_pages_of_claims.output,


rule figure1:
    input:
        rules.average_action_units.output,


rule audit:
    input:
        audits_of(table_rows(*config["uf1_table"])),


rule contact_sheets:
    input:
        contact_sheets(),


# Everything that is rendered or tested, in motion.
rule gallery:
    input:
        rules.make_gallery.output,
        # Real clips and given predictions have no pairs.
        rules.animate_pairs.output if table_variants(*gallery_tables()) else [],


rule cards:
    input:
        [f"results/cards/{variant}.md" for variant in table_variants()],


rule renders:
    input:
        [shard for variant in table_variants() for shard in variant_shards(variant)],


rule exports:
    input:
        expand(
            rules.export_variant.output,
            variant=config["exports"]["variants"],
            format=config["exports"]["formats"],
        ),


# What networks of other programs learn from, and are tested on.
rule training_data:
    input:
        expand(
            rules.export_training_data.output,
            evaluation=config["training_data"]["evaluations"],
            variant=config["training_data"]["variants"],
            format=config["training_data"]["formats"],
        ),


# This is all that the project shows of an experiment.
rule everything:
    input:
        rules.all.input,
        rules.table1.input,
        rules.table2.input,
        rules.protocols.input,
        rules.claims.input,
        rules.figure1.input,
        rules.audit.input,
        rules.contact_sheets.input,
        rules.gallery.input,
        rules.cards.input,
        rules.exports.input,
        rules.training_data.input,


# All rules are there by now.
include: "rules/gpus.smk"


modules.keep()
