rule extract_frames:
    input:
        clips="results/clips/{dataset}.csv",
        roots=lambda wildcards: dataset_roots(wildcards.dataset),
        detector=detector_weights(),
    output:
        crops="results/frames/{dataset}.h5",
        report="results/frames/{dataset}.report.csv",
    log:
        "logs/extract_frames/{dataset}.log",
    benchmark:
        "results/benchmarks/extract_frames/{dataset}.tsv"
    conda:
        f"../envs/{detector_environment()}.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(240),
        gpu=detector_gpu(),
    params:
        content=content_of(detector_weights()),
        role=lambda wildcards: config["datasets"][wildcards.dataset]["role"],
        missing_apex=missing_apex,
        unfit=unfit_clips(),
        settings=face_settings(),
        code=code_version("workflow_scripts.extract_frames"),
        detector_code=detector_code(),
    script:
        "../workflow_scripts/extract_frames.py"


rule find_identities:
    input:
        clips=lambda wildcards: f"results/clips/{id_source_dataset(wildcards)}.csv",
        roots=lambda wildcards: dataset_roots(id_source_dataset(wildcards)),
        detector=detector_weights(),
    output:
        faces="results/identities/{id_source}/{shard}.faces.csv",
        thumbnails="results/identities/{id_source}/{shard}.thumbnails.h5",
    log:
        "logs/find_identities/{id_source}/{shard}.log",
    benchmark:
        "results/benchmarks/find_identities/{id_source}/{shard}.tsv"
    conda:
        f"../envs/{detector_environment()}.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(20),
        gpu=detector_gpu(),
        in_turn=1,
    params:
        content=content_of(detector_weights()),
        numbers=identity_numbers,
        settings=face_settings(),
        limits=without(config["frames"]["identities"], "copy_correlation"),
        code=code_version("workflow_scripts.find_identities"),
        detector_code=detector_code(),
    script:
        "../workflow_scripts/find_identities.py"


rule gather_thumbnails:
    input:
        thumbnails=gathered_thumbnails,
    output:
        thumbnails="results/identities/{id_source}/thumbnails/{first}-{last}.h5",
    log:
        "logs/gather_thumbnails/{id_source}/{first}-{last}.log",
    benchmark:
        "results/benchmarks/gather_thumbnails/{id_source}/{first}-{last}.tsv"
    wildcard_constraints:
        first=r"\d+",
        last=r"\d+",
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_version("workflow_scripts.gather_thumbnails"),
    script:
        "../workflow_scripts/gather_thumbnails.py"


# A face that a shard before this one has is refused, but none is refused for a later shard: more identities change no
# shard that is there.
rule extract_identities:
    input:
        roots=lambda wildcards: dataset_roots(id_source_dataset(wildcards)),
        faces="results/identities/{id_source}/{shard}.faces.csv",
        thumbnails="results/identities/{id_source}/{shard}.thumbnails.h5",
        before=thumbnails_before,
    output:
        crops="results/identities/{id_source}/{shard}.h5",
        report="results/identities/{id_source}/{shard}.report.csv",
    log:
        "logs/extract_identities/{id_source}/{shard}.log",
    benchmark:
        "results/benchmarks/extract_identities/{id_source}/{shard}.tsv"
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(15),
        in_turn=1,
    params:
        settings=crop_settings(),
        copy_correlation=config["frames"]["identities"]["copy_correlation"],
        code=code_version("workflow_scripts.extract_identities"),
    script:
        "../workflow_scripts/extract_identities.py"


rule plot_crops:
    input:
        clips="results/clips/{dataset}.csv",
        roots=lambda wildcards: dataset_roots(wildcards.dataset),
        crops="results/frames/{dataset}.h5",
        report="results/frames/{dataset}.report.csv",
    output:
        figure=report(
            "results/figures/crops/{dataset}.png",
            caption="../report/crops.rst",
            category="Faces",
            labels={"of": "{dataset}"},
        ),
        figure_pdf="results/figures/crops/{dataset}.pdf",
    log:
        "logs/plot_crops/{dataset}.log",
    benchmark:
        "results/benchmarks/plot_crops/{dataset}.tsv"
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
    params:
        shown=12,
        role=lambda wildcards: config["datasets"][wildcards.dataset]["role"],
        margin=config["frames"]["margin"],
        tracking=config["frames"]["tracking"],
        code=code_version("workflow_scripts.plot_crops"),
    script:
        "../workflow_scripts/plot_crops.py"


rule plot_identities:
    input:
        faces="results/identities/{id_source}/0.faces.csv",
        roots=lambda wildcards: dataset_roots(id_source_dataset(wildcards)),
        crops="results/identities/{id_source}/0.h5",
        report="results/identities/{id_source}/0.report.csv",
    output:
        figure=report(
            "results/figures/identities/{id_source}.png",
            caption="../report/identities.rst",
            category="Faces",
            labels={"of": "{id_source}"},
        ),
        figure_pdf="results/figures/identities/{id_source}.pdf",
    log:
        "logs/plot_identities/{id_source}.log",
    benchmark:
        "results/benchmarks/plot_identities/{id_source}.tsv"
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=by_attempt(4000),
        runtime=by_attempt(60),
    params:
        shown=12,
        margin=config["frames"]["margin"],
        code=code_version("workflow_scripts.plot_identities"),
    script:
        "../workflow_scripts/plot_identities.py"
