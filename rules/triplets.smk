rule sample_triplets:
    input:
        source=triplet_input,
    output:
        triplets="results/triplets/{au_source}/{shard}.csv",
    log:
        "logs/sample_triplets/{au_source}/{shard}.log",
    benchmark:
        "results/benchmarks/sample_triplets/{au_source}/{shard}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        content=content_of(triplet_input),
        scale=triplet_scale,
        kind=lambda wildcards: config["au_sources"][wildcards.au_source]["kind"],
        clips=lambda wildcards: config["au_sources"][wildcards.au_source]["clips"],
        identities_per_shard=config["identities_per_shard"],
        settings=config["triplets"],
        seed=config["seed"],
        code=code_version("workflow_scripts.sample_triplets"),
    script:
        "../workflow_scripts/sample_triplets.py"
