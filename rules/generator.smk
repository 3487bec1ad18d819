rule train_generator:
    input:
        crops=expand("results/frames/{dataset}.h5", dataset=trained_on("generator_training")),
        action_units=expand("results/action_units/{dataset}.csv", dataset=trained_on("generator_training")),
        people=people_tested_elsewhere("generator_training"),
        initial=config["generator_training"]["initial"] or [],
    output:
        weights="results/generator/generator.safetensors",
        people="results/generator/people.csv",
        losses=report("results/generator/losses.csv", caption="../report/generator.rst", category="Generator"),
        curves=report("results/generator/losses.png", caption="../report/generator.rst", category="Generator"),
        curves_pdf="results/generator/losses.pdf",
        samples=report("results/generator/samples.png", caption="../report/generator.rst", category="Generator"),
        samples_pdf="results/generator/samples.pdf",
    log:
        "logs/train_generator.log",
    benchmark:
        "results/benchmarks/train_generator.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=by_attempt(16000),
        runtime=by_attempt(4320),
        gpu=1,
    params:
        # It is no output, since Snakemake removes outputs before a run: the training resumes from what it left here.
        directory="results/generator/training",
        settings=without(config["generator_training"], "datasets", "initial"),
        tested=tested_elsewhere("generator_training"),
        au_scale=scale_of(config["action_units"]["source"]),
        seed=config["seed"],
        code=code_version("workflow_scripts.train_generator"),
    script:
        "../workflow_scripts/train_generator.py"


rule convert_generator:
    input:
        checkpoint=lambda wildcards: config["generator"]["weights"] or [],
    output:
        weights="results/generator/converted.safetensors",
    log:
        "logs/convert_generator.log",
    benchmark:
        "results/benchmarks/convert_generator.tsv"
    localrule: True
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        content=content_of(config["generator"]["weights"] or []),
        code=code_version("workflow_scripts.convert_generator"),
    script:
        "../workflow_scripts/convert_generator.py"
