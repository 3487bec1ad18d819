rule extract_frames:
    input:
        clips="results/clips/{dataset}.csv",
        roots=lambda wildcards: dataset_roots(wildcards.dataset),
    output:
        crops="results/frames/{dataset}.h5",
        report="results/frames/{dataset}.report.csv",
    log:
        "logs/extract_frames/{dataset}.log",
    benchmark:
        "results/benchmarks/extract_frames/{dataset}.tsv"
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=240,
    params:
        role=lookup(within=config, dpath="datasets/{dataset}/role"),
        missing_apex=missing_apex,
        settings=face_settings(),
        code=code_version("workflow_scripts.extract_frames"),
    script:
        "../workflow_scripts/extract_frames.py"


rule extract_identities:
    input:
        clips=id_source_clips,
        roots=id_source_roots,
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
        mem_mb=4000,
        runtime=60,
    params:
        numbers=identity_numbers,
        settings=face_settings(),
        code=code_version("workflow_scripts.extract_identities"),
    script:
        "../workflow_scripts/extract_identities.py"
