rule judge_claims:
    input:
        predictions=predictions_of(claim_rows()),
        training_sets=unique(path for row in claim_rows() for path in row["training_sets"]),
        # There is no verdict on networks that have seen their test subjects, or renders of a generator that fails.
        audits=audits_of(claim_rows()),
        checks=checks_of(claim_rows()),
    output:
        claims="results/claims/claims.csv",
        rows="results/claims/rows.csv",
        markdown="results/claims/claims.md",
        figure=report(
            "results/claims/claims.png", caption="../report/claims.rst", category="Claims", labels={"what": "figure"}
        ),
        figure_pdf="results/claims/claims.pdf",
    log:
        "logs/judge_claims.log",
    benchmark:
        "results/benchmarks/judge_claims.tsv"
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        claims=[{"name": name} | claim for name, claim in config["claims"]["made"].items()],
        rows=claim_rows(),
        code=code_version("workflow_scripts.judge_claims"),
    script:
        "../workflow_scripts/judge_claims.py"
