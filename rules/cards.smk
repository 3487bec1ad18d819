# Before rendering, so that every shard carries it.
rule describe_renders:
    input:
        generator=generator_weights,
        checks="results/generator_checks/{id_source}.csv",
    output:
        card="results/cards/{id_source}/{au_source}.json",
    log:
        "logs/describe_renders/{id_source}/{au_source}.log",
    benchmark:
        "results/benchmarks/describe_renders/{id_source}/{au_source}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        id_source=described_id_source,
        au_source=described_au_source,
        seed=config["seed"],
        render_code=code_version("workflow_scripts.render_shard"),
        code=code_version("workflow_scripts.describe_renders"),
    script:
        "../workflow_scripts/describe_renders.py"


rule write_card:
    input:
        cards=lambda wildcards: expand("results/cards/{pair}.json", pair=variant_pairs(wildcards.variant)),
        quality=lambda wildcards: expand("results/quality/{pair}.csv", pair=variant_pairs(wildcards.variant)),
    output:
        markdown=report(
            "results/cards/{variant}.md",
            caption="../report/card.rst",
            category="Dataset card",
            labels={"variant": "{variant}"},
        ),
        json="results/cards/{variant}.json",
    log:
        "logs/write_card/{variant}.log",
    benchmark:
        "results/benchmarks/write_card/{variant}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_version("workflow_scripts.write_card"),
    script:
        "../workflow_scripts/write_card.py"
