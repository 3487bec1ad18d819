"""Where action units come from."""

import string
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mie_x_lib import plugins
from mie_x_lib.settings.section import Choice, Count, Flag, NotNegative, Section, Seed, Share, Text, Unique

# What becomes of a frame in which OpenFace failed or was not sure.
LowConfidence = Literal["leave_out", "interpolate", "keep", "error"]


class PyFeat(Section):
    """Options of source pyfeat."""

    detector: Literal["v2", "v1"] = "v2"
    """v2: py-feat's Detectorv2; v1: its Detectorv1, with RetinaFace, MobileFaceNet and XGBoost."""
    batch_size: Count = 16
    """Crops in one pass."""


def _known_placeholders(files: str) -> str:
    known = ("dataset", "subject", "clip", "video")
    try:
        found = [field[1:] for field in string.Formatter().parse(files) if field[1] is not None]
    except ValueError as fault:
        raise ValueError(f"{files!r} has a brace without its pair ({fault})") from None
    for name, spec, conversion in found:
        if name not in known:
            raise ValueError(f"{files!r} has {{{name}}}; it may have {{dataset}}, {{subject}}, {{clip}} and {{video}}")
        if spec or conversion:
            written = name + f"!{conversion}" * bool(conversion) + f":{spec}" * bool(spec)
            raise ValueError(f"{files!r} has {{{written}}}; write {{{name}}} for it: names stand there as they are")
    return files


class OpenFace(Section):
    """Options of source openface."""

    binary: Text | None = None
    """Path of OpenFace's FeatureExtraction, with FaceLandmarkImg beside it for photographs and renders: they are run
    over the clips, to results/openface, and over renders. null: they have been run over the clips, and their CSVs lie
    in `files`; renders are then measured by pyfeat if quality.thresholds.au_fidelity is a number, else by nothing."""
    static: Flag = False
    """Whether `binary` measures each frame alone (OpenFace's -au_static), instead of against the person's usual face,
    which it learns from the whole clip. Photographs and renders are always measured alone, so that the action units
    of renders are compared with those of clips where this is true."""
    files: Annotated[Text, AfterValidator(_known_placeholders)] = "openface/{dataset}/{subject}/{clip}.csv"
    """Where the CSV of a clip lies, if `binary` is null. {video} is the name of the clip's file without suffix, or that
    of its folder, so that one CSV of a whole video serves all clips of it; clips of two files cannot share one."""
    min_confidence: Share = 0.75
    """Least confidence of a frame that is trusted; one in which OpenFace failed never is."""
    low_confidence: LowConfidence = "leave_out"
    """What becomes of other frames. leave_out: they have no action units; interpolate: those on the line between the
    trusted frames before and after; keep: those that were measured; error: the run stops."""


class ActionUnits(Section):
    """Where action units come from."""

    source: Annotated[str, Choice(plugins.names("mie_x_lib.action_units.sources"))] = "embedded"
    """embedded: this project's network, for simulated people only; pyfeat: py-feat 2.1.5, which measures probabilities
    and no intensities; openface: OpenFace 2, or CSVs that it wrote."""
    weights: Text | None = None
    """Weights of the embedded network; null: train it, to results/au_network/au_network.safetensors."""
    mixed_scales: Flag = False
    """Whether a run goes on where action units of two scales meet: z_exp and published checkpoints have OpenFace's
    intensities divided by 5, and source pyfeat measures probabilities. The dataset card then says it."""
    pyfeat: PyFeat = PyFeat()
    """Options of source pyfeat."""
    openface: OpenFace = OpenFace()
    """Options of source openface."""


class AUNetworkSchedule(Section):
    """How the embedded AU network is trained: a ResNet-18, with AdamW and a one-cycle schedule."""

    width: Annotated[int, Field(ge=8, strict=True)] = 16
    """Channels of the first stage of its ResNet-18."""
    size: Annotated[int, Field(ge=32, strict=True)] = 64
    """Side of its input in pixels."""
    epochs: Count = 12
    """Length of its schedule."""
    batch: Count = 64
    """Crops in a batch."""
    learning_rate: NotNegative = 0.002
    """Peak of the one-cycle schedule."""
    weight_decay: NotNegative = 0.0005
    """Weight decay of AdamW."""


class AUNetworkSettings(AUNetworkSchedule):
    """What a training of the embedded AU network is made of."""

    seed: Seed = 0
    """Decides first weights, order and augmentation."""


class AUNetworkTraining(AUNetworkSchedule):
    """How the embedded AU network is trained where action_units.weights is null."""

    datasets: Unique[Text] = Field(default_factory=list)
    """Simulated datasets, whose AUs are known; of role training."""
    held_out: Annotated[float, Field(ge=0, le=0.5, strict=True)] = 0.1
    """Share of their people that only measure the result; no choice is made on them."""
