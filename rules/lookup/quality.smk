def source_identities(wildcards):
    """The photographs behind the shards of a pair of sources, in their order."""
    return [f"results/identities/{wildcards.id_source}/{shard}.h5" for shard in shards(wildcards.id_source)]


def generator_checks(id_sources):
    """What the generator's renders of faces of these sources are worth."""
    return expand("results/generator_checks/{id_source}.csv", id_source=id_sources)


def quality_reference():
    """The datasets whose clips renders are compared with."""
    given = config["quality"]["reference"]
    return table_datasets() if given is None else given
