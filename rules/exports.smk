from mie_x_lib import plugins


rule export_variant:
    input:
        shards=lambda wildcards: variant_shards(wildcards.variant),
        markdown="results/cards/{variant}.md",
        json="results/cards/{variant}.json",
    output:
        folder=directory("results/exports/{variant}/{format}"),
    log:
        "logs/export_variant/{variant}/{format}.log",
    benchmark:
        "results/benchmarks/export_variant/{variant}/{format}.tsv"
    wildcard_constraints:
        format=any_of(plugins.names("mie_x_lib.exports.formats")),
    conda:
        "../envs/export.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(240),
    params:
        limits=variant_limits,
        samples=lambda wildcards: config["variants"][wildcards.variant]["samples"],
        seed=config["seed"],
        code=code_version("workflow_scripts.export_variant"),
        format_code=lambda wildcards: code_version(f"mie_x_lib.exports.formats.{wildcards.format}"),
    script:
        "../workflow_scripts/export_variant.py"
