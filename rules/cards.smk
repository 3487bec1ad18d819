rule write_card:
    input:
        generator=generator_weights,
        instrument=lambda wildcards: measuring_files(config["variants"][wildcards.variant]["au_sources"]),
        checks=lambda wildcards: variant_checks(wildcards.variant),
        quality=lambda wildcards: variant_quality(wildcards.variant),
        shards=lambda wildcards: [
            shard for sources in variant_pairs(wildcards.variant) for shard in pair_shards(*sources)
        ],
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
        content=content_of(
            generator_weights, lambda wildcards: measuring_files(config["variants"][wildcards.variant]["au_sources"])
        ),
        sources=lambda wildcards: described_sources(wildcards.variant),
        licences=lambda wildcards: licences(wildcards.variant),
        seed=config["seed"],
        render_code=code_version("workflow_scripts.render_shard"),
        code=code_version("workflow_scripts.write_card"),
    script:
        "../workflow_scripts/write_card.py"
