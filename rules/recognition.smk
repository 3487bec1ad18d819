rule make_folds:
    input:
        crops=evaluation_crops,
        people=lambda wildcards: people_tables(evaluation_datasets(wildcards.evaluation)),
    output:
        folds="results/folds/{evaluation}.csv",
        training_sets="results/training_sets/{evaluation}/none.csv",
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
        datasets=lambda wildcards: config["evaluations"][wildcards.evaluation]["datasets"],
        labels=lambda wildcards: config["evaluations"][wildcards.evaluation]["labels"],
        folds=lambda wildcards: config["evaluations"][wildcards.evaluation]["folds"],
        fold_count=fillable_folds,
        held_out=lambda wildcards: held_out_with(wildcards.evaluation, evaluation_datasets(wildcards.evaluation)),
        seed=config["seed"],
        code=code_version("workflow_scripts.make_folds"),
    script:
        "../workflow_scripts/make_folds.py"


rule compose_training_set:
    input:
        shards=lambda wildcards: variant_shards(wildcards.variant),
        folds="results/folds/{evaluation}.csv",
        people=lambda wildcards: people_tables(tested_and_shown_datasets(wildcards)),
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
        labels=lambda wildcards: config["evaluations"][wildcards.evaluation]["labels"],
        samples=fillable_samples,
        limits=variant_limits,
        identity_datasets=lambda wildcards: identity_datasets(wildcards.variant),
        held_out=lambda wildcards: held_out_with(wildcards.evaluation, tested_and_shown_datasets(wildcards)),
        seed=config["seed"],
        code=code_version("workflow_scripts.compose_training_set"),
    script:
        "../workflow_scripts/compose_training_set.py"


rule hold_out_subjects:
    input:
        training_set=lambda wildcards: training_set(wildcards.evaluation, wildcards.variant, wildcards.fold),
    output:
        held_out="results/held_out/{evaluation}/{variant}/{fold}.csv",
    log:
        "logs/hold_out_subjects/{evaluation}/{variant}/{fold}.log",
    benchmark:
        "results/benchmarks/hold_out_subjects/{evaluation}/{variant}/{fold}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        share=config["training"]["held_out"],
        seed=config["seed"],
        code=code_version("workflow_scripts.hold_out_subjects"),
    script:
        "../workflow_scripts/hold_out_subjects.py"


rule audit_folds:
    input:
        folds="results/folds/{evaluation}.csv",
        real="results/training_sets/{evaluation}/none.csv",
        rendered=lambda wildcards: training_sets(wildcards.evaluation, wildcards.variant),
        shards=lambda wildcards: variant_shards(wildcards.variant),
        learned=learned_people,
        clips=lambda wildcards: clip_tables(audited_datasets(wildcards)),
        # The script reads none of these. match_people, which writes them, tells the user of each name for which the
        # audit would stop, before a generator is trained.
        people=lambda wildcards: people_tables(audited_datasets(wildcards)),
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
        identity_datasets=lambda wildcards: identity_datasets(wildcards.variant),
        datasets=lambda wildcards: dataset_entries(audited_datasets(wildcards)),
        folds=lambda wildcards: config["evaluations"][wildcards.evaluation]["folds"],
        code=code_version("workflow_scripts.audit_folds"),
    script:
        "../workflow_scripts/audit_folds.py"


rule audit_held_out:
    input:
        unpack(held_out_and_training_sets),
        shards=lambda wildcards: variant_shards(wildcards.variant),
        clips=lambda wildcards: clip_tables(tested_and_shown_datasets(wildcards)),
    output:
        audit="results/audits/{evaluation}/{variant}/held_out_subjects.csv",
    log:
        "logs/audit_held_out/{evaluation}/{variant}.log",
    benchmark:
        "results/benchmarks/audit_held_out/{evaluation}/{variant}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        identity_datasets=lambda wildcards: identity_datasets(wildcards.variant),
        datasets=lambda wildcards: dataset_entries(tested_and_shown_datasets(wildcards)),
        code=code_version("workflow_scripts.audit_held_out"),
    script:
        "../workflow_scripts/audit_held_out.py"


rule train_real:
    input:
        crops=evaluation_crops,
        folds="results/folds/{evaluation}.csv",
        training_set="results/training_sets/{evaluation}/none.csv",
        held_out=lambda wildcards: held_out(wildcards, "none"),
        initial=initial_weights(),
    output:
        networks=for_each_seed("networks", with_seeds(are_own=False), regime="real", variant="none"),
        predictions=for_each_seed("predictions", with_seeds(are_own=False), regime="real", variant="none"),
        curves=for_each_seed("curves", with_seeds(are_own=False), regime="real", variant="none"),
    log:
        "logs/train_real/{evaluation}/{classifier}/{chosen_by}/{fold}.log",
    benchmark:
        "results/benchmarks/train_real/{evaluation}/{classifier}/{chosen_by}/{fold}.tsv"
    wildcard_constraints:
        evaluation=any_of(with_seeds(are_own=False)),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(6000),
        runtime=by_attempt(240),
        gpu=1,
    params:
        content=content_of(initial_weights(), classifier_files),
        classifier=classifier_arguments,
        file=lambda wildcards: config["classifiers"][wildcards.classifier]["file"],
        labels=evaluation_labels,
        seeds=lambda wildcards: seeds_of(wildcards.evaluation),
        initial=lambda wildcards: config["training"]["initial"],
        warning=initial_warning,
        settings=lambda wildcards: training_settings(wildcards, "real"),
        code=code_version("workflow_scripts.train_real"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/train_real.py"


rule train_synthetic:
    input:
        shards=lambda wildcards: variant_shards(wildcards.variant),
        training_set="results/training_sets/{evaluation}/{variant}/{fold}.csv",
        held_out=lambda wildcards: held_out(wildcards, wildcards.variant),
        crops=evaluation_crops,
        folds="results/folds/{evaluation}.csv",
        initial=initial_weights(),
    output:
        networks=for_each_seed("networks", with_seeds(are_own=False), regime="synthetic"),
        predictions=for_each_seed("predictions", with_seeds(are_own=False), regime="synthetic"),
        curves=for_each_seed("curves", with_seeds(are_own=False), regime="synthetic"),
    log:
        "logs/train_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.log",
    benchmark:
        "results/benchmarks/train_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.tsv"
    wildcard_constraints:
        evaluation=any_of(with_seeds(are_own=False)),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(6000),
        runtime=by_attempt(720),
        gpu=1,
    params:
        content=content_of(initial_weights(), classifier_files),
        classifier=classifier_arguments,
        file=lambda wildcards: config["classifiers"][wildcards.classifier]["file"],
        labels=evaluation_labels,
        seeds=lambda wildcards: seeds_of(wildcards.evaluation),
        initial=lambda wildcards: config["training"]["initial"],
        warning=initial_warning,
        settings=lambda wildcards: training_settings(wildcards, "synthetic"),
        code=code_version("workflow_scripts.train_synthetic"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/train_synthetic.py"


rule finetune_synthetic:
    input:
        crops=evaluation_crops,
        folds="results/folds/{evaluation}.csv",
        training_set="results/training_sets/{evaluation}/none.csv",
        held_out=lambda wildcards: held_out(wildcards, "none"),
        initial=lambda wildcards: trained_before(wildcards, "networks"),
        before=lambda wildcards: trained_before(wildcards, "predictions"),
    output:
        networks=for_each_seed("networks", with_seeds(are_own=False), regime="synthetic_then_real"),
        predictions=for_each_seed("predictions", with_seeds(are_own=False), regime="synthetic_then_real"),
        curves=for_each_seed("curves", with_seeds(are_own=False), regime="synthetic_then_real"),
    log:
        "logs/finetune_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.log",
    benchmark:
        "results/benchmarks/finetune_synthetic/{evaluation}/{variant}/{classifier}/{chosen_by}/{fold}.tsv"
    wildcard_constraints:
        evaluation=any_of(with_seeds(are_own=False)),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(6000),
        runtime=by_attempt(240),
        gpu=1,
    params:
        content=content_of(classifier_files),
        classifier=classifier_arguments,
        file=lambda wildcards: config["classifiers"][wildcards.classifier]["file"],
        labels=evaluation_labels,
        seeds=lambda wildcards: seeds_of(wildcards.evaluation),
        initial=made_again_from,
        settings=lambda wildcards: training_settings(wildcards, "synthetic_then_real"),
        code=code_version("workflow_scripts.finetune_synthetic"),
        classifier_code=classifier_code,
    script:
        "../workflow_scripts/finetune_synthetic.py"


# Networks of other programs learn from what those of this project do, and from nobody whom a fold tests.
rule export_training_data:
    input:
        crops=evaluation_crops,
        folds="results/folds/{evaluation}.csv",
        real="results/training_sets/{evaluation}/none.csv",
        rendered=lambda wildcards: training_sets(wildcards.evaluation, wildcards.variant),
        shards=lambda wildcards: variant_shards(wildcards.variant),
        audit="results/audits/{evaluation}/{variant}.csv",
        markdown="results/cards/{variant}.md",
        json="results/cards/{variant}.json",
    output:
        folder=directory("results/training_data/{evaluation}/{variant}/{format}"),
    log:
        "logs/export_training_data/{evaluation}/{variant}/{format}.log",
    benchmark:
        "results/benchmarks/export_training_data/{evaluation}/{variant}/{format}.tsv"
    wildcard_constraints:
        variant=any_of(config["variants"]),
        format=any_of(get_args(TrainingDataFormat)),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(240),
    params:
        labels=evaluation_labels,
        datasets=clip_terms,
        code=code_version("workflow_scripts.export_training_data"),
    script:
        "../workflow_scripts/export_training_data.py"


# The output of a rule is known before its wildcards are: trainings with other seeds need rules of their own.
use rule train_real as train_real_with_own_seeds with:
    output:
        networks=for_each_seed("networks", with_seeds(are_own=True), regime="real", variant="none"),
        predictions=for_each_seed("predictions", with_seeds(are_own=True), regime="real", variant="none"),
        curves=for_each_seed("curves", with_seeds(are_own=True), regime="real", variant="none"),
    wildcard_constraints:
        evaluation=any_of(with_seeds(are_own=True)),


use rule train_synthetic as train_synthetic_with_own_seeds with:
    output:
        networks=for_each_seed("networks", with_seeds(are_own=True), regime="synthetic"),
        predictions=for_each_seed("predictions", with_seeds(are_own=True), regime="synthetic"),
        curves=for_each_seed("curves", with_seeds(are_own=True), regime="synthetic"),
    wildcard_constraints:
        evaluation=any_of(with_seeds(are_own=True)),


use rule finetune_synthetic as finetune_synthetic_with_own_seeds with:
    output:
        networks=for_each_seed("networks", with_seeds(are_own=True), regime="synthetic_then_real"),
        predictions=for_each_seed("predictions", with_seeds(are_own=True), regime="synthetic_then_real"),
        curves=for_each_seed("curves", with_seeds(are_own=True), regime="synthetic_then_real"),
    wildcard_constraints:
        evaluation=any_of(with_seeds(are_own=True)),
