import os

from mie_x_lib.files import matching


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

    They are not looked for among photographs, of which a folder may hold a million.
    """
    entry = config["datasets"][dataset]
    if dataset in config["simulated"] or entry["role"] == "identity" or entry["layout"] in ("emotionnet", "celeba"):
        return []
    found = [path for root in dataset_roots(dataset) for level in ("*", "*/*") for path in matching(root, level)]
    tables = [str(path) for path in found if path.suffix in (".csv", ".txt", ".xlsx")]
    # What an editor leaves beside an open table is a link to nothing.
    return sorted(filter(os.path.isfile, tables))


def layout_code(wildcards):
    """The version of the one adapter that a dataset needs; `list_clips` imports it by name, which no version follows."""
    return code_version(f"mie_x_lib.corpora.layouts.{config['datasets'][wildcards.dataset]['layout']}")
