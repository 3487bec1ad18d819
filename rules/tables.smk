rule tabulate_uf1:
    input:
        predictions=unique(path for row in table_rows() for paths in row["predictions"].values() for path in paths),
        folds="results/folds.csv",
        # What a reader of the table asks for next: where its action units come from, and what the renders are worth.
        au_means="results/figures/au_means.png" if clip_sources() else [],
        pairs=expand("results/figures/pairs/{id_source}/{au_source}.png", zip, **rendered_pairs()),
        quality=expand("results/quality/{id_source}/{au_source}.csv", zip, **rendered_pairs()),
    output:
        table=report("results/uf1_table.csv", caption="../report/uf1_table.rst", category="Recognition"),
        figure=report("results/figures/uf1.png", caption="../report/uf1.rst", category="Recognition"),
    log:
        "logs/tabulate_uf1.log",
    benchmark:
        "results/benchmarks/tabulate_uf1.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        rows=table_rows(),
        code=code_version("workflow_scripts.tabulate_uf1"),
    script:
        "../workflow_scripts/tabulate_uf1.py"


rule plot_au_means:
    input:
        action_units=unique(path for source in clip_sources().values() for path in source["action_units"]),
    output:
        figure=report("results/figures/au_means.png", caption="../report/au_means.rst", category="Action units"),
    log:
        "logs/plot_au_means.log",
    benchmark:
        "results/benchmarks/plot_au_means.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        sources=clip_sources(),
        code=code_version("workflow_scripts.plot_au_means"),
    script:
        "../workflow_scripts/plot_au_means.py"
