"""Which frames are cut out of a clip, by the role of its dataset, and where onset and apex are."""

from collections.abc import Callable

import numpy as np

from mie_x_lib.errors import InputError
from mie_x_lib.frames.clip import Clip, Moments, Plan, UnusableClip, find_box, windows
from mie_x_lib.frames.faces import crop
from mie_x_lib.frames.spotting import SPOTTING_SIDE, face_difference, spot_apex, spot_expressions, spot_onset
from mie_x_lib.settings.frames import FrameSettings


def _onset_and_apex(clip: Clip, settings: FrameSettings) -> Plan:
    onset, apex, apex_from = _find_moments(clip, settings)
    return Plan(Moments(onset, apex, apex_from), apex - onset + 1, [(onset, "onset"), (apex, "apex")])


def _onset_and_early(clip: Clip, settings: FrameSettings) -> Plan:
    onset, peak = clip.onset or 0, clip.apex
    if peak is None:
        peak = _last_frame(clip)
        _difference(clip, settings)
    count = peak - onset + 1
    early = range(onset + count // 4, onset + (count + 1) // 2)
    moments = Moments(onset, peak, "last" if clip.apex is None else "annotation")
    return Plan(moments, count, [(onset, "onset"), *((frame, "early") for frame in early)])


def _every_frame(clip: Clip, settings: FrameSettings) -> Plan:
    moments = Moments(clip.onset, clip.apex, "" if clip.apex is None else "annotation")
    count = clip.frames.film.count()
    return Plan(moments, count, [(frame, "frame") for frame in range(count)], is_expression=False)


PLANS: dict[str, Callable[[Clip, FrameSettings], Plan]] = {
    "micro": _onset_and_apex,
    "macro": _onset_and_early,
    "training": _every_frame,
}


def _find_moments(clip: Clip, settings: FrameSettings) -> tuple[int, int, str]:
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


def _last_frame(clip: Clip) -> int:
    return clip.frames.film.count() - 1 if clip.offset is None else clip.offset


def _difference(clip: Clip, settings: FrameSettings) -> np.ndarray:
    """`face_difference` of the frames from the onset, or the first one, on.

    Where it is not annotated which part of a video is meant, there has to be one expression alone.
    """
    first = clip.onset or 0
    box = find_box(clip, first, settings)
    cut_out = windows(clip, range(first, _last_frame(clip) + 1), first, box, settings)
    curve = face_difference(crop(image, window, 0, SPOTTING_SIDE) for _, image, window in cut_out)
    apexes = [str(first + apex) for apex in spot_expressions(curve)]
    if len(apexes) > 1 and clip.apex is None and None in (clip.onset, clip.offset):
        raise UnusableClip(
            f"several expressions or movements, about frames {', '.join(apexes)}; list each expression as a clip of its"
            " own, with onset and offset",
            box,
        )
    return curve


def last_needed(clip: Clip, role: str) -> int | None:
    """The last frame that is looked at; None for the last that there is."""
    if role == "training":
        return None
    is_annotated = clip.apex is not None and (role == "macro" or clip.onset is not None)
    return clip.apex if is_annotated else clip.offset
