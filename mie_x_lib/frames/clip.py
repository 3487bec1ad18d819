"""A clip while its crops are cut: its frames, the face in them, and the windows that are cut out."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from mie_x_lib.frames.decode import Frames
from mie_x_lib.frames.detectors import Detector, eyes_of, load_detector
from mie_x_lib.frames.faces import BESIDE, Face, FaceBox, crop, level_box, other_face
from mie_x_lib.frames.spotting import SPOTTING_SIDE
from mie_x_lib.frames.tracking import windows_from
from mie_x_lib.settings.frames import FaceSettings, FrameSettings


class UnusableClip(Exception):
    """A clip that goes to the report and not to the crops: the problem, and the face box if one was found."""

    def __init__(self, problem: str, box: FaceBox | None = None):
        super().__init__(problem)
        self.box = box


@dataclass(frozen=True)
class Moments:
    """Onset and apex by the numbers of their frames, None where there is none; apex_from: as the report has it."""

    onset: int | None
    apex: int | None
    apex_from: str


@dataclass(frozen=True)
class Plan:
    """What is to be cut out of a clip: (frame, role) of each crop. count: how many frames there are to choose from.

    is_expression: whether the clip shows one, from onset to apex.
    """

    moments: Moments
    count: int
    frames: list[tuple[int, str]]
    is_expression: bool = True


@dataclass(frozen=True)
class Clip:
    """What is to be cut; onset, apex and offset are None where they are not annotated.

    What takes long is done once: plans has the plan, once there is one; boxes the face boxes that were detected, by
    frame, and accompanied the frames of these that show another face beside it; followed the windows that go with the
    head, by the frame from which on it was followed, and by frame.
    """

    name: str
    frames: Frames
    onset: int | None
    apex: int | None
    offset: int | None
    plans: list[Plan] = field(default_factory=list, init=False)
    boxes: dict[int, FaceBox] = field(default_factory=dict, init=False)
    accompanied: set[int] = field(default_factory=set, init=False)
    followed: dict[int, dict[int, FaceBox]] = field(default_factory=dict, init=False)


def detector_of(settings: FaceSettings) -> Detector:
    """The detector that the settings name; raises InputError as `detectors.load_detector` does."""
    return load_detector(settings.detector, settings.detector_weights)


def find_box(clip: Clip, frame: int, settings: FrameSettings) -> FaceBox:
    """The box of the largest face in a frame of the clip; raises UnusableClip where there is no face, or no eyes."""
    if frame not in clip.boxes:
        image = clip.frames.picture(frame)
        faces = detector_of(settings)(image, settings.smallest_face)
        if not faces:
            raise UnusableClip("no face")
        if other_face(faces) >= BESIDE:
            clip.accompanied.add(frame)
        clip.boxes[frame] = _box_of(faces[0], image, settings)
    return clip.boxes[frame]


def _box_of(face: Face, image: np.ndarray, settings: FrameSettings) -> FaceBox:
    if settings.alignment == "box":
        return face.box
    eyes = eyes_of(image, face)
    if eyes is None:
        raise UnusableClip("no eyes")
    return level_box(eyes)


def shows_face(image: np.ndarray, box: FaceBox, settings: FrameSettings) -> bool:
    """Whether a face is where the box of an image says."""
    return bool(detector_of(settings)(crop(image, box, 0.25, SPOTTING_SIDE), 0.4))


def windows(
    clip: Clip, frames: Collection[int], onset: int, box: FaceBox, settings: FrameSettings
) -> Iterator[tuple[int, np.ndarray, FaceBox]]:
    """Each of the frames, its picture, and what is cut out of it; box: that of the onset.

    All at one box: what moves between them is the face, not the window. Or at one that goes with the head.
    """
    if settings.tracking == "fixed":
        yield from ((frame, image, box) for frame, image in clip.frames.read(frames))
        return
    followed = clip.followed.setdefault(onset, {})
    if followed.keys() >= set(frames):
        yield from ((frame, image, followed[frame]) for frame, image in clip.frames.read(frames))
        return
    is_face_there = partial(shows_face, settings=settings)
    # What lies before the onset is looked at from the onset back, and a video can be walked forward alone.
    for _ in clip.frames.read(range(min([onset, *frames]), onset)):
        pass
    for frame, image, window in windows_from(onset, box, frames, clip.frames.picture, is_face_there):
        if window is None:
            raise UnusableClip(f"the face is lost in frame {frame}", box)
        followed[frame] = window
        yield frame, image, window
