rule estimate_action_units:
    input:
        crops="results/frames/{dataset}.h5",
        clips="results/clips/{dataset}.csv",
        weights=au_network_weights,
        measured=openface_measurements,
    output:
        action_units="results/action_units/{dataset}.csv",
    log:
        "logs/estimate_action_units/{dataset}.log",
    benchmark:
        "results/benchmarks/estimate_action_units/{dataset}.tsv"
    conda:
        "../envs/pyfeat.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(120),
        gpu=1,
        in_turn=1,
    params:
        content=content_of(au_network_weights, openface_measurements),
        source=config["action_units"]["source"],
        options=au_options(),
        warning=au_warning,
        code=code_version("workflow_scripts.estimate_action_units"),
        source_code=code_version(f"mie_x_lib.action_units.sources.{config['action_units']['source']}"),
    script:
        "../workflow_scripts/estimate_action_units.py"


rule run_openface:
    input:
        clips="results/clips/{dataset}.csv",
        crops="results/frames/{dataset}.h5",
        roots=lambda wildcards: dataset_roots(wildcards.dataset),
        binary=config["action_units"]["openface"]["binary"] or [],
    output:
        measured=directory("results/openface/{dataset}"),
    log:
        "logs/run_openface/{dataset}.log",
    benchmark:
        "results/benchmarks/run_openface/{dataset}.tsv"
    conda:
        "../envs/light.yaml"
    threads: 8
    resources:
        mem_mb=by_attempt(12000),
        runtime=by_attempt(1440),
    params:
        content=content_of(config["action_units"]["openface"]["binary"] or []),
        static=config["action_units"]["openface"]["static"],
        code=code_version("workflow_scripts.run_openface"),
    script:
        "../workflow_scripts/run_openface.py"


rule train_au_network:
    input:
        crops=expand("results/frames/{dataset}.h5", dataset=trained_on("au_network_training")),
        truth=expand("results/truth/{dataset}.csv", dataset=trained_on("au_network_training")),
        people=people_tested_elsewhere("au_network_training"),
    output:
        weights="results/au_network/au_network.safetensors",
        people="results/au_network/people.csv",
        correlations=report(
            "results/au_network/correlations.csv", caption="../report/au_network.rst", category="Action units"
        ),
    log:
        "logs/train_au_network.log",
    benchmark:
        "results/benchmarks/train_au_network.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 2
    resources:
        mem_mb=by_attempt(8000),
        runtime=by_attempt(720),
        gpu=1,
    params:
        settings=without(config["au_network_training"], "datasets"),
        tested=tested_elsewhere("au_network_training"),
        seed=config["seed"],
        code=code_version("workflow_scripts.train_au_network"),
    script:
        "../workflow_scripts/train_au_network.py"
