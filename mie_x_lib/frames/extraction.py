"""The crops of a table of clips, and the report of what became of each clip."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd
from tqdm import tqdm

from mie_x_lib.errors import InputError
from mie_x_lib.frames.decode import decode, frame_count, read_frames
from mie_x_lib.frames.faces import FaceBox, crop, face_box, level_box
from mie_x_lib.frames.spotting import SPOTTING_SIDE, spot_apex, spot_onset

ALIGNMENTS = ("box", "eyes")
MISSING_APEX = ("spot", "middle", "error")
REPORT_COLUMNS = (
    *("dataset", "subject", "clip", "onset", "apex", "apex_from", "x", "y", "width", "height", "angle", "problem"),
)


@dataclass(frozen=True)
class FrameSettings:
    """How crops are cut.

    size: side of a crop, pixels. margin: what is added on each side of the face box, as a fraction of its side.
    alignment: "box" cuts at the detected face box, "eyes" turns and scales it so that the eyes lie at fixed places.
    missing_apex: what to do where a micro clip has no apex: "spot" it, take the "middle" of onset and offset (as MiE-X
    does for SMIC), or raise an "error".
    smallest_face: width of the smallest face looked for, as a fraction of the frame's shorter side.
    threads: clips worked on at a time; does not change the result.
    """

    size: int = 128
    margin: float = 0.1
    alignment: str = "box"
    missing_apex: str = "spot"
    smallest_face: float = 0.2
    threads: int = 1

    def __post_init__(self):
        for key, choices in (("alignment", ALIGNMENTS), ("missing_apex", MISSING_APEX)):
            if getattr(self, key) not in choices:
                raise InputError(f"frames: {key} is {getattr(self, key)!r}; expected one of {', '.join(choices)}.")


class Extraction(NamedTuple):
    """images: (F, size, size, 3) uint8 RGB; table: F rows, what each image is; report: one row a clip."""

    images: np.ndarray
    table: pd.DataFrame
    report: pd.DataFrame


def extract_clips(clips: pd.DataFrame, role: str, settings: FrameSettings) -> Extraction:
    """Crops of the frames that the role of a dataset asks for, cut at one box a clip, found in its onset frame.

    clips: the clip table. role: "micro" gives onset and apex; "macro" the onset and, as `early`, every frame that
    floor(n * U(0.25, 0.5)) of the n frames from onset to peak can take (z_MaE of MiE-X), the peak being the last frame
    where it is not annotated; "training" gives all as `frame`. An onset that is not annotated is spotted in a micro
    clip, and is the first frame elsewhere.
    The table has dataset, subject, clip, label (-1 if none), frame, role; the report dataset, subject, clip, onset,
    apex, apex_from (annotation, spotted, middle, last), x, y, width, height (of the face box without margin, pixels),
    angle (degrees), problem. A clip without a face has a problem and no crop.
    Raises InputError for a clip that cannot be read, and for a missing apex where the settings forbid it.
    """
    if role not in PLANS:
        raise InputError(f"frames: role is {role!r}; expected one of {', '.join(PLANS)}.")
    cuts = _cut_all(clips, PLANS[role], settings)
    table = _repeat(clips[["dataset", "subject", "clip", "label"]], cuts)
    table["label"] = table["label"].astype("Int64").fillna(-1).astype(np.int64)
    table["frame"] = np.array([frame for cut in cuts for frame, _ in cut.frames], np.int64)
    table["role"] = pd.array([name for cut in cuts for _, name in cut.frames], "string")
    return Extraction(_stack(cuts, settings.size), table, _report(clips, cuts))


def extract_identities(photographs: pd.DataFrame, first_number: int, settings: FrameSettings) -> Extraction:
    """The crop of each photograph, the first of which is number `first_number` of its source.

    photographs: consecutive rows of a clip table whose clips are one image each. The table has dataset, identity (the
    subject of the photograph), clip, number. A photograph without a face has a problem in the report and no crop.
    Raises InputError for a photograph that cannot be read.
    """
    cuts = _cut_all(photographs, _first_frame, settings)
    numbered = photographs[["dataset", "subject", "clip"]].rename(columns={"subject": "identity"})
    numbered = numbered.assign(number=np.arange(first_number, first_number + len(photographs)))
    return Extraction(_stack(cuts, settings.size), _repeat(numbered, cuts), _report(photographs, cuts))


class _UnusableClip(Exception):
    """A clip that goes to the report and not to the crops; the text is the problem."""


@dataclass(frozen=True)
class _Clip:
    """A row of the clip table; onset, apex and offset are None where they are not annotated."""

    name: str
    path: str
    onset: int | None
    apex: int | None
    offset: int | None


@dataclass(frozen=True)
class _Moments:
    onset: int | None
    apex: int | None
    apex_from: str


@dataclass(frozen=True)
class _Cut:
    """What became of one clip: its crops, the (frame, role) of each, and its values in the report."""

    report: dict
    frames: list[tuple[int, str]] = field(default_factory=list)
    crops: list[np.ndarray] = field(default_factory=list)


Plan = Callable[[_Clip, FrameSettings], tuple[_Moments, list[tuple[int, str]]]]


def _onset_and_apex(clip: _Clip, settings: FrameSettings) -> tuple[_Moments, list[tuple[int, str]]]:
    moments = _find_moments(clip, settings)
    return moments, [(moments.onset, "onset"), (moments.apex, "apex")]


def _onset_and_early(clip: _Clip, settings: FrameSettings) -> tuple[_Moments, list[tuple[int, str]]]:
    onset, peak = clip.onset or 0, clip.apex
    if peak is None:
        peak = frame_count(clip.path) - 1
    count = peak - onset + 1
    early = range(onset + count // 4, onset + (count + 1) // 2)
    moments = _Moments(onset, peak, "last" if clip.apex is None else "annotation")
    return moments, [(onset, "onset"), *((frame, "early") for frame in early)]


def _every_frame(clip: _Clip, settings: FrameSettings) -> tuple[_Moments, list[tuple[int, str]]]:
    moments = _Moments(clip.onset, clip.apex, "" if clip.apex is None else "annotation")
    return moments, [(frame, "frame") for frame in range(frame_count(clip.path))]


def _first_frame(clip: _Clip, settings: FrameSettings) -> tuple[_Moments, list[tuple[int, str]]]:
    return _Moments(0, 0, "annotation"), [(0, "frame")]


PLANS: dict[str, Plan] = {"micro": _onset_and_apex, "macro": _onset_and_early, "training": _every_frame}


def _find_moments(clip: _Clip, settings: FrameSettings) -> _Moments:
    """Onset and apex of a clip, found as the settings say where its annotation lacks them."""
    if clip.apex is None and settings.missing_apex == "error":
        raise InputError(
            f"{clip.name}: its apex is not annotated and missing_apex is 'error'; annotate it, or set missing_apex to"
            " 'spot' or 'middle'."
        )
    if clip.onset is not None and clip.apex is not None:
        return _Moments(clip.onset, clip.apex, "annotation")
    first = clip.onset or 0
    last = frame_count(clip.path) - 1 if clip.offset is None else clip.offset
    if clip.apex is None and settings.missing_apex == "middle":
        return _Moments(first, (first + last) // 2, "middle")
    box = _find_box(clip, first, settings)
    crops = np.stack(
        [crop(image, box, 0, SPOTTING_SIDE) for _, image in read_frames(clip.path, range(first, last + 1))]
    )
    apex = spot_apex(crops) if clip.apex is None else clip.apex - first
    onset = spot_onset(crops, apex) if clip.onset is None else 0
    return _Moments(first + onset, first + apex, "spotted" if clip.apex is None else "annotation")


def _find_box(clip: _Clip, frame: int, settings: FrameSettings) -> FaceBox:
    image = decode(clip.path, [frame])[0]
    box = face_box(image, settings.smallest_face)
    if box is None:
        raise _UnusableClip("no face")
    if settings.alignment == "eyes":
        box = level_box(image, box)
        if box is None:
            raise _UnusableClip("no eyes")
    return box


def _check_face(surroundings: np.ndarray) -> None:
    """A change that was spotted may be a cut to another scene, or the face leaving the picture."""
    if face_box(surroundings, smallest=0.4) is None:
        raise _UnusableClip("no face at the spotted apex")


def _cut_clip(clip: _Clip, plan: Plan, settings: FrameSettings) -> _Cut:
    try:
        moments, frames = plan(clip, settings)
        box = _find_box(clip, moments.onset or 0, settings)
        # All at one box: what moves between them is the face, not the window.
        crops = {}
        for frame, image in read_frames(clip.path, [frame for frame, _ in frames]):
            crops[frame] = crop(image, box, settings.margin, settings.size)
            if frame == moments.apex and moments.apex_from == "spotted":
                _check_face(crop(image, box, 0.25, SPOTTING_SIDE))
    except _UnusableClip as problem:
        return _Cut({"onset": clip.onset, "apex": clip.apex, "problem": str(problem)})
    report = vars(moments) | {
        "x": box.x - box.side / 2,
        "y": box.y - box.side / 2,
        "width": box.side,
        "height": box.side,
        "angle": box.angle,
    }
    return _Cut(report, frames, [crops[frame] for frame, _ in frames])


def _cut_all(clips: pd.DataFrame, plan: Plan, settings: FrameSettings) -> list[_Cut]:
    moments = clips[["onset", "apex", "offset"]].astype("Int64").astype(object)
    moments = moments.where(moments.notna(), None)
    rows = [
        _Clip(f"{dataset} {subject} {clip}", str(path), *when)
        for (dataset, subject, clip, path), when in zip(
            clips[["dataset", "subject", "clip", "path"]].itertuples(index=False),
            moments.itertuples(index=False, name=None),
            strict=True,
        )
    ]
    # Clips run beside each other, so OpenCV need not split the work on one of them too.
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(settings.threads) as pool:
        cuts = pool.map(partial(_cut_clip, plan=plan, settings=settings), rows)
        return list(tqdm(cuts, total=len(rows), unit="clip", mininterval=5))


def _repeat(clips: pd.DataFrame, cuts: list[_Cut]) -> pd.DataFrame:
    """The row of each clip as often as it has crops."""
    times = [len(cut.crops) for cut in cuts]
    return clips.iloc[np.repeat(np.arange(len(clips)), times)].reset_index(drop=True)


def _stack(cuts: list[_Cut], size: int) -> np.ndarray:
    crops = [crop for cut in cuts for crop in cut.crops]
    return np.stack(crops) if crops else np.empty((0, size, size, 3), np.uint8)


def _report(clips: pd.DataFrame, cuts: list[_Cut]) -> pd.DataFrame:
    names = clips[["dataset", "subject", "clip"]].reset_index(drop=True)
    found = pd.DataFrame([cut.report for cut in cuts], columns=list(REPORT_COLUMNS[3:]))
    found = found.astype({"onset": "Int64", "apex": "Int64"})
    text = found[["apex_from", "problem"]].astype("string").fillna("")
    return pd.concat([names, found.assign(**text).round({"x": 2, "y": 2, "width": 2, "height": 2, "angle": 2})], axis=1)
