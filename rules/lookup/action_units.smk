from glob import escape, glob


def openface():
    """The options of OpenFace where it is the source of action units, which others have measured; else None."""
    section = config["action_units"]
    return section["openface"] if section["source"] == "openface" else None


def au_network_weights(_wildcards=None):
    """The weights behind the action units: none where the source brings its own."""
    if config["action_units"]["source"] != "embedded":
        return []
    return config["action_units"]["weights"] or "results/au_network/au_network.safetensors"


def render_au_source():
    """What measures renders: the source of the experiment, unless that only looks up what it was given."""
    return "pyfeat" if openface() else config["action_units"]["source"]


def au_options():
    """The options of the source that measures clips, and of no other."""
    return render_au_options() if openface() is None else without(openface(), "binary") | {"files": openface_files()}


def render_au_options():
    """The options of the source that measures renders, and of no other."""
    source = render_au_source()
    return {"weights": au_network_weights()} if source == "embedded" else config["action_units"][source]


def openface_files():
    """Where the CSVs of OpenFace lie: those of the binary that is run here, or the user's own."""
    return "results/openface/{dataset}/{subject}/{clip}.csv" if openface()["binary"] else openface()["files"]


def openface_measurements(wildcards):
    """What OpenFace measured of a dataset, if it is the source.

    The user's own CSVs are not looked for where they are of photographs, of which a folder may hold a million.
    """
    dataset = wildcards.dataset
    if openface() is None:
        return []
    if openface()["binary"]:
        return f"results/openface/{dataset}"
    if config["datasets"][dataset]["role"] in ("identity", "training"):
        return []
    return sorted(glob(escape(openface()["files"]).format(dataset=escape(dataset), subject="*", clip="*")))


def au_warning(wildcards):
    """What to tell the user where the embedded AU source meets faces that it was not made for."""
    if config["action_units"]["source"] != "embedded" or wildcards.dataset in config["simulated"]:
        return ""
    return (
        "Warning: the embedded AU source was trained on simulated people; what it finds in "
        f"{wildcards.dataset} means nothing. Set action_units.source to pyfeat or openface."
    )


def triplet_input(wildcards):
    """What triplets are drawn from: the expert table, or the measured action units of clips."""
    source = config["au_sources"][wildcards.au_source]
    return source["table"] or [f"results/action_units/{dataset}.csv" for dataset in source["datasets"]]
