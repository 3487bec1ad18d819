"""From videos and photographs to face crops."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mie_x_lib import plugins
from mie_x_lib.settings.section import Choice, Count, Entries, Flag, NotNegative, Section, Share, Text

MissingApex = Literal["spot", "middle", "error"]
UnfitClips = Literal["leave_out", "keep"]
Degrees = Annotated[float, Field(ge=0, le=180, strict=True)]


class FaceSettings(Section):
    """How a face is found and followed."""

    margin: NotNegative = 0.1
    """What is added to the face box on each side, as a share of its side."""
    detector: Annotated[str, Choice(plugins.names("mie_x_lib.frames.detectors"))] = "haar"
    """What finds faces. haar: OpenCV's cascades, embedded, for drawn people and a first look, which may miss a
    second person; yunet: OpenCV's network, for real people; retinaface: py-feat's network. Both networks are fetched
    once."""
    detector_weights: Text | None = None
    """Another file for yunet, such as face_detection_yunet_2026may.onnx. null: face_detection_yunet_2023mar.onnx of the
    repository opencv/opencv_zoo, which is fetched once; null with the other detectors, too."""
    alignment: Literal["box", "eyes"] = "box"
    """box: cut at the detected face box; eyes: turn and scale it so that the eyes lie at fixed places."""
    tracking: Literal["fixed", "tracked"] = "fixed"
    """fixed: all frames of a clip are cut at the box of its onset; tracked: at that box shifted, turned and scaled
    with the head, for heads that do not keep still."""
    smallest_face: Share = 0.2
    """Width of the smallest face looked for, as a share of the picture's shorter side."""


class ClipSettings(FaceSettings):
    """What becomes of clips."""

    still_clips: UnfitClips = "leave_out"
    """What to do with a micro- or macro-expression in which nothing moves: leave_out, which the report says of it; or
    keep it under its label. Still is a clip whose onset is its apex, or whose crops differ by no more than noise."""
    damaged_clips: UnfitClips = "leave_out"
    """What to do with a clip of a video that is damaged or cut off: leave_out, unless every frame that it needs lies
    before the damage; or keep it, as far as its frames can be decoded."""
    largest_motion: Share = 0.02
    """Most by which the head may move between onset and apex, once the crops are cut, as a share of the face box. A
    video of which nobody annotated the apex, nor what part is meant, is left out beyond it; of others the run tells how
    many there are."""


class FrameSettings(ClipSettings):
    """How the crops of a dataset are cut."""

    size: Count = 128
    """Side of a crop in pixels."""
    missing_apex: MissingApex = "spot"
    """What to do where a micro clip has no apex."""
    threads: Count = 1
    """Clips worked on at a time; does not change the result."""


class IdentityLimits(Section):
    """What is asked of a photograph of an identity source; one that fails is reported, with its measures, and left
    out."""

    one_face: Flag = True
    """Whether no other face may stand beside the largest that is half as large or larger."""
    smallest_side: NotNegative = 32.0
    """Least side of the face box in the photograph, in pixels."""
    largest_blur: Share = 0.55
    """Most blur of the face at image_size, from 0, sharp, to 1 (Crete et al. 2007)."""
    largest_tilt: Degrees = 20.0
    """Most degrees by which the line through the eyes is tilted, where the eyes are found."""
    largest_turn: Degrees = 35.0
    """Most degrees by which the face looks past the camera, sideways, up or down; haar cannot see it."""
    largest_outside: Share = 0.15
    """Most of the crop, margin included, that lies outside the photograph, where its edge is repeated, as a share."""


class Identities(IdentityLimits):
    """What is asked of the photographs of an identity source."""

    copy_correlation: Annotated[float, Field(ge=0.99, le=1, strict=True)] = 0.993
    """Two photographs are one if their thumbnails correlate by this much; the later is left out. The search finds what
    is as alike as 0.99, so that no smaller number is taken."""


def _with_default(choices: dict[str, MissingApex]) -> dict[str, MissingApex]:
    return {"default": FrameSettings.model_fields["missing_apex"].default} | choices


class Frames(ClipSettings):
    """From videos to face crops."""

    identities: Identities = Identities()
    """What is asked of a photograph of an identity source; one that fails is reported, with its measures, and left
    out."""
    missing_apex: Annotated[Entries[MissingApex], AfterValidator(_with_default)] = Field(
        default_factory=lambda: _with_default({})
    )
    """What to do where a micro clip has no apex annotated: spot it in the video, take the middle frame (as the paper
    does for SMIC), or stop with an error. `default`, and exceptions by dataset."""
