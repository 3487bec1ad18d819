"""What a contact sheet shows of clips: where the face is, what was cut, and where onset and apex lie."""

from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.figures.crops import ClipView
from mie_x_lib.frames.decode import Film, Frames, is_video
from mie_x_lib.frames.faces import FaceBox, corners, crop
from mie_x_lib.frames.soundness import Soundness, examine
from mie_x_lib.frames.spotting import SPOTTING_SIDE, face_difference
from mie_x_lib.frames.tracking import windows_from
from mie_x_lib.shards import read_images, read_table


def choose_clips(report: pd.DataFrame, count: int) -> np.ndarray:
    """Positions of at most `count` rows of a report, ascending: evenly spread, up to half of them with a problem."""
    has_problem = report["problem"].notna().to_numpy()
    problems, others = np.flatnonzero(has_problem), np.flatnonzero(~has_problem)
    shown = min(len(problems), max(count // 2, count - len(others)))
    return np.sort(np.concatenate([_spread(problems, shown), _spread(others, count - shown)]))


def view_clips(
    clips: pd.DataFrame, report: pd.DataFrame, crops: str | Path, margin: float, curves: bool, is_tracked: bool = False
) -> list[ClipView]:
    """The view of each clip.

    clips: rows of a clip table. report: of the extraction of these clips, in the same order. crops: the image file of
    that extraction. margin: of its crops. curves: whether to compute how much the face differs over time, in a box that
    goes with the head where `is_tracked`.
    A clip that cannot be read has a white frame.
    """
    table = read_table(crops).rename(columns={"identity": "subject"})
    rows = table.groupby(["subject", "clip"], sort=False).indices
    # Of some videos OpenCV makes pictures that were never filmed, which are no frames.
    has_problem = report["problem"].notna().to_numpy()
    videos = examine(path for path in clips["path"][has_problem] if is_video(path))
    views = []
    for clip, found in zip(_records(clips), _records(report), strict=True):
        all_cut = rows.get((found["subject"], found["clip"]), np.empty(0, int))
        cut = np.unique([*all_cut[:1], *all_cut[-1:]]).astype(int)
        box = None if found["width"] is None else _box(found)
        views.append(
            ClipView(
                name=" ".join(dict.fromkeys([found["subject"], found["clip"]])),
                frame=_frame(clip["path"], videos.get(clip["path"]), int(found["onset"] or 0)),
                box=None if box is None else corners(box, 0.0),
                cut=None if box is None else corners(box, margin),
                crops=read_images(crops, cut),
                crop_names=_crop_names(table.iloc[cut]),
                moments={name: int(found[name]) for name in ("onset", "apex") if found[name] is not None},
                apex_from=found["apex_from"] or "",
                curve=_curve(clip, box, int(found["onset"] or 0), is_tracked) if curves and box is not None else None,
                problem=found["problem"] or "",
            )
        )
    return views


def _spread(values: np.ndarray, count: int) -> np.ndarray:
    count = min(count, len(values))
    return values[np.linspace(0, len(values) - 1, count).round().astype(int)] if count else values[:0]


def _records(table: pd.DataFrame) -> list[dict]:
    """The rows of a table; what is missing is None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _box(found: dict) -> FaceBox:
    middle = (found["x"] + found["width"] / 2, found["y"] + found["height"] / 2)
    return FaceBox(*middle, found["width"], found["angle"])


def _frame(path: str, video: Soundness | None, index: int) -> np.ndarray:
    try:
        return Film(path, count=video and video.frames).picture(index)
    except InputError:
        return np.full((64, 64, 3), 255, np.uint8)


def _crop_names(rows: pd.DataFrame) -> list[str]:
    if "role" not in rows:
        return ["crop"] * len(rows)
    return [f"{role} {frame}" for role, frame in zip(rows["role"], rows["frame"], strict=True)]


def _curve(clip: dict, box: FaceBox, onset: int, is_tracked: bool) -> pd.Series:
    """`face_difference` by frame, from the annotated onset to the offset, or in the whole clip; box: of the onset.

    Where the head is lost, the curve ends.
    """
    first = int(clip["onset"] or 0)
    film = Film(clip["path"])
    last = film.count() - 1
    if clip["offset"] is not None:
        # A damaged video may end before.
        last = min(last, int(clip["offset"]))
    frames, wanted = Frames(film), range(first, last + 1)
    if is_tracked:
        # Faces were looked for when the clip was cut.
        windows = windows_from(onset, box, wanted, frames.picture, shows_face=lambda image, window: True)
        crops = {frame: crop(image, window, 0, SPOTTING_SIDE) for frame, image, window in windows if window is not None}
    else:
        crops = {frame: crop(image, box, 0, SPOTTING_SIDE) for frame, image in frames.read(wanted)}
    return pd.Series(face_difference(crops[frame] for frame in sorted(crops)), index=sorted(crops))
