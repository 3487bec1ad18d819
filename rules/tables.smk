rule tabulate_uf1:
    input:
        predictions=predictions_of(table_rows(*config["uf1_table"])),
        # There is no table of networks that have seen their test subjects,
        audits=audits_of(table_rows(*config["uf1_table"])),
        # and none of renders of a generator that fails its check.
        checks=checks_of(table_rows(*config["uf1_table"])),
        # A reader of the table then wants to see where its action units come from, and what the renders are worth.
        au_means="results/figures/au_means.png" if clip_sources() else [],
        curves="results/figures/curves.png" if trained_rows(*config["uf1_table"]) else [],
        pairs=expand("results/figures/pairs/{id_source}/{au_source}.png", zip, **source_pairs()),
        quality=["results/quality.csv", "results/figures/quality.png"] if table_variants() else [],
    output:
        table="results/uf1_table.csv",
        markdown="results/uf1_table.md",
        latex="results/uf1_table.tex",
        datasets="results/uf1_by_dataset.csv",
        confusions="results/uf1_confusions.csv",
        comparisons="results/uf1_comparisons.csv",
        figure=report(
            "results/figures/uf1.png",
            caption="../report/uf1.rst",
            category="Tables",
            labels={"table": "uf1_table", "what": "figure of UF1"},
        ),
        figure_pdf="results/figures/uf1.pdf",
        matrices=report(
            "results/figures/confusions.png",
            caption="../report/confusions.rst",
            category="Tables",
            labels={"table": "uf1_table", "what": "confusion matrices"},
        ),
        matrices_pdf="results/figures/confusions.pdf",
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
        rows=table_rows(*config["uf1_table"]),
        sizes=training_set_sizes(*config["uf1_table"]),
        code=code_version("workflow_scripts.tabulate_uf1"),
    script:
        "../workflow_scripts/tabulate_uf1.py"


# The same for one table alone, for which only its own rows are trained.
use rule tabulate_uf1 as tabulate_one_table with:
    input:
        predictions=lambda wildcards: predictions_of(table_rows(wildcards.table)),
        audits=lambda wildcards: audits_of(table_rows(wildcards.table)),
        checks=lambda wildcards: checks_of(table_rows(wildcards.table)),
    output:
        table="results/tables/{table}/uf1_table.csv",
        markdown="results/tables/{table}/uf1_table.md",
        latex="results/tables/{table}/uf1_table.tex",
        datasets="results/tables/{table}/uf1_by_dataset.csv",
        confusions="results/tables/{table}/uf1_confusions.csv",
        comparisons="results/tables/{table}/uf1_comparisons.csv",
        figure=report(
            "results/tables/{table}/uf1.png",
            caption="../report/uf1.rst",
            category="Tables",
            labels={"table": "{table}", "what": "figure of UF1"},
        ),
        figure_pdf="results/tables/{table}/uf1.pdf",
        matrices=report(
            "results/tables/{table}/confusions.png",
            caption="../report/confusions.rst",
            category="Tables",
            labels={"table": "{table}", "what": "confusion matrices"},
        ),
        matrices_pdf="results/tables/{table}/confusions.pdf",
    log:
        "logs/tabulate_one_table/{table}.log",
    benchmark:
        "results/benchmarks/tabulate_one_table/{table}.tsv"
    params:
        rows=lambda wildcards: table_rows(wildcards.table),
        sizes=lambda wildcards: training_set_sizes(wildcards.table),
        code=code_version("workflow_scripts.tabulate_uf1"),


rule take_given_predictions:
    input:
        given=given_file,
        folds=lambda wildcards: f"results/folds/{given_evaluation(wildcards)}.csv",
    output:
        predictions="results/given/{table}/{number}/{seed}.csv",
    log:
        "logs/take_given_predictions/{table}/{number}/{seed}.log",
    benchmark:
        "results/benchmarks/take_given_predictions/{table}/{number}/{seed}.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        content=content_of(given_file),
        labels=lambda wildcards: list(config["evaluations"][given_evaluation(wildcards)]["labels"]),
        code=code_version("workflow_scripts.take_given_predictions"),
    script:
        "../workflow_scripts/take_given_predictions.py"


# The table and everything behind it, for whoever wants to make it again.
rule bundle:
    input:
        tables=rules.tabulate_uf1.output,
        predictions=predictions_of(table_rows(*config["uf1_table"])),
        cards=[f"results/cards/{variant}.{kind}" for variant in table_variants() for kind in ("md", "json")],
    output:
        bundle="results/bundle.zip",
    log:
        "logs/bundle.log",
    benchmark:
        "results/benchmarks/bundle.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        config=config,
        rows=table_rows(*config["uf1_table"]),
        sizes=training_set_sizes(*config["uf1_table"]),
        code=code_version("workflow_scripts.bundle"),
    script:
        "../workflow_scripts/bundle.py"
