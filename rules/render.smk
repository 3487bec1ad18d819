rule render_shard:
    input:
        identities="results/identities/{id_source}/{shard}.h5",
        triplets="results/triplets/{au_source}/{shard}.csv",
        generator=generator_weights,
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
        mem_mb=4000,
        runtime=120,
        gpu=1,
    params:
        settings=config["render"],
        warning=generator_warning,
        seed=config["seed"],
        code=code_version("workflow_scripts.render_shard"),
    script:
        "../workflow_scripts/render_shard.py"


rule measure_renders:
    input:
        shards=source_shards,
        identities=lambda wildcards: expand(
            "results/identities/{id_source}/{shard}.h5",
            id_source=wildcards.id_source,
            shard=shards(wildcards.id_source),
        ),
        weights=au_network_weights,
    output:
        quality=report(
            "results/quality/{id_source}/{au_source}.csv",
            caption="../report/quality.rst",
            category="Renders",
            labels={"faces": "{id_source}", "action units": "{au_source}"},
        ),
    log:
        "logs/measure_renders/{id_source}/{au_source}.log",
    benchmark:
        "results/benchmarks/measure_renders/{id_source}/{au_source}.tsv"
    conda:
        "../envs/pyfeat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=1,
    params:
        source=render_au_source(),
        options=au_options(render_au_source()),
        code=code_version("workflow_scripts.measure_renders"),
        source_code=code_version(f"mie_x_lib.action_units.{render_au_source()}"),
    script:
        "../workflow_scripts/measure_renders.py"


rule plot_pairs:
    input:
        shard="results/renders/{id_source}/{au_source}/0.h5",
    output:
        figure=report(
            "results/figures/pairs/{id_source}/{au_source}.png",
            caption="../report/pairs.rst",
            category="Renders",
            labels={"faces": "{id_source}", "action units": "{au_source}"},
        ),
    log:
        "logs/plot_pairs/{id_source}/{au_source}.log",
    benchmark:
        "results/benchmarks/plot_pairs/{id_source}/{au_source}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        pairs=12,
        code=code_version("workflow_scripts.plot_pairs"),
    script:
        "../workflow_scripts/plot_pairs.py"
