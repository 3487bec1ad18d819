from glob import escape, glob


def au_network_weights(_wildcards=None):
    """The weights behind the action units: none where the source brings its own."""
    if config["action_units"]["source"] != "embedded":
        return []
    return config["action_units"]["weights"] or "results/au_network/au_network.safetensors"


def render_au_source():
    """What measures renders: the source of the experiment, unless that only looks up what it was given."""
    source = config["action_units"]["source"]
    return "pyfeat" if source == "openface" else source


def au_options(source):
    """The options of an AU source, and of no other."""
    if source == "embedded":
        return {"weights": au_network_weights()}
    if source == "openface":
        return without(config["action_units"]["openface"], "binary", "static") | {"files": openface_files()}
    return config["action_units"][source]


def openface_files():
    """Where the CSVs of OpenFace lie: those of the binary that is run here, or the user's own."""
    options = config["action_units"]["openface"]
    return "results/openface/{dataset}/{subject}/{clip}.csv" if options["binary"] else options["files"]


def openface_measurements(wildcards):
    """What OpenFace measured of a dataset, if it is the source.

    Of photographs, of which a folder may hold a million, the user's own CSVs are not looked for.
    """
    options, dataset = config["action_units"]["openface"], wildcards.dataset
    if config["action_units"]["source"] != "openface":
        return []
    if options["binary"]:
        return f"results/openface/{dataset}"
    if config["datasets"][dataset]["role"] in ("identity", "training"):
        return []
    return sorted(glob(escape(options["files"]).format(dataset=escape(dataset), subject="*", clip="*")))


def pretrained_networks():
    """The networks whose weights this experiment takes from the internet, by the key that asks for them."""
    networks = {}
    if render_au_source() == "pyfeat":
        networks["action_units.pyfeat.detector"] = config["action_units"]["pyfeat"]["detector"]
    if config["frames"]["detector"] == "retinaface":
        networks["frames.detector"] = "retinaface"
    if config["training"]["initial"] == "imagenet":
        networks["training.initial"] = "imagenet"
    return networks


def au_warning(wildcards):
    """What to tell the user where the embedded AU source meets faces that it was not made for."""
    if config["action_units"]["source"] != "embedded" or wildcards.dataset in config["simulated"]:
        return ""
    return (
        "Warning: the embedded AU source was trained on simulated people; what it finds in "
        f"{wildcards.dataset} means nothing. Set action_units.source to pyfeat or openface."
    )
