def variant_pairs(variant):
    """A variant's pairs of sources, as they stand in paths."""
    entry = config["variants"][variant]
    return [f"{id_source}/{au_source}" for id_source in entry["id_sources"] for au_source in entry["au_sources"]]


def described_sources(variant):
    """What a card says of each of a variant's pairs of sources, in the order of `variant_pairs`."""
    entry = config["variants"][variant]
    return [
        [described_id_source(id_source), described_au_source(au_source)]
        for id_source in entry["id_sources"]
        for au_source in entry["au_sources"]
    ]


def described_id_source(name):
    """What a card says of where faces come from."""
    return {"name": name, "datasets": [described_dataset(config["id_sources"][name]["dataset"])]}


def described_au_source(name):
    """What a card says of where action units come from."""
    source = config["au_sources"][name]
    datasets = [described_dataset(dataset) for dataset in source["datasets"]]
    return {"name": name, "kind": source["kind"], "table": source["table"], "datasets": datasets}


def described_dataset(name):
    return {"name": name, "layout": config["datasets"][name]["layout"], "simulated": name in config["simulated"]}


def licences(variant):
    """What the config says of the licence of each dataset that a variant is made of."""
    sources = [source for pair in described_sources(variant) for source in pair]
    names = [dataset["name"] for source in sources for dataset in source["datasets"]]
    return {name: config["datasets"][name]["licence"] for name in names}
