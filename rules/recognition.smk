rule make_folds:
    input:
        crops=evaluation_crops(),
    output:
        folds="results/folds.csv",
    log:
        "logs/make_folds.log",
    benchmark:
        "results/benchmarks/make_folds.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        folds=config["evaluation"]["folds"],
        fold_count=len(test_folds()),
        seed=config["seed"],
        code=code_version("workflow_scripts.make_folds"),
    script:
        "../workflow_scripts/make_folds.py"


rule compose_training_set:
    input:
        shards=lambda wildcards: variant_shards(wildcards.variant),
        folds="results/folds.csv",
    output:
        training_set="results/training_sets/{variant}/{fold}.csv",
    log:
        "logs/compose_training_set/{variant}/{fold}.log",
    benchmark:
        "results/benchmarks/compose_training_set/{variant}/{fold}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        samples=config["training"]["samples"],
        seed=config["seed"],
        code=code_version("workflow_scripts.compose_training_set"),
    script:
        "../workflow_scripts/compose_training_set.py"


rule audit_folds:
    input:
        folds="results/folds.csv",
        training_sets=training_sets,
        shards=lambda wildcards: variant_shards(wildcards.variant),
    output:
        audit=report(
            "results/audits/{variant}.csv",
            caption="../report/audit.rst",
            category="Audit",
            labels={"variant": "{variant}"},
        ),
    log:
        "logs/audit_folds/{variant}.log",
    benchmark:
        "results/benchmarks/audit_folds/{variant}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        identity_datasets={name: source["dataset"] for name, source in config["id_sources"].items()},
        code=code_version("workflow_scripts.audit_folds"),
    script:
        "../workflow_scripts/audit_folds.py"


rule train_real:
    input:
        crops=evaluation_crops(),
        folds="results/folds.csv",
        initial=initial_weights(),
    output:
        networks=for_each_seed("results/networks/real/{variant}/{classifier}/{seed}/{fold}.safetensors"),
        predictions=for_each_seed("results/predictions/real/{variant}/{classifier}/{seed}/{fold}.csv"),
        curves=for_each_seed("results/curves/real/{variant}/{classifier}/{seed}/{fold}.csv"),
    log:
        "logs/train_real/{variant}/{classifier}/{fold}.log",
    benchmark:
        "results/benchmarks/train_real/{variant}/{classifier}/{fold}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        classifier=lookup(within=config, dpath="classifiers/{classifier}"),
        seeds=config["training"]["seeds"],
        initial=lambda wildcards, input: str(input.initial) or config["training"]["initial"],
        settings=training_settings("real"),
        code=code_version("workflow_scripts.train_real"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/train_real.py"


rule train_synthetic:
    input:
        shards=lambda wildcards: variant_shards(wildcards.variant),
        training_set="results/training_sets/{variant}/{fold}.csv",
        crops=evaluation_crops(),
        folds="results/folds.csv",
        initial=initial_weights(),
    output:
        networks=for_each_seed("results/networks/synthetic/{variant}/{classifier}/{seed}/{fold}.safetensors"),
        predictions=for_each_seed("results/predictions/synthetic/{variant}/{classifier}/{seed}/{fold}.csv"),
        curves=for_each_seed("results/curves/synthetic/{variant}/{classifier}/{seed}/{fold}.csv"),
    log:
        "logs/train_synthetic/{variant}/{classifier}/{fold}.log",
    benchmark:
        "results/benchmarks/train_synthetic/{variant}/{classifier}/{fold}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=720,
        gpu=1,
    params:
        classifier=lookup(within=config, dpath="classifiers/{classifier}"),
        seeds=config["training"]["seeds"],
        initial=lambda wildcards, input: str(input.initial) or config["training"]["initial"],
        settings=training_settings("synthetic"),
        code=code_version("workflow_scripts.train_synthetic"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/train_synthetic.py"


rule finetune_synthetic:
    input:
        crops=evaluation_crops(),
        folds="results/folds.csv",
        initial=synthetic_networks,
    output:
        networks=for_each_seed("results/networks/synthetic_then_real/{variant}/{classifier}/{seed}/{fold}.safetensors"),
        predictions=for_each_seed("results/predictions/synthetic_then_real/{variant}/{classifier}/{seed}/{fold}.csv"),
        curves=for_each_seed("results/curves/synthetic_then_real/{variant}/{classifier}/{seed}/{fold}.csv"),
    log:
        "logs/finetune_synthetic/{variant}/{classifier}/{fold}.log",
    benchmark:
        "results/benchmarks/finetune_synthetic/{variant}/{classifier}/{fold}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        classifier=lookup(within=config, dpath="classifiers/{classifier}"),
        seeds=config["training"]["seeds"],
        settings=training_settings("synthetic_then_real"),
        code=code_version("workflow_scripts.finetune_synthetic"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/finetune_synthetic.py"
