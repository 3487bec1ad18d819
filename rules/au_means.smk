rule average_action_units:
    input:
        action_units=unique(path for source in clip_sources().values() for path in source["action_units"]),
        people=clip_source_people(),
    output:
        means="results/au_means.csv",
        markdown="results/au_means.md",
        latex="results/au_means.tex",
        figure=report(
            "results/figures/au_means.png",
            caption="../report/au_means.rst",
            category="Action units",
            labels={"what": "mean action units of z_MiE and z_MaE (Fig. 1), figure"},
        ),
        figure_pdf="results/figures/au_means.pdf",
    log:
        "logs/average_action_units.log",
    benchmark:
        "results/benchmarks/average_action_units.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        sources=clip_sources(),
        shown=figure1_sources(),
        code=code_version("workflow_scripts.average_action_units"),
    script:
        "../workflow_scripts/average_action_units.py"
