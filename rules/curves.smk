rule plot_curves:
    input:
        curves=curves_of(trained_rows(*config["uf1_table"])),
    output:
        figure=report(
            "results/figures/curves.png",
            caption="../report/curves.rst",
            category="Training",
            labels={"table": "uf1_table", "what": "loss and UF1 over the epochs"},
        ),
        figure_pdf="results/figures/curves.pdf",
    log:
        "logs/plot_curves.log",
    benchmark:
        "results/benchmarks/plot_curves.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        rows=rows_with_curves(trained_rows(*config["uf1_table"])),
        code=code_version("workflow_scripts.plot_curves"),
    script:
        "../workflow_scripts/plot_curves.py"


# The same plot of one table alone, such as a table whose rows choose their epoch by clips that they watch.
use rule plot_curves as plot_curves_of_one_table with:
    input:
        curves=lambda wildcards: curves_of(trained_rows(wildcards.table)),
    output:
        figure=report(
            "results/tables/{table}/curves.png",
            caption="../report/curves.rst",
            category="Training",
            labels={"table": "{table}", "what": "loss and UF1 over the epochs"},
        ),
        figure_pdf="results/tables/{table}/curves.pdf",
    log:
        "logs/plot_curves_of_one_table/{table}.log",
    benchmark:
        "results/benchmarks/plot_curves_of_one_table/{table}.tsv"
    params:
        rows=lambda wildcards: rows_with_curves(trained_rows(wildcards.table)),
        code=code_version("workflow_scripts.plot_curves"),
