rule render_shard:
    input:
        identities="results/identities/{id_source}/{shard}.h5",
        triplets="results/triplets/{au_source}/{shard}.csv",
        generator=generator_weights,
        # The card names what measured the action units.
        instrument=lambda wildcards: measuring_files([wildcards.au_source]),
        # Nothing is rendered by a generator that fails its check.
        admitted="results/generator_checks/{id_source}.admitted.csv",
    output:
        shard="results/renders/{id_source}/{au_source}/{shard}.h5",
    log:
        "logs/render_shard/{id_source}/{au_source}/{shard}.log",
    benchmark:
        "results/benchmarks/render_shard/{id_source}/{au_source}/{shard}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(15),
        gpu=1,
        in_turn=1,
    params:
        content=content_of(generator_weights, lambda wildcards: measuring_files([wildcards.au_source])),
        settings=config["render"],
        scale=rendering_scale,
        id_source=lambda wildcards: described_id_source(wildcards.id_source),
        au_source=lambda wildcards: described_au_source(wildcards.au_source),
        warning=generator_warning,
        seed=config["seed"],
        code=code_version("workflow_scripts.render_shard"),
    script:
        "../workflow_scripts/render_shard.py"
