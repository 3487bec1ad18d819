"""The crops of a table of clips, and the report of what became of each clip."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import NamedTuple

import cv2
import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError, one_error_of
from mie_x_lib.frames.clip import Clip, detector_of
from mie_x_lib.frames.clip_report import remarks, report_of
from mie_x_lib.frames.cutting import Cut, NeedsSecondWalk, cut_clip
from mie_x_lib.frames.decode import Film, Frames, is_video, picture_files
from mie_x_lib.frames.plans import PLANS
from mie_x_lib.frames.soundness import Soundness, damaged_pictures, examine
from mie_x_lib.progress import bar
from mie_x_lib.settings.frames import FrameSettings


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
    for line in remarks(clips, cuts, settings):
        tell(f"Warning: {line}")
    table = _repeat(clips[["dataset", "subject", "clip", "emotion", "label"]], cuts)
    table["emotion"] = table["emotion"].astype("string").fillna("")
    table["label"] = table["label"].astype("Int64").fillna(-1).astype(np.int64)
    table["frame"] = np.array([frame for cut in cuts for frame, _ in cut.frames], np.int64)
    table["role"] = pd.array([name for cut in cuts for _, name in cut.frames], "string")
    table["frames"] = np.repeat([cut.count for cut in cuts], [len(cut.frames) for cut in cuts]).astype(np.int64)
    return Extraction([crop for cut in cuts for crop in cut.crops], table, report_of(clips, cuts))


def in_parallel(work: Callable, rows: Iterable, settings: FrameSettings) -> list:
    """`work(row)` of each row, in their order, `settings.threads` at a time."""
    rows = list(rows)
    # Here once, not in each thread.
    detector_of(settings)
    # Rows are worked on beside each other, so OpenCV need not split the work on one of them too.
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(settings.threads) as pool:
        return list(bar(pool.map(work, rows), "finding and cutting faces", "file", total=len(rows)))


class _Row(NamedTuple):
    """A row of the clip table, at a place there; onset, apex and offset are None where they are not annotated."""

    place: int
    name: str
    onset: int | None
    apex: int | None
    offset: int | None


def _cut_all(clips: pd.DataFrame, role: str, settings: FrameSettings) -> list[Cut]:
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
    return [cut for _, cut in placed if isinstance(cut, Cut)]


def _cut_file(
    file: tuple[str, list[_Row]],
    videos: dict[str, Soundness],
    damaged: dict[str, str],
    role: str,
    settings: FrameSettings,
) -> list[tuple[int, Cut | InputError]]:
    """The place in the clip table of each clip of a file, and what becomes of it, or is wrong with its annotation.

    file: its path and clips.
    """
    path, rows = file
    video = videos.get(path)
    film = Film(path, count=video and video.frames, damaged=damaged)
    in_order = sorted(rows, key=lambda row: row.onset or 0)
    waiting = [(place, Clip(name, Frames(film), *moments)) for place, name, *moments in in_order]
    cuts: list[tuple[int, Cut | InputError]] = []
    # Where pictures are large, the frames of a clip whose apex was spotted are behind by then: all such clips are cut
    # in a second walk, and not each in one of its own.
    for may_go_back in (False, True):
        put_off = []
        for place, clip in waiting:
            try:
                cuts.append((place, cut_clip(clip, video, role, settings, may_go_back)))
            except NeedsSecondWalk:
                put_off.append((place, clip))
            except InputError as fault:
                cuts.append((place, fault))
        waiting = put_off
    return cuts


def _repeat(clips: pd.DataFrame, cuts: list[Cut]) -> pd.DataFrame:
    """The row of each clip as often as it has crops."""
    times = [len(cut.crops) for cut in cuts]
    return clips.iloc[np.repeat(np.arange(len(clips)), times)].reset_index(drop=True)
