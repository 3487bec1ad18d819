# The rule has no output, and no benchmark, which would count as one: so it runs whenever it is asked for.
rule verify:
    log:
        "logs/verify.log",
    localrule: True
    conda:
        "../envs/light.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=120,
    params:
        folder="results",
    script:
        "../workflow_scripts/verify.py"
