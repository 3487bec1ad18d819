"""What says how strong an action unit is: programs and their scales, and what can be compared of two of them."""

from collections.abc import Mapping
from typing import NamedTuple, TypedDict

from mie_x_lib import plugins
from mie_x_lib.provenance import sha256

_SOURCES = "mie_x_lib.action_units.sources"

# What a number from 0 to 1 is, by the name that a source gives its scale.
SCALES = {
    "intensity": "intensities, OpenFace's 0 to 5 divided by 5",
    "probability": "probabilities that a unit is active",
}
# That of z_exp, and of all published checkpoints (MiE-X, ECCV 2022, public code).
PAPER_SCALE = "intensity"


class Instrument(TypedDict):
    """What measures: source, a module of `action_units.sources`, or expert; models, which of the source's, "" where it
    has one kind; version, of what, in words; scale, a key of `SCALES`.
    """

    source: str
    models: str
    version: str
    scale: str


# Nobody measures what the expert table asks for.
EXPERT = Instrument(source="expert", models="", version="the expert table", scale=PAPER_SCALE)


def scale_of(source: str) -> str:
    """The scale on which a source of action units measures; the source is not loaded.

    Raises ValueError for a source that states none of `SCALES`.
    """
    scale = plugins.stated(_SOURCES, source, "SCALE")
    if scale not in SCALES:
        raise ValueError(f"{_SOURCES}.{source}: SCALE is {scale!r}, expected one of {', '.join(SCALES)}")
    return scale


def instrument(source: str, options: Mapping) -> Instrument:
    """What a source with these options measures with; weights and programs among them are known by their SHA-256."""
    named = [f"detector {options['detector']}"] if "detector" in options else []
    models = {None: "", True: "static models", False: "dynamic models"}[options.get("static")]
    files = [f"sha256 {sha256(options[key])[:16]}" for key in ("weights", "binary") if options.get(key)]
    version = ", ".join([plugins.stated(_SOURCES, source, "PROGRAM"), *[models] * bool(models), *named, *files])
    return Instrument(source=source, models=models, version=version, scale=scale_of(source))


def _are_same(one: Mapping, other: Mapping) -> bool:
    return all(one[key] == other[key] for key in ("source", "models"))


def in_words(measured_by: Mapping) -> str:
    """An instrument with what its numbers are."""
    return f"{measured_by['version']} ({SCALES[measured_by['scale']]})"


class Comparison(NamedTuple):
    """What renders' action units can be compared with: those of one instrument with each other, and with nothing else.

    measured_by: what measured them, "" for nothing. strength: whether with those asked for, in size. distance: whether
    with those of clips. remark: what is empty and why, "" for nothing.
    """

    measured_by: str
    strength: bool
    distance: bool
    remark: str


def compared(requested: Mapping, clips: Mapping, renders: Mapping | None) -> Comparison:
    """What can be compared where these instruments say what is asked for, and measured clips and renders.

    renders: None where nothing measured them. What the expert table asks for is in the unit of every instrument of its
    scale; what was measured is in that of the instrument alone.
    """
    if renders is None:
        remark = (
            "No action units of renders: nothing here can measure them but OpenFace's binary "
            "(action_units.openface.binary), or py-feat where quality.thresholds.au_fidelity asks for it"
        )
        return Comparison("", False, False, remark)
    is_table = requested["source"] == EXPERT["source"]
    strength = requested["scale"] == renders["scale"] if is_table else _are_same(requested, renders)
    distance = _are_same(clips, renders)
    remarks = []
    if not strength:
        remarks.append(f"au_strength is empty: asked for by {in_words(requested)}, measured by {in_words(renders)}")
    if not distance:
        remarks.append(
            f"au_wasserstein and au_frechet are empty: clips were measured by {clips['version']}, renders by "
            f"{renders['version']}"
        )
    return Comparison(in_words(renders), strength, distance, "; ".join(remarks))
