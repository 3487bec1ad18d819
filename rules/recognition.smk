rule make_folds:
    input:
        crops=evaluation_crops,
    output:
        folds="results/folds/{evaluation}.csv",
    log:
        "logs/make_folds/{evaluation}.log",
    benchmark:
        "results/benchmarks/make_folds/{evaluation}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        datasets=lookup(within=config, dpath="evaluations/{evaluation}/datasets"),
        labels=lookup(within=config, dpath="evaluations/{evaluation}/labels"),
        folds=lookup(within=config, dpath="evaluations/{evaluation}/folds"),
        fold_count=lambda wildcards: len(test_folds(wildcards.evaluation)),
        seed=config["seed"],
        code=code_version("workflow_scripts.make_folds"),
    script:
        "../workflow_scripts/make_folds.py"


rule compose_training_set:
    input:
        shards=lambda wildcards: variant_shards(wildcards.variant),
        folds="results/folds/{evaluation}.csv",
    output:
        training_set="results/training_sets/{evaluation}/{variant}/{fold}.csv",
    log:
        "logs/compose_training_set/{evaluation}/{variant}/{fold}.log",
    benchmark:
        "results/benchmarks/compose_training_set/{evaluation}/{variant}/{fold}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        labels=lookup(within=config, dpath="evaluations/{evaluation}/labels"),
        samples=lambda wildcards: variant_samples(wildcards.variant),
        limits=variant_limits,
        leak_rules=leak_rules,
        seed=config["seed"],
        code=code_version("workflow_scripts.compose_training_set"),
    script:
        "../workflow_scripts/compose_training_set.py"


rule audit_folds:
    input:
        folds="results/folds/{evaluation}.csv",
        training_sets=training_sets,
        shards=lambda wildcards: variant_shards(wildcards.variant),
    output:
        audit="results/audits/{evaluation}/{variant}.csv",
    log:
        "logs/audit_folds/{evaluation}/{variant}.log",
    benchmark:
        "results/benchmarks/audit_folds/{evaluation}/{variant}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        identity_datasets={name: source["dataset"] for name, source in config["id_sources"].items()},
        leak_rules=leak_rules,
        code=code_version("workflow_scripts.audit_folds"),
    script:
        "../workflow_scripts/audit_folds.py"


rule train_real:
    input:
        crops=evaluation_crops,
        folds="results/folds/{evaluation}.csv",
        initial=initial_weights(),
    output:
        networks=for_each_seed(
            "results/networks/{evaluation}/real/none/{classifier}/{chosen_by}/{seed}/{fold}.safetensors"
        ),
        predictions=for_each_seed(
            "results/predictions/{evaluation}/real/none/{classifier}/{chosen_by}/{seed}/{fold}.csv"
        ),
        curves=for_each_seed("results/curves/{evaluation}/real/none/{classifier}/{chosen_by}/{seed}/{fold}.csv"),
    log:
        "logs/train_real/{evaluation}/{classifier}/{chosen_by}/{fold}.log",
    benchmark:
        "results/benchmarks/train_real/{evaluation}/{classifier}/{chosen_by}/{fold}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        classifier=lookup(within=config, dpath="classifiers/{classifier}"),
        labels=evaluation_labels,
        seeds=config["training"]["seeds"],
        held_out=held_out,
        initial=config["training"]["initial"],
        settings=lambda wildcards: training_settings(wildcards, "real"),
        code=code_version("workflow_scripts.train_real"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/train_real.py"


rule train_synthetic:
    input:
        shards=lambda wildcards: variant_shards(wildcards.variant),
        training_set="results/training_sets/{evaluation}/{variant}/{fold}.csv",
        crops=evaluation_crops,
        folds="results/folds/{evaluation}.csv",
        initial=initial_weights(),
    output:
        networks=for_each_seed(
            "results/networks/{evaluation}/synthetic/{variant}/{classifier}/{chosen_by}/{seed}/{fold}.safetensors"
        ),
        predictions=for_each_seed(
            "results/predictions/{evaluation}/synthetic/{variant}/{classifier}/{chosen_by}/{seed}/{fold}.csv"
        ),
        curves=for_each_seed(
            "results/curves/{evaluation}/synthetic/{variant}/{classifier}/{chosen_by}/{seed}/{fold}.csv"
        ),
    log:
        "logs/train_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.log",
    benchmark:
        "results/benchmarks/train_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=720,
        gpu=1,
    params:
        classifier=lookup(within=config, dpath="classifiers/{classifier}"),
        labels=evaluation_labels,
        seeds=config["training"]["seeds"],
        held_out=held_out,
        initial=config["training"]["initial"],
        settings=lambda wildcards: training_settings(wildcards, "synthetic"),
        code=code_version("workflow_scripts.train_synthetic"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/train_synthetic.py"


rule finetune_synthetic:
    input:
        crops=evaluation_crops,
        folds="results/folds/{evaluation}.csv",
        initial=synthetic_networks,
    output:
        networks=for_each_seed(
            "results/networks/{evaluation}/synthetic_then_real/{variant}/{classifier}/{chosen_by}/{seed}/{fold}.safetensors"
        ),
        predictions=for_each_seed(
            "results/predictions/{evaluation}/synthetic_then_real/{variant}/{classifier}/{chosen_by}/{seed}/{fold}.csv"
        ),
        curves=for_each_seed(
            "results/curves/{evaluation}/synthetic_then_real/{variant}/{classifier}/{chosen_by}/{seed}/{fold}.csv"
        ),
    log:
        "logs/finetune_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.log",
    benchmark:
        "results/benchmarks/finetune_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=240,
        gpu=1,
    params:
        classifier=lookup(within=config, dpath="classifiers/{classifier}"),
        labels=evaluation_labels,
        seeds=config["training"]["seeds"],
        held_out=held_out,
        rendered=lambda wildcards: variant_samples(wildcards.variant),
        settings=lambda wildcards: training_settings(wildcards, "synthetic_then_real"),
        code=code_version("workflow_scripts.finetune_synthetic"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/finetune_synthetic.py"
