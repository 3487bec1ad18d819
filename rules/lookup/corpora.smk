from mie_x_lib import corpora


def dataset_roots(dataset):
    """The folders that a dataset's files lie in: drawn here, or the user's own."""
    entry = config["datasets"][dataset]
    if dataset in config["simulated"]:
        return [f"results/corpora/{dataset}"]
    # Layout megc2019 is a table that joins the folders of three datasets.
    joined = [entry["options"][name] for name in ("casme2", "smic", "samm") if name in entry["options"]]
    return [entry["root"], *joined]


def annotation_files(dataset):
    """The files that describe a user's clips: the time of a folder says nothing of an edit inside it."""
    if dataset in config["simulated"]:
        return []
    entry = config["datasets"][dataset]
    return corpora.annotation_files(entry["layout"], entry["root"], dataset, **entry["options"])


def layout_code(wildcards):
    """The version of the one adapter that a dataset needs; `list_clips` imports it by name, which no version follows."""
    return code_version(f"mie_x_lib.corpora.layouts.{config['datasets'][wildcards.dataset]['layout']}")
