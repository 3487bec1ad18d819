def triplet_input(wildcards):
    """What triplets are drawn from: the expert table, or the measured action units of clips."""
    source = config["au_sources"][wildcards.au_source]
    return source["table"] or [f"results/action_units/{dataset}.csv" for dataset in source["datasets"]]
