rule simulate_corpus:
    output:
        corpus=directory("results/corpora/{dataset}"),
        truth="results/truth/{dataset}.csv",
    log:
        "logs/simulate_corpus/{dataset}.log",
    benchmark:
        "results/benchmarks/simulate_corpus/{dataset}.tsv"
    wildcard_constraints:
        dataset=any_of(config["simulated"]),
    conda:
        "../envs/pyfeat.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(2000),
        runtime=by_attempt(60),
    params:
        layout=lambda wildcards: config["datasets"][wildcards.dataset]["layout"],
        settings=lambda wildcards: config["simulated"][wildcards.dataset],
        seed=config["seed"],
        code=code_version("workflow_scripts.simulate_corpus"),
    script:
        "../workflow_scripts/simulate_corpus.py"


rule list_clips:
    input:
        roots=lambda wildcards: dataset_roots(wildcards.dataset),
        annotations=lambda wildcards: annotation_files(wildcards.dataset),
    output:
        clips="results/clips/{dataset}.csv",
    log:
        "logs/list_clips/{dataset}.log",
    benchmark:
        "results/benchmarks/list_clips/{dataset}.tsv"
    # The user hears of missing files before frames of other datasets are cut.
    priority: 1
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(1000),
        runtime=by_attempt(60),
    params:
        content=content_of(lambda wildcards: annotation_files(wildcards.dataset)),
        layout=lambda wildcards: config["datasets"][wildcards.dataset]["layout"],
        outside_root=lambda wildcards: config["datasets"][wildcards.dataset]["outside_root"],
        options=lambda wildcards: config["datasets"][wildcards.dataset]["options"],
        code=code_version("workflow_scripts.list_clips"),
        layout_code=layout_code,
    script:
        "../workflow_scripts/list_clips.py"


# The tables say whom all others take for one person, and the user hears of it here, once.
rule match_people:
    input:
        clips="results/clips/{dataset}.csv",
        others="results/clips/{other}.csv",
    output:
        people="results/people/{dataset}/{other}.csv",
    log:
        "logs/match_people/{dataset}/{other}.log",
    benchmark:
        "results/benchmarks/match_people/{dataset}/{other}.tsv"
    wildcard_constraints:
        other=any_of(config["datasets"]),
    # The user hears of shared people before frames are cut.
    priority: 1
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        relation=lambda wildcards: ties.relation(wildcards.dataset, wildcards.other),
        code=code_version("workflow_scripts.match_people"),
    script:
        "../workflow_scripts/match_people.py"


# The rule has no input, so that it runs where a root is missing, too. It has no output, and no benchmark, which would
# count as an output: so it runs whenever it is asked for.
rule check_datasets:
    log:
        "logs/check_datasets.log",
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        datasets=needed_datasets(),
        together=together_in_evaluations(),
        folds={name: config["evaluations"][name]["folds"] for name in together_in_evaluations()},
        needed_people=needed_people(),
    script:
        "../workflow_scripts/check_datasets.py"
