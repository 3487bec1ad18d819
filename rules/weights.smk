rule weights:
    input:
        trained_weights(),


# What the rule fetches lies where the packages keep it. The rule has no output, and no benchmark, which would count as
# one: so it runs whenever it is asked for.
rule fetch_weights:
    log:
        "logs/fetch_weights.log",
    localrule: True
    conda:
        "../envs/pyfeat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        networks=pretrained_networks(),
        code=code_version("workflow_scripts.fetch_weights"),
    script:
        "../workflow_scripts/fetch_weights.py"
