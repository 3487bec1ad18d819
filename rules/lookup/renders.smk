import os
from functools import cache
from pathlib import Path

from mie_x_lib.action_units.instruments import PAPER_SCALE
from mie_x_lib.cards.renders import weights_notes
from mie_x_lib.corpora import clips_of_layout
from mie_x_lib.corpora.inventory import listed_people
from mie_x_lib.folds.enough_people import refuse_too_few, size_line
from rules.configuration import PROJECT
from snakemake.logging import logger

SHIPPED_GENERATOR = "resources/generator.safetensors"


def generator_weights(_wildcards=None):
    """What renders: weights of this project, given or trained here, or a published checkpoint that was turned into some."""
    given = config["generator"]["weights"] or "results/generator/generator.safetensors"
    return given if given.endswith(".safetensors") else "results/generator/converted.safetensors"


def rendering_scale(_wildcards):
    """The scale of the action units that given weights learned from, None where they do not say it.

    WorkflowError where it is another than the source's. It has to be raised for a param: what an input function raises,
    Snakemake passes over where the file is there that the job would make.
    """
    given = config["generator"]["weights"]
    scale = generator_scale(given) if given else None
    if scale:
        refuse_other_scale(f"generator.weights, {given},", scale)
    return scale


def generator_scale(given):
    """The scale of the action units that given weights were trained with; None where they do not say it."""
    if not given.endswith(".safetensors"):
        return PAPER_SCALE
    return weights_notes(given).get("au_scale") if os.path.isfile(given) else None


def generator_warning(wildcards):
    """What to tell the user where the shipped generator meets faces that it was not made for."""
    dataset = config["id_sources"][wildcards.id_source]["dataset"]
    if dataset in config["simulated"] or not generator_weights().endswith(SHIPPED_GENERATOR):
        return ""
    return f"Warning: {SHIPPED_GENERATOR} was trained on simulated people; on {dataset} it will not render expressions."


def generator_checks(id_sources):
    """The checks of the generator on faces of these sources."""
    return expand("results/generator_checks/{id_source}.csv", id_source=id_sources)


def shards(id_source):
    """Shard numbers of an identity source, known from the config alone."""
    identities = config["id_sources"][id_source]["identities"]
    return range(-(-identities // config["identities_per_shard"]))


def asked_people(id_sources):
    """How many people identity sources are asked for, together."""
    return sum(config["id_sources"][name]["identities"] for name in id_sources)


@cache
def tell_size(id_sources, needed):
    """Tell how many people the user's own identity sources need; WorkflowError where fewer are asked for or there."""
    asked, datasets = asked_people(id_sources), [config["id_sources"][name]["dataset"] for name in id_sources]
    are_drawn = set(datasets) <= set(config["simulated"])
    # What lies in folders is looked at for the plan, and not again in each of its jobs.
    is_told = needed and workflow.is_main_process and not are_drawn
    there = [people_there(dataset) for dataset in datasets] if is_told or are_drawn else [None]
    there = None if None in there else sum(there)
    try:
        refuse_too_few(id_sources, needed, asked, there)
    except InputError as error:
        raise WorkflowError(str(error)) from None
    if is_told:
        logger.info(size_line(id_sources, needed, asked, there))


def people_there(dataset):
    """How many people the photographs of a dataset show; None where they cannot be listed, of which its job tells."""
    if dataset in config["simulated"]:
        return config["simulated"][dataset]["subjects"]
    entry = config["datasets"][dataset]
    try:
        return listed_people(clips_of_layout(entry["layout"], entry["root"], dataset, **entry["options"]))
    except InputError:
        return None


def pair_shards(id_source, au_source):
    """The shards of a pair of sources."""
    return [f"results/renders/{id_source}/{au_source}/{shard}.h5" for shard in shards(id_source)]


def source_shards(wildcards):
    """The shards of a job's pair of sources."""
    return pair_shards(wildcards.id_source, wildcards.au_source)


def source_identities(wildcards):
    """The photographs behind the shards of a pair of sources, in their order."""
    return [f"results/identities/{wildcards.id_source}/{shard}.h5" for shard in shards(wildcards.id_source)]


def simulated_id_sources():
    """The identity sources whose people this project draws."""
    return [name for name, source in config["id_sources"].items() if source["dataset"] in config["simulated"]]


def drawn_figures(wildcards):
    """What is measured of pictures that are drawn with the action units asked for, where people can be drawn."""
    if wildcards.id_source not in simulated_id_sources() or not are_renders_measured():
        return []
    return f"results/quality/{wildcards.id_source}/{wildcards.au_source}.drawn.csv"


def variant_pairs(variant):
    """A variant's pairs of an identity source and an AU source; `none` has none."""
    entry = config["variants"].get(variant, {"id_sources": [], "au_sources": []})
    return [(id_source, au_source) for id_source in entry["id_sources"] for au_source in entry["au_sources"]]


def variant_shards(variant):
    """Every shard that a variant takes samples of; `none` takes none."""
    most = config["variants"].get(variant, {}).get("identities")
    return [
        f"results/renders/{id_source}/{au_source}/{shard}.h5"
        for id_source, au_source in variant_pairs(variant)
        for shard in shards(id_source)
        if most is None or shard * config["identities_per_shard"] < most
    ]


def variant_checks(variant):
    """The checks of the generator on all faces of a variant."""
    return generator_checks(unique(id_source for id_source, _ in variant_pairs(variant)))


def variant_quality(variant):
    """What was measured of the renders of a variant's pairs of sources."""
    return [f"results/quality/{id_source}/{au_source}.csv" for id_source, au_source in variant_pairs(variant)]


def described_sources(variant):
    """What a card says of each of a variant's pairs of sources."""
    return [
        [described_id_source(id_source), described_au_source(au_source)]
        for id_source, au_source in variant_pairs(variant)
    ]


def described_id_source(name):
    """What a card says of where faces come from."""
    return {"name": name, "datasets": [described_dataset(config["id_sources"][name]["dataset"])]}


def described_au_source(name):
    """What a card says of where action units come from."""
    source = config["au_sources"][name]
    described = {"name": name, "kind": source["kind"], "table": source["table"] and passed_on(Path(source["table"]))}
    described["datasets"] = [described_dataset(dataset) for dataset in source["datasets"]]
    return described if source["kind"] == "expert" else described | {"measured_by": clip_instrument()}


def passed_on(path):
    """A path as a card names it: without the folders of this machine, and alike wherever the clone lies."""
    if path.is_relative_to(PROJECT):
        return str(path.relative_to(PROJECT))
    return path.name if path.is_absolute() else str(path)


def variant_limits(wildcards):
    """How many people of each identity source, and clips of each class and AU source, a variant may use."""
    return {name: config["variants"][wildcards.variant][name] for name in ("identities", "clips")}


def measuring_files(au_sources):
    """The files behind what measured action units of these sources; the expert table needs none."""
    is_measured = any(config["au_sources"][name]["kind"] != "expert" for name in au_sources)
    return instrument_files() if is_measured else []


def described_dataset(name):
    """What a card says of a dataset, apart from its licence."""
    return {"name": name, "layout": config["datasets"][name]["layout"], "simulated": name in config["simulated"]}


def licences(variant):
    """What the config says of the licence of each dataset that a variant is made of."""
    sources = [source for pair in described_sources(variant) for source in pair]
    names = [dataset["name"] for source in sources for dataset in source["datasets"]]
    return {name: config["datasets"][name]["licence"] for name in names}
