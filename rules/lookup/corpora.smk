from pathlib import Path


def dataset_roots(dataset):
    """The folders that a dataset's files lie in: drawn here, or the user's own."""
    entry = config["datasets"][dataset]
    if dataset in config["simulated"]:
        return [f"results/corpora/{dataset}"]
    # Layout megc2019 is a table that joins the folders of three datasets.
    joined = [entry["options"][name] for name in ("casme2", "smic", "samm") if name in entry["options"]]
    return [entry["root"], *joined]


def annotation_files(dataset):
    """The tables that describe a user's clips: the time of a folder says nothing of an edit inside it.

    Not looked for among photographs, of which a folder may hold a million.
    """
    entry = config["datasets"][dataset]
    if dataset in config["simulated"] or entry["role"] == "identity" or entry["layout"] in ("emotionnet", "celeba"):
        return []
    folders = [Path(root) for root in dataset_roots(dataset)]
    found = [path for folder in folders for level in ("*", "*/*") for path in folder.glob(level)]
    return sorted(str(path) for path in found if path.suffix in (".csv", ".txt", ".xlsx"))


def layout_code(wildcards):
    """The version of the one adapter that a dataset needs; `list_clips` imports it by name, which no version follows."""
    return code_version(f"mie_x_lib.corpora.layouts.{config['datasets'][wildcards.dataset]['layout']}")


def needed_datasets():
    """The user's own datasets that the table's rows need: name to layout, root, options and photographs asked for."""
    variants = [config["variants"][name] for name in table_variants()]
    id_sources = [config["id_sources"][name] for variant in variants for name in variant["id_sources"]]
    au_sources = [config["au_sources"][name] for variant in variants for name in variant["au_sources"]]
    networks = ("generator", "au_network")
    trained = [name for name in networks if f"results/{name}/{name}.safetensors" in trained_weights()]
    names = unique(
        [
            *table_datasets(),
            *(dataset for source in au_sources for dataset in source["datasets"]),
            *(source["dataset"] for source in id_sources),
            *(quality_reference() if id_sources else []),
            *(dataset for name in trained for dataset in config[f"{name}_training"]["datasets"]),
        ]
    )
    identities = {name: [source["identities"] for source in id_sources if source["dataset"] == name] for name in names}
    return {
        name: without(config["datasets"][name], "role", "licence") | {"identities": max(identities[name], default=0)}
        for name in names
        if name not in config["simulated"]
    }
