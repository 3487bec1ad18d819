"""The card that travels with rendered faces: what they are, whose data are in them, and what they are not for.

Every shard holds one, so that a change of this module renders again: what is written of a whole variant is in
`variant`.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from mie_x_lib import plugins
from mie_x_lib.action_units.instruments import EXPERT, SCALES, Instrument, instrument
from mie_x_lib.errors import FILE_FAULTS, InputError
from mie_x_lib.provenance import sha256

SIMULATED = "drawn by this project: no person"
UNKNOWN = "see the dataset's agreement"
BY_EXPERTS = "rules written down by hand (probabilities of action units by emotion): no person"

WHAT = (
    "Pairs of an onset and an apex frame of a micro-expression. Both frames are synthetic: a generator (GANimation) "
    "gave the face of a photograph the action units of a real clip, or of expert rules. The label is that of the "
    "source of the action units."
)
LIMITS = (
    "No frame was filmed. A face shows what the generator made of 17 action units, and no other sign of an emotion.",
    "Action units of clips and of renders are what a program found in them: its errors are in both.",
    "Only frontal faces that a detector found are there; ages, skin tones and genders are those of the photographs, "
    "neither balanced nor annotated.",
    "Labels are three classes (negative, positive, surprise) of posed or elicited expressions in a laboratory; they "
    "are no statement of what anybody feels.",
    "Only onset and apex are measured; frames between them, where there are any, are a straight line in action units.",
    "A network that does well on these pairs has not been shown to do well on real faces: test it on real clips.",
)
SIMULATED_LIMIT = (
    "Faces or clips of this set were drawn by a program, not photographed. It shows that the workflow works, and is of "
    "no use for recognising the expressions of real people."
)
INTENDED = (
    "Research on the recognition of facial micro-expressions: pre-training, augmentation, ablations of sources.",
    "Study of the synthesis itself: which action units are rendered, and what training on them is worth.",
)
FORBIDDEN = (
    "Judging people by their faces: hiring, policing, border control, lie detection, education, insurance, or any "
    "decision about a person.",
    "Making pictures of a recognisable person say or show what that person did not, or passing renders off as "
    "photographs.",
    "Identifying the people in the photographs, or linking renders to them.",
    "Passing on renders of photographs or clips whose licence does not allow it: a render shows a photograph's person.",
)


def licence(layout: str, given: str | None, simulated: bool) -> str:
    """Return the terms of a dataset: as `given` in the config, else as the module of its layout says."""
    if given or simulated:
        return given or SIMULATED
    return getattr(plugins.load("mie_x_lib.corpora.layouts", layout, "layout"), "LICENCE", UNKNOWN)


def generator_facts(path: str | Path) -> dict:
    """Return file name, sha256 and metadata (how it was trained, where it says so) of a generator's weights.

    Raises InputError as `weights_notes` does.
    """
    return {"file": Path(path).name, "sha256": sha256(path), "metadata": weights_notes(path)}


def weights_notes(path: str | Path) -> dict:
    """Return what a weights file of this project says of itself, sorted by key.

    Reads the header of the safetensors file alone. Raises InputError where there is none.
    """
    try:
        with open(path, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        # The checksum is for those who read the weights too.
        notes = {key: value for key, value in header.get("__metadata__", {}).items() if key != "checksum"}
        return {key: notes[key] if key == "kind" else json.loads(notes[key]) for key in sorted(notes)}
    except FILE_FAULTS as fault:
        raise InputError(f"{path}: expected a safetensors file with weights ({fault}); give the path of one") from fault


def source_card(
    id_source: Mapping, au_source: Mapping, generator: Mapping, made: Mapping, licences: Mapping[str, str | None]
) -> dict:
    """Return what is known of the renders of one pair of sources before they are made.

    id_source, au_source: name, and `datasets`: a list of name, layout and simulated (bool) each; au_source has a `kind`
    too, the path of its `table` where the kind is expert, and else `measured_by`: the arguments of
    `instruments.instrument`, which the card names. generator: of `generator_facts`. made: seed, and version of the code
    that renders. licences: what the config says of each dataset.
    """
    id_source, au_source = (
        dict(source) | {"datasets": [_with_licence(dataset, licences) for dataset in source["datasets"]]}
        for source in (id_source, au_source)
    )
    if au_source["kind"] == "expert":
        table = {"name": au_source["table"], "layout": "table", "simulated": False, "licence": BY_EXPERTS}
        au_source |= {"datasets": [table], "measured_by": dict(EXPERT)}
    else:
        au_source["measured_by"] = dict(instrument(**au_source["measured_by"]))
    drawn = any(dataset["simulated"] for source in (id_source, au_source) for dataset in source["datasets"])
    return {
        "what": WHAT,
        "identities": id_source,
        "action_units": au_source,
        "generator": dict(generator),
        "made": dict(made),
        "limits": [*([SIMULATED_LIMIT] if drawn else []), *_mixed(au_source["measured_by"], generator), *LIMITS],
        "intended_use": list(INTENDED),
        "forbidden_use": list(FORBIDDEN),
    }


def _mixed(requested: Instrument, generator: Mapping) -> list[str]:
    """What is to be said where the generator learned action units on another scale than that of those asked for."""
    learned = generator["metadata"].get("au_scale", requested["scale"])
    if learned == requested["scale"]:
        return []
    return [
        f"Action units of two scales meet in this set: those asked for by {requested['version']} are "
        f"{SCALES[requested['scale']]}, and the generator learned from {SCALES[learned]}. The same number does not "
        "mean the same strength."
    ]


def _with_licence(dataset: Mapping, licences: Mapping[str, str | None]) -> dict:
    terms = licence(dataset["layout"], licences[dataset["name"]], dataset["simulated"])
    return {key: dataset[key] for key in ("name", "layout", "simulated")} | {"licence": terms}
