def variant_pairs(variant):
    """A variant's pairs of sources, as they stand in paths."""
    entry = config["variants"][variant]
    return [f"{id_source}/{au_source}" for id_source in entry["id_sources"] for au_source in entry["au_sources"]]


def described_id_source(wildcards):
    """What the card of renders says of where their faces come from."""
    name = wildcards.id_source
    return {"name": name, "datasets": [described_dataset(config["id_sources"][name]["dataset"])]}


def described_au_source(wildcards):
    """What the card of renders says of where their action units come from."""
    name = wildcards.au_source
    source = config["au_sources"][name]
    datasets = [described_dataset(dataset) for dataset in source["datasets"]]
    return {"name": name, "kind": source["kind"], "table": source["table"], "datasets": datasets}


def described_dataset(name):
    entry = config["datasets"][name]
    return {
        "name": name,
        "layout": entry["layout"],
        "licence": entry["licence"],
        "simulated": name in config["simulated"],
    }
