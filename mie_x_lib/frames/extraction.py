"""The crops of a table of clips, and the report of what became of each clip."""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError, one_error_of
from mie_x_lib.frames.decode import Film, Frames, UnreadableFile, is_video, picture_files
from mie_x_lib.frames.detectors import Detector, eyes_of, load_detector
from mie_x_lib.frames.faces import BESIDE, Face, FaceBox, crop, level_box, other_face
from mie_x_lib.frames.soundness import Soundness, damaged_pictures, examine
from mie_x_lib.frames.spotting import SPOTTING_SIDE, face_difference, spot_apex, spot_expressions, spot_onset
from mie_x_lib.frames.stillness import STILLNESS_SIDE, moves
from mie_x_lib.frames.tracking import face_patch, head_motion, windows_from
from mie_x_lib.progress import bar
from mie_x_lib.settings.frames import FaceSettings, FrameSettings
from mie_x_lib.terms import CLIP_NAME

# What reports of clips and of photographs begin with; each has measures of its own, and the problem.
PLACE_COLUMNS = ("dataset", "subject", "clip", "onset", "apex", "apex_from", "x", "y", "width", "height", "angle")

UNREADABLE = frozenset(["unreadable"])

# How messages say where an apex is from that nobody annotated.
_GUESSED = {"spotted": "spotted", "middle": "taken to be the middle", "last": "taken to be the last"}


class Extraction(NamedTuple):
    """images: F crops (size, size, 3) uint8 RGB; table: F rows, what each image is; report: one row a clip.

    Of a hundred thousand frames to train on, an array of all would be gigabytes more than they are.
    """

    images: list[np.ndarray]
    table: pd.DataFrame
    report: pd.DataFrame


def extract_clips(
    clips: pd.DataFrame, role: str, settings: FrameSettings, tell: Callable[[str], None] = lambda line: None
) -> Extraction:
    """Crops of the frames that the role of a dataset asks for, cut at one box a clip, found in its onset frame.

    clips: the clip table. role: "micro" gives onset and apex; "macro" the onset and, as `early`, every frame that
    floor(n * U(0.25, 0.5)) of the n frames from onset to peak can take (z_MaE of MiE-X), the peak being the offset,
    or the last frame, where it is not annotated; "training" gives all as `frame`. An onset that is not annotated is
    spotted in a micro clip, and is the first frame elsewhere.
    The table has dataset, subject, clip, emotion ("" if none), label (-1 if none), frame, role, frames (how many the
    clip has from onset to apex or peak, both counted; of a training clip, in all); the report dataset, subject, clip,
    onset, apex, apex_from (annotation, spotted, middle, last), x, y, width, height (of the face box without margin,
    pixels), angle (degrees), motion (how far the head moves between the first and the last crop of an expression, as
    `tracking.head_motion` has it), problem. A clip that cannot be read, without a face, with frames of two sizes, or of
    several expressions without a word which is meant, has a problem and no crop. So has, unless the settings keep it,
    a micro- or macro-expression in which nothing moves, and a clip of a damaged video, if it needs frames from the
    damage on, and a video of which nobody annotated what part is meant, if the head moves by more than the settings
    allow up to an apex that was spotted, or is the middle or last frame. tell: gets a line that counts those that
    cannot be read, are damaged, in which nothing moves, or the head does, or another face is beside the largest,
    or whose offset they do not have.
    Raises one InputError for all clips whose apex is missing, where the settings forbid it, or that have a frame past
    the end of a whole clip.
    """
    if role not in PLANS:
        raise InputError(f"frames: role is {role!r}; expected one of {', '.join(PLANS)}.")
    cuts = _cut_all(clips, role, settings)
    for line in _remarks(clips, cuts, settings):
        tell(f"Warning: {line}")
    table = _repeat(clips[["dataset", "subject", "clip", "emotion", "label"]], cuts)
    table["emotion"] = table["emotion"].astype("string").fillna("")
    table["label"] = table["label"].astype("Int64").fillna(-1).astype(np.int64)
    table["frame"] = np.array([frame for cut in cuts for frame, _ in cut.frames], np.int64)
    table["role"] = pd.array([name for cut in cuts for _, name in cut.frames], "string")
    table["frames"] = np.repeat([cut.count for cut in cuts], [len(cut.frames) for cut in cuts]).astype(np.int64)
    return Extraction([crop for cut in cuts for crop in cut.crops], table, _report(clips, cuts))


def detector_of(settings: FaceSettings) -> Detector:
    """The detector that the settings name; raises InputError as `detectors.load_detector` does."""
    return load_detector(settings.detector, settings.detector_weights)


def in_parallel(work: Callable, rows: Iterable, settings: FrameSettings) -> list:
    """`work(row)` of each row, in their order, `settings.threads` at a time."""
    rows = list(rows)
    # Here once, not in each thread.
    detector_of(settings)
    # Rows are worked on beside each other, so OpenCV need not split the work on one of them too.
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(settings.threads) as pool:
        return list(bar(pool.map(work, rows), "finding and cutting faces", "file", total=len(rows)))


class _Behind(Exception):
    """A clip whose frames lie behind the walk through its video by the time that they are known."""


class _UnusableClip(Exception):
    """A clip that goes to the report and not to the crops: the problem, and the face box if one was found."""

    def __init__(self, problem: str, box: FaceBox | None = None):
        super().__init__(problem)
        self.box = box


class _Row(NamedTuple):
    """A row of the clip table, at a place there; onset, apex and offset are None where they are not annotated."""

    place: int
    name: str
    onset: int | None
    apex: int | None
    offset: int | None


@dataclass(frozen=True)
class _Clip:
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
    plans: list["_Plan"] = field(default_factory=list, init=False)
    boxes: dict[int, FaceBox] = field(default_factory=dict, init=False)
    accompanied: set[int] = field(default_factory=set, init=False)
    followed: dict[int, dict[int, FaceBox]] = field(default_factory=dict, init=False)


@dataclass(frozen=True)
class _Moments:
    onset: int | None
    apex: int | None
    apex_from: str


@dataclass(frozen=True)
class _Cut:
    """What became of one clip: its values in the report, its crops, the (frame, role) of each, and how many frames.

    faults: those of unreadable, damaged, still, moving, unsteady, accompanied and late that it has.
    """

    report: dict
    faults: frozenset[str] = frozenset()
    count: int = 0
    frames: list[tuple[int, str]] = field(default_factory=list)
    crops: list[np.ndarray] = field(default_factory=list)


@dataclass(frozen=True)
class _Plan:
    """What is to be cut out of a clip: (frame, role) of each crop. count: how many frames there are to choose from.

    is_expression: whether the clip shows one, from onset to apex.
    """

    moments: _Moments
    count: int
    frames: list[tuple[int, str]]
    is_expression: bool = True


def _onset_and_apex(clip: _Clip, settings: FrameSettings) -> _Plan:
    onset, apex, apex_from = _find_moments(clip, settings)
    return _Plan(_Moments(onset, apex, apex_from), apex - onset + 1, [(onset, "onset"), (apex, "apex")])


def _onset_and_early(clip: _Clip, settings: FrameSettings) -> _Plan:
    onset, peak = clip.onset or 0, clip.apex
    if peak is None:
        peak = _last_frame(clip)
        _difference(clip, settings)
    count = peak - onset + 1
    early = range(onset + count // 4, onset + (count + 1) // 2)
    moments = _Moments(onset, peak, "last" if clip.apex is None else "annotation")
    return _Plan(moments, count, [(onset, "onset"), *((frame, "early") for frame in early)])


def _every_frame(clip: _Clip, settings: FrameSettings) -> _Plan:
    moments = _Moments(clip.onset, clip.apex, "" if clip.apex is None else "annotation")
    count = clip.frames.film.count()
    return _Plan(moments, count, [(frame, "frame") for frame in range(count)], is_expression=False)


PLANS: dict[str, Callable[[_Clip, FrameSettings], _Plan]] = {
    "micro": _onset_and_apex,
    "macro": _onset_and_early,
    "training": _every_frame,
}


def _find_moments(clip: _Clip, settings: FrameSettings) -> tuple[int, int, str]:
    """Onset and apex of a clip, found as the settings say where its annotation lacks them, and whence the apex is."""
    if clip.apex is None and settings.missing_apex == "error":
        raise InputError(
            f"{clip.name}: its apex is not annotated and missing_apex is 'error'; annotate it, or set missing_apex to"
            " 'spot' or 'middle'."
        )
    if clip.onset is not None and clip.apex is not None:
        return clip.onset, clip.apex, "annotation"
    first = clip.onset or 0
    if clip.apex is None and settings.missing_apex == "middle":
        # Frame n // 2 of n, as in the public code of MiE-X.
        return first, first + (_last_frame(clip) - first + 1) // 2, "middle"
    curve = _difference(clip, settings)
    apex = spot_apex(curve) if clip.apex is None else clip.apex - first
    onset = spot_onset(curve, apex) if clip.onset is None else 0
    return first + onset, first + apex, "spotted" if clip.apex is None else "annotation"


def _last_frame(clip: _Clip) -> int:
    return clip.frames.film.count() - 1 if clip.offset is None else clip.offset


def _difference(clip: _Clip, settings: FrameSettings) -> np.ndarray:
    """`face_difference` of the frames from the onset, or the first one, on.

    Where it is not annotated which part of a video is meant, there has to be one expression alone.
    """
    first = clip.onset or 0
    box = _find_box(clip, first, settings)
    windows = _windows(clip, range(first, _last_frame(clip) + 1), first, box, settings)
    curve = face_difference(crop(image, window, 0, SPOTTING_SIDE) for _, image, window in windows)
    apexes = [str(first + apex) for apex in spot_expressions(curve)]
    if len(apexes) > 1 and clip.apex is None and None in (clip.onset, clip.offset):
        raise _UnusableClip(
            f"several expressions or movements, about frames {', '.join(apexes)}; list each expression as a clip of its"
            " own, with onset and offset",
            box,
        )
    return curve


def _find_box(clip: _Clip, frame: int, settings: FrameSettings) -> FaceBox:
    if frame not in clip.boxes:
        image = clip.frames.picture(frame)
        faces = detector_of(settings)(image, settings.smallest_face)
        if not faces:
            raise _UnusableClip("no face")
        if other_face(faces) >= BESIDE:
            clip.accompanied.add(frame)
        clip.boxes[frame] = _box_of(faces[0], image, settings)
    return clip.boxes[frame]


def _box_of(face: Face, image: np.ndarray, settings: FrameSettings) -> FaceBox:
    if settings.alignment == "box":
        return face.box
    eyes = eyes_of(image, face)
    if eyes is None:
        raise _UnusableClip("no eyes")
    return level_box(eyes)


def _shows_face(image: np.ndarray, box: FaceBox, settings: FrameSettings) -> bool:
    return bool(detector_of(settings)(crop(image, box, 0.25, SPOTTING_SIDE), 0.4))


def _cut_clip(clip: _Clip, video: Soundness | None, role: str, settings: FrameSettings, may_go_back: bool) -> _Cut:
    """video: what is known of the clip's video; None for images. may_go_back: whether it may be walked once more.

    Raises _Behind where it would have to be and may not.
    """
    lacking = {"onset": clip.onset, "apex": clip.apex}
    last = _last_needed(clip, role)
    is_whole = video is None or video.problem == ""
    is_damaged = video is not None and not is_whole and (last is None or last >= video.sound)
    faults = frozenset(["damaged"] if is_damaged else [])
    if video is not None and (video.frames == 0 or (is_damaged and settings.damaged_clips == "leave_out")):
        return _Cut(lacking | {"problem": video.problem}, faults if video.frames else UNREADABLE)
    try:
        if is_whole and role != "training" and _goes_past_the_end(clip, last):
            faults |= {"late"}
        if not clip.plans:
            clip.plans.append(PLANS[role](clip, settings))
        if not may_go_back and any(clip.frames.film.is_behind(frame) for frame, _ in clip.plans[0].frames):
            raise _Behind
        return _cut_readable(clip, clip.plans[0], faults, settings)
    except _UnusableClip as problem:
        return _Cut(lacking | {"problem": str(problem)} | _place(problem.box), faults)
    except UnreadableFile as problem:
        return _Cut(lacking | {"problem": str(problem)}, faults | UNREADABLE)
    except InputError as problem:
        # Frames that were annotated may be gone.
        if video is None or not is_damaged:
            raise
        return _Cut(lacking | {"problem": f"{problem} ({video.problem})"}, faults | UNREADABLE)


def _goes_past_the_end(clip: _Clip, last: int | None) -> bool:
    """Whether an annotated frame is none of the clip; raises InputError for one up to `last`, of `_last_needed`."""
    moments = {"onset": clip.onset, "apex": clip.apex, "offset": clip.offset}
    annotated = {name: frame for name, frame in moments.items() if frame is not None}
    if not annotated:
        return False
    count = clip.frames.film.count()
    for name, frame in annotated.items():
        if frame >= count and (last is None or frame <= last):
            raise InputError(
                f"{clip.name}: its {name} is frame {frame}, counted from 0, and {clip.frames.film.path} has {count}"
                " frames; correct onset, apex and offset of this clip."
            )
    return max(annotated.values()) >= count


def _last_needed(clip: _Clip, role: str) -> int | None:
    """The last frame that is looked at; None for the last that there is."""
    if role == "training":
        return None
    is_annotated = clip.apex is not None and (role == "macro" or clip.onset is not None)
    return clip.apex if is_annotated else clip.offset


def _cut_readable(clip: _Clip, plan: _Plan, faults: frozenset[str], settings: FrameSettings) -> _Cut:
    moments, frames = plan.moments, [frame for frame, _ in plan.frames]
    # Of a whole video, nobody said that there is an expression.
    is_guessed = moments.apex_from not in ("", "annotation") and None in (clip.onset, clip.offset)
    box = _find_box(clip, moments.onset or 0, settings)
    faults |= {"accompanied"} if (moments.onset or 0) in clip.accompanied else set()
    crops: dict[int, np.ndarray] = {}
    patches, looked_at, is_moving = list[np.ndarray](), list[np.ndarray](), False
    for frame, image, window in _windows(clip, frames, moments.onset or 0, box, settings):
        crops[frame] = crop(image, window, settings.margin, settings.size)
        if plan.is_expression and frame in (frames[0], frames[-1]):
            patches.append(face_patch(image, window))
        if plan.is_expression and not is_moving:
            looked_at.append(crop(image, window, 0, STILLNESS_SIDE))
            is_moving = moves(looked_at[0], looked_at[-1])
        # What nobody annotated may lie behind a cut to another scene, or after the face has left the picture.
        is_unseen = frame == frames[-1] and (moments.apex_from in ("spotted", "last") or is_guessed)
        if is_unseen and not _shows_face(image, window, settings):
            raise _UnusableClip(f"no face in frame {frame}", box)
    report = vars(moments) | _place(box)
    if plan.is_expression:
        report["motion"] = head_motion(patches[0], patches[-1])
        is_unsteady = not report["motion"] <= settings.largest_motion
        if is_unsteady and is_guessed:
            return _Cut(report | {"problem": _motion_in_words(report)}, faults | {"moving"})
        faults |= {"unsteady"} if is_unsteady else set()
    if plan.is_expression and "unsteady" not in faults and not is_moving:
        is_moving = moments.apex not in crops and _peak_moves(clip, moments, looked_at[0], box, settings)
    if plan.is_expression and "unsteady" not in faults and not is_moving:
        faults |= {"still"}
        if settings.still_clips == "leave_out":
            still = f"nothing moves between onset (frame {moments.onset}) and apex (frame {moments.apex})"
            return _Cut(report | {"problem": still}, faults)
    return _Cut(report, faults, plan.count, plan.frames, [crops[frame] for frame in frames])


def _motion_in_words(report: dict) -> str:
    motion = "turns away" if np.isnan(report["motion"]) else f"moves by {report['motion']:.1%} of the face"
    return (
        f"the head {motion} between onset (frame {report['onset']}) and the apex, which is"
        f" {_GUESSED[report['apex_from']]} (frame {report['apex']}), so that it may be no expression; annotate it, or"
        " raise frames.largest_motion"
    )


def _peak_moves(clip: _Clip, moments: _Moments, onset: np.ndarray, box: FaceBox, settings: FrameSettings) -> bool:
    """Whether anything moves from the onset, of which the crop for `moves` is given, to the peak of a macro clip."""
    if moments.apex is None:
        return False
    ((_, image, window),) = _windows(clip, [moments.apex], moments.onset or 0, box, settings)
    return moves(onset, crop(image, window, 0, STILLNESS_SIDE))


def _windows(
    clip: _Clip, frames: Collection[int], onset: int, box: FaceBox, settings: FrameSettings
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
    shows_face = partial(_shows_face, settings=settings)
    # What lies before the onset is looked at from the onset back, and a video can be walked forward alone.
    for _ in clip.frames.read(range(min([onset, *frames]), onset)):
        pass
    for frame, image, window in windows_from(onset, box, frames, clip.frames.picture, shows_face):
        if window is None:
            raise _UnusableClip(f"the face is lost in frame {frame}", box)
        followed[frame] = window
        yield frame, image, window


def _place(box: FaceBox | None) -> dict:
    """A face box as the report has it."""
    if box is None:
        return {}
    corner = {"x": box.x - box.side / 2, "y": box.y - box.side / 2}
    return corner | {"width": box.side, "height": box.side, "angle": box.angle}


def _cut_all(clips: pd.DataFrame, role: str, settings: FrameSettings) -> list[_Cut]:
    """What becomes of each clip. Those of one file are cut behind each other, so that it is decoded once."""
    moments = clips[["onset", "apex", "offset"]].astype("Int64").astype(object)
    moments = moments.where(moments.notna(), None)
    files: dict[str, list[_Row]] = {}
    for place, ((dataset, subject, clip, path), when) in enumerate(
        zip(
            clips[["dataset", "subject", "clip", "path"]].itertuples(index=False),
            moments.itertuples(index=False, name=None),
            strict=True,
        )
    ):
        files.setdefault(str(path), []).append(_Row(place, f"{dataset} {subject} {clip}", *when))
    videos = examine(filter(is_video, files), settings.threads)
    damaged = damaged_pictures(picture_files(files), settings.threads)
    cut = partial(_cut_file, videos=videos, damaged=damaged, role=role, settings=settings)
    placed = sorted(chain(*in_parallel(cut, files.items(), settings)), key=lambda placed: placed[0])
    faults = [cut for _, cut in placed if isinstance(cut, InputError)]
    if faults:
        raise one_error_of(faults)
    return [cut for _, cut in placed if isinstance(cut, _Cut)]


def _cut_file(
    file: tuple[str, list[_Row]],
    videos: dict[str, Soundness],
    damaged: dict[str, str],
    role: str,
    settings: FrameSettings,
) -> list[tuple[int, _Cut | InputError]]:
    """The place in the clip table of each clip of a file, and what becomes of it, or is wrong with its annotation.

    file: its path and clips.
    """
    path, rows = file
    video = videos.get(path)
    film = Film(path, count=video and video.frames, damaged=damaged)
    in_order = sorted(rows, key=lambda row: row.onset or 0)
    waiting = [(place, _Clip(name, Frames(film), *moments)) for place, name, *moments in in_order]
    cuts: list[tuple[int, _Cut | InputError]] = []
    # Where pictures are large, the frames of a clip whose apex was spotted are behind by then: all such clips are cut
    # in a second walk, and not each in one of its own.
    for may_go_back in (False, True):
        put_off = []
        for place, clip in waiting:
            try:
                cuts.append((place, _cut_clip(clip, video, role, settings, may_go_back)))
            except _Behind:
                put_off.append((place, clip))
            except InputError as fault:
                cuts.append((place, fault))
        waiting = put_off
    return cuts


def _remarks(clips: pd.DataFrame, cuts: list[_Cut], settings: FrameSettings) -> Iterator[str]:
    """A line for each fault that some of the clips have."""
    names = [f"{row.subject} {row.clip}" for row in clips.itertuples()]
    motion = f"whose head moves by more than {settings.largest_motion:.1%} of the face, or turns, from onset to apex"
    for fault, is_kept, what in (
        ("unreadable", False, "which cannot be read"),
        ("damaged", settings.damaged_clips == "keep", "whose video is damaged (frames.damaged_clips)"),
        ("still", settings.still_clips == "keep", "in which nothing moves between onset and apex (frames.still_clips)"),
        ("moving", False, f"{motion}, where nobody annotated the expression (frames.largest_motion)"),
        ("unsteady", True, f"{motion} (frames.tracking, frames.largest_motion)"),
        ("late", True, "whose offset lies past their end; it decides nothing, but all numbers may be meant otherwise"),
        ("accompanied", True, "in whose onset another face is at least half as large as the one that is cut"),
    ):
        found = [name for name, cut in zip(names, cuts, strict=True) if fault in cut.faults]
        if found:
            which = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")
            done = "kept" if is_kept else "left out"
            yield f"{len(found)} of {len(clips)} clips of {clips['dataset'].iloc[0]} {done}, {what}: {which}"


def _repeat(clips: pd.DataFrame, cuts: list[_Cut]) -> pd.DataFrame:
    """The row of each clip as often as it has crops."""
    times = [len(cut.crops) for cut in cuts]
    return clips.iloc[np.repeat(np.arange(len(clips)), times)].reset_index(drop=True)


def _report(clips: pd.DataFrame, cuts: list[_Cut]) -> pd.DataFrame:
    names = clips[CLIP_NAME].reset_index(drop=True)
    found = pd.DataFrame([cut.report for cut in cuts], columns=[*PLACE_COLUMNS[3:], "motion", "problem"])
    found = found.astype({"onset": "Int64", "apex": "Int64"})
    text = found[["apex_from", "problem"]].astype("string").fillna("")
    digits = dict.fromkeys(("x", "y", "width", "height", "angle"), 2) | {"motion": 4}
    return pd.concat([names, found.astype({"motion": float}).assign(**text).round(digits)], axis=1)
