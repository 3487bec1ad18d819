# Tables as a browser shows them, for `snakemake --report`, which shows a CSV as a download only.
rule write_pages:
    input:
        uf1_table="results/uf1_table.csv",
        uf1_by_dataset="results/uf1_by_dataset.csv",
        uf1_comparisons="results/uf1_comparisons.csv",
        audits=audits_of(table_rows(*config["uf1_table"])),
        au_means="results/au_means.csv" if clip_sources() else [],
        quality="results/quality.csv" if table_variants() else [],
        generator_checks=checks_of(table_rows(*config["uf1_table"])),
    output:
        uf1_table=report(
            "results/pages/uf1_table.html",
            caption="../report/uf1_table.rst",
            category="Tables",
            labels={"table": "uf1_table", "what": "every row"},
        ),
        uf1_by_dataset=report(
            "results/pages/uf1_by_dataset.html",
            caption="../report/uf1_by_dataset.rst",
            category="Tables",
            labels={"table": "uf1_table", "what": "by dataset"},
        ),
        uf1_comparisons=report(
            "results/pages/uf1_comparisons.html",
            caption="../report/uf1_comparisons.rst",
            category="Tables",
            labels={"table": "uf1_table", "what": "every two rows compared"},
        ),
        audits=report(
            "results/pages/audits.html",
            caption="../report/audit.rst",
            category="Audit",
            labels={"what": "test subjects in training sets"},
        ),
        au_means=report(
            "results/pages/au_means.html",
            caption="../report/au_means.rst",
            category="Action units",
            labels={"what": "mean action units of z_MiE and z_MaE (Fig. 1), table"},
        ),
        quality=report(
            "results/pages/quality.html",
            caption="../report/quality.rst",
            category="Quality",
            labels={"what": "every measure, table"},
        ),
        generator_checks=report(
            "results/pages/generator_checks.html",
            caption="../report/generator_checks.rst",
            category="Quality",
            labels={"what": "check of the generator before rendering"},
        ),
    log:
        "logs/write_pages.log",
    benchmark:
        "results/benchmarks/write_pages.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        titles=page_titles(),
        code=code_version("workflow_scripts.write_pages"),
    script:
        "../workflow_scripts/write_pages.py"


use rule write_pages as write_pages_of_one_table with:
    input:
        uf1_table="results/tables/{table}/uf1_table.csv",
        uf1_by_dataset="results/tables/{table}/uf1_by_dataset.csv",
        uf1_comparisons="results/tables/{table}/uf1_comparisons.csv",
    output:
        uf1_table=report(
            "results/pages/{table}/uf1_table.html",
            caption="../report/uf1_table.rst",
            category="Tables",
            labels={"table": "{table}", "what": "every row"},
        ),
        uf1_by_dataset=report(
            "results/pages/{table}/uf1_by_dataset.html",
            caption="../report/uf1_by_dataset.rst",
            category="Tables",
            labels={"table": "{table}", "what": "by dataset"},
        ),
        uf1_comparisons=report(
            "results/pages/{table}/uf1_comparisons.html",
            caption="../report/uf1_comparisons.rst",
            category="Tables",
            labels={"table": "{table}", "what": "every two rows compared"},
        ),
    log:
        "logs/write_pages_of_one_table/{table}.log",
    benchmark:
        "results/benchmarks/write_pages_of_one_table/{table}.tsv"


use rule write_pages as write_pages_of_claims with:
    input:
        claims="results/claims/claims.csv",
        claim_rows="results/claims/rows.csv",
    output:
        claims=report(
            "results/pages/claims/claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"what": "comparisons and slopes"},
        ),
        claim_rows=report(
            "results/pages/claims/rows.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"what": "networks"},
        ),
    log:
        "logs/write_pages_of_claims.log",
    benchmark:
        "results/benchmarks/write_pages_of_claims.tsv"
