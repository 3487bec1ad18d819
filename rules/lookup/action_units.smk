import os
from glob import escape, glob
from pathlib import Path

from mie_x_lib.action_units.instruments import PAPER_SCALE, SCALES, scale_of


def openface():
    """The options of OpenFace where it is the source of action units, which others have measured; else None."""
    section = config["action_units"]
    return section["openface"] if section["source"] == "openface" else None


def au_network_weights(_wildcards=None):
    """The weights behind the action units: none where the source brings its own."""
    if config["action_units"]["source"] != "embedded":
        return []
    return config["action_units"]["weights"] or "results/au_network/au_network.safetensors"


def is_looking():
    """Whether the source of the experiment looks at pictures, renders among them; OpenFace does by its binary alone."""
    return openface() is None or openface()["binary"] is not None


def render_au_source():
    """What measures renders, if anything does: the source of the experiment, or py-feat where that cannot look."""
    return config["action_units"]["source"] if is_looking() else "pyfeat"


def are_renders_measured():
    """Whether the action units of renders are measured; py-feat, which may need a network, has to be asked for."""
    return is_looking() or config["quality"]["thresholds"]["au_fidelity"] is not None


def au_options():
    """The options of the source that measures clips, and of no other."""
    if openface() is None:
        return render_au_options()
    is_run_here = openface()["binary"] is not None
    return without(openface(), "binary", "static") | {"files": openface_files(), "by_number": is_run_here}


def render_au_options():
    """The options of the source that measures renders, and of no other."""
    source = render_au_source()
    if source == "embedded":
        return {"weights": au_network_weights()}
    return without(config["action_units"][source], "files", "static")


def instrument_of(source):
    """A source, and of its options those by which its version is known: the arguments of `instruments.instrument`."""
    options = {"weights": au_network_weights()} if source == "embedded" else config["action_units"][source]
    keys = ("weights", "detector", "binary", *(["static"] if options.get("binary") else []))
    return {"source": source, "options": {key: value for key, value in options.items() if key in keys}}


def clip_instrument():
    """What measures clips."""
    return instrument_of(config["action_units"]["source"])


def render_instrument():
    """What measures renders; None for nothing. OpenFace measures pictures with its static models alone."""
    if not are_renders_measured():
        return None
    measuring = instrument_of(render_au_source())
    options = measuring["options"]
    return measuring | {"options": options | {key: True for key in options if key == "static"}}


def instrument_files(_wildcards=None):
    """The files of the network or programs behind the action units; none where the source brings its own."""
    binary = openface() and openface()["binary"]
    # FaceLandmarkImg, which measures renders, lies beside it.
    return [binary, str(Path(binary).with_name("FaceLandmarkImg"))] if binary else au_network_weights()


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
    found = glob(escape(openface()["files"]).format(dataset=escape(dataset), subject="*", clip="*", video="*"))
    return sorted(filter(os.path.isfile, found))


def au_warning(wildcards):
    """What to tell the user where the embedded AU source meets faces that it was not made for."""
    if config["action_units"]["source"] != "embedded" or wildcards.dataset in config["simulated"]:
        return ""
    return (
        "Warning: the embedded AU source was trained on simulated people; what it finds in "
        f"{wildcards.dataset} means nothing. Set action_units.source to pyfeat or openface."
    )


def refuse_other_scale(what, scale):
    """Raise WorkflowError where action units of another scale than that of the source would be used unasked."""
    section = config["action_units"]
    own = scale_of(section["source"])
    if scale != own and not section["mixed_scales"]:
        raise WorkflowError(
            f"{what} has {SCALES[scale]}, but action_units.source {section['source']} measures {SCALES[own]}: the same "
            "number does not mean the same strength. Do without it, take a source of its scale, or set "
            "action_units.mixed_scales to true."
        )


def triplet_input(wildcards):
    """What triplets are drawn from: the expert table, or the measured action units of clips."""
    source = config["au_sources"][wildcards.au_source]
    return source["table"] or [f"results/action_units/{dataset}.csv" for dataset in source["datasets"]]


def triplet_scale(wildcards):
    """The scale of what triplets are drawn from; WorkflowError where the expert table is not on that of the source."""
    if not config["au_sources"][wildcards.au_source]["table"]:
        return scale_of(config["action_units"]["source"])
    refuse_other_scale(f"au_sources.{wildcards.au_source}, of kind expert,", PAPER_SCALE)
    return PAPER_SCALE
