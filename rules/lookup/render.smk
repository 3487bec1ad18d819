def variant_shards(variant):
    """Every shard that a variant takes samples of, as paths; `none` takes none."""
    entry = config["variants"].get(variant, {"id_sources": [], "au_sources": [], "identities": None})
    return [
        f"results/renders/{id_source}/{au_source}/{shard}.h5"
        for id_source in entry["id_sources"]
        for au_source in entry["au_sources"]
        for shard in shards(id_source)
        if entry["identities"] is None or shard * config["identities_per_shard"] < entry["identities"]
    ]


def source_shards(wildcards):
    return [
        f"results/renders/{wildcards.id_source}/{wildcards.au_source}/{shard}.h5"
        for shard in shards(wildcards.id_source)
    ]


def rendered_pairs():
    """Pairs of sources that the table's rows are made of, as wildcard values side by side."""
    pairs = unique(
        (id_source, au_source)
        for entry in map(config["variants"].get, table_variants())
        for id_source in entry["id_sources"]
        for au_source in entry["au_sources"]
    )
    return {"id_source": [pair[0] for pair in pairs], "au_source": [pair[1] for pair in pairs]}
