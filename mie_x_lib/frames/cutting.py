"""The crops of one clip, or why it has none."""

from dataclasses import dataclass, field, replace

import numpy as np

from mie_x_lib.errors import InputError
from mie_x_lib.frames.clip import Clip, Moments, Plan, UnusableClip, find_box, shows_face, windows
from mie_x_lib.frames.decode import UnreadableFile
from mie_x_lib.frames.faces import FaceBox, crop
from mie_x_lib.frames.plans import PLANS, last_needed
from mie_x_lib.frames.soundness import Soundness
from mie_x_lib.frames.stillness import STILLNESS_SIDE, moves
from mie_x_lib.frames.tracking import face_patch, head_motion
from mie_x_lib.settings.frames import FrameSettings

UNREADABLE = frozenset(["unreadable"])

# How messages say where an apex is from that nobody annotated.
_GUESSED = {"spotted": "spotted", "middle": "taken to be the middle", "last": "taken to be the last"}


class NeedsSecondWalk(Exception):
    """A clip whose frames lie behind the walk through its video by the time that they are known."""


@dataclass(frozen=True)
class Cut:
    """What became of one clip: its values in the report, its crops, the (frame, role) of each, and how many frames.

    faults: those of unreadable, unusable, damaged, still, moving, unsteady, accompanied and late that it has.
    """

    report: dict
    faults: frozenset[str] = frozenset()
    count: int = 0
    frames: list[tuple[int, str]] = field(default_factory=list)
    crops: list[np.ndarray] = field(default_factory=list)


def _place(box: FaceBox | None) -> dict:
    """A face box as the report has it."""
    if box is None:
        return {}
    corner = {"x": box.x - box.side / 2, "y": box.y - box.side / 2}
    return corner | {"width": box.side, "height": box.side, "angle": box.angle}


def cut_clip(clip: Clip, video: Soundness | None, role: str, settings: FrameSettings, may_go_back: bool) -> Cut:
    """Cut the crops that the role of a dataset asks for out of a clip.

    video: what is known of the clip's video; None for images. may_go_back: whether it may be walked once more.

    Raises NeedsSecondWalk where it would have to be and may not.
    """
    lacking = {"onset": clip.onset, "apex": clip.apex}
    last = last_needed(clip, role)
    is_whole = video is None or video.problem == ""
    is_damaged = video is not None and not is_whole and (last is None or last >= video.sound)
    faults = frozenset(["damaged"] if is_damaged else [])
    if video is not None and (video.frames == 0 or (is_damaged and settings.damaged_clips == "leave_out")):
        return Cut(lacking | {"problem": video.problem}, faults if video.frames else UNREADABLE)
    try:
        if is_whole and role != "training" and _goes_past_the_end(clip, last):
            faults |= {"late"}
        if not clip.plans:
            clip.plans.append(PLANS[role](clip, settings))
        if not may_go_back and any(clip.frames.film.is_behind(frame) for frame, _ in clip.plans[0].frames):
            raise NeedsSecondWalk
        return _cut_readable(clip, clip.plans[0], faults, settings)
    except UnusableClip as problem:
        return Cut(lacking | {"problem": str(problem)} | _place(problem.box), faults | {"unusable"})
    except UnreadableFile as problem:
        return Cut(lacking | {"problem": str(problem)}, faults | UNREADABLE)
    except InputError as problem:
        # Frames that were annotated may be gone.
        if video is None or not is_damaged:
            raise
        return Cut(lacking | {"problem": f"{problem} ({video.problem})"}, faults | UNREADABLE)


def _goes_past_the_end(clip: Clip, last: int | None) -> bool:
    """Whether an annotated frame is none of the clip; raises InputError for one up to `last`, of `last_needed`."""
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


def _cut_readable(clip: Clip, plan: Plan, faults: frozenset[str], settings: FrameSettings) -> Cut:
    moments, frames = plan.moments, [frame for frame, _ in plan.frames]
    start = moments.onset or 0
    box = find_box(clip, start, settings)
    faults |= {"accompanied"} if start in clip.accompanied else set()
    crops, ends = dict[int, np.ndarray](), dict[int, tuple[np.ndarray, FaceBox]]()
    looked_at = list[np.ndarray]()
    for frame, image, window in windows(clip, frames, start, box, settings):
        crops[frame] = crop(image, window, settings.margin, settings.size)
        if frame in (frames[0], frames[-1]):
            ends[frame] = image, window
        if plan.is_expression:
            looked_at.append(crop(image, window, 0, STILLNESS_SIDE))
    first, last = ends[frames[0]], ends[frames[-1]]
    lost = UnusableClip(f"no face in frame {frames[-1]}", box)
    # Of a whole video, nobody said that there is an expression.
    is_guessed = moments.apex_from not in ("", "annotation") and None in (clip.onset, clip.offset)
    # What nobody annotated may lie behind a cut to another scene, or after the face has left the picture.
    if (is_guessed or moments.apex_from in ("spotted", "last")) and not shows_face(*last, settings):
        raise lost
    report = vars(moments) | _place(box)
    cut = Cut(report, faults, plan.count, plan.frames, [crops[frame] for frame in frames])
    if not plan.is_expression:
        return cut

    report["motion"] = head_motion(face_patch(*first), face_patch(*last))
    # A face that turns away is not found again either, and is there.
    if np.isnan(report["motion"]) and not shows_face(*last, settings):
        raise lost
    if not report["motion"] <= settings.largest_motion:
        if is_guessed:
            return Cut(report | {"problem": _motion_in_words(report)}, faults | {"moving"})
        return replace(cut, faults=faults | {"unsteady"})
    if any(moves(looked_at[0], other) for other in looked_at[1:]):
        return cut
    if moments.apex not in crops and _peak_moves(clip, moments, looked_at[0], box, settings):
        return cut
    if settings.still_clips == "leave_out":
        still = f"nothing moves between onset (frame {moments.onset}) and apex (frame {moments.apex})"
        return Cut(report | {"problem": still}, faults | {"still"})
    return replace(cut, faults=faults | {"still"})


def _motion_in_words(report: dict) -> str:
    motion = "turns away" if np.isnan(report["motion"]) else f"moves by {report['motion']:.1%} of the face"
    return (
        f"the head {motion} between onset (frame {report['onset']}) and the apex, which is"
        f" {_GUESSED[report['apex_from']]} (frame {report['apex']}), so that it may be no expression; annotate it, or"
        " raise frames.largest_motion"
    )


def _peak_moves(clip: Clip, moments: Moments, onset: np.ndarray, box: FaceBox, settings: FrameSettings) -> bool:
    """Whether anything moves from the onset, of which the crop for `moves` is given, to the peak of a macro clip."""
    if moments.apex is None:
        return False
    ((_, image, window),) = windows(clip, [moments.apex], moments.onset or 0, box, settings)
    return moves(onset, crop(image, window, 0, STILLNESS_SIDE))
