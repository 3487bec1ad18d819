"""Which photographs show a face that can be rendered, and the crops of these."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import cv2
import numpy as np
import pandas as pd

from mie_x_lib.frames.blur import blur
from mie_x_lib.frames.clip import detector_of
from mie_x_lib.frames.clip_report import BOX_COLUMNS, PLACE_COLUMNS, first_few
from mie_x_lib.frames.copies import THUMBNAIL_SIDE, first_copies
from mie_x_lib.frames.decode import Film, UnreadableFile, is_video, picture_files
from mie_x_lib.frames.detectors import eyes_of
from mie_x_lib.frames.extraction import Extraction, in_parallel
from mie_x_lib.frames.faces import BESIDE, FaceBox, crop, level_box, other_face, share_outside, turned_away
from mie_x_lib.frames.soundness import Soundness, damaged_pictures, examine
from mie_x_lib.settings.frames import FrameSettings, IdentityLimits

MEASURES = ("other_face", "blur", "tilt", "turn", "outside")
WINDOW = ("centre_x", "centre_y", "side", "angle")


class FoundIdentities(NamedTuple):
    """faces: a row a photograph; thumbnails: (n, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3) uint8 of rows without a problem."""

    faces: pd.DataFrame
    thumbnails: np.ndarray


def number_people(photographs: pd.DataFrame) -> pd.DataFrame:
    """The clip table with a column number, that of the person (subject), from 0, in the order of first photographs."""
    return photographs.assign(number=pd.factorize(photographs["subject"])[0])


def find_identities(
    photographs: pd.DataFrame,
    settings: FrameSettings,
    limits: IdentityLimits,
    tell: Callable[[str], None] = lambda line: None,
) -> FoundIdentities:
    """Find and judge the face of each person: of their first photograph and, while one has a problem, of their next.

    photographs: all rows of some people of `number_people`, of whose clips one frame each counts: the onset, or the
    first where none is annotated. The table of faces has a row for each photograph that was looked at, by number, with
    dataset, subject, clip, path, frame (its number in a video or folder, from 0), number; centre_x,
    centre_y, side (pixels) and angle (degrees) of the box that is to be cut; other_face (side of the next largest as a
    share of the largest, 0 if there is none), blur, tilt, turn and outside (of `IdentityLimits`, missing where they
    cannot be seen), problem ("" for none), which a photograph that cannot be read has too. So a person has one row
    without a problem, the last, or none. tell: gets a line that counts those that cannot be read.
    """
    photographs = photographs.assign(frame=photographs["onset"].astype("Int64").fillna(0).astype(int))
    people = [rows for _, rows in photographs.groupby("number")]
    videos = examine(filter(is_video, photographs["path"]), settings.threads)
    damaged = damaged_pictures(picture_files(photographs["path"]), settings.threads)
    judge = partial(_first_usable, videos=videos, damaged=damaged, settings=settings, limits=limits)
    looks = [list(zip(rows["path"], rows["frame"], strict=True)) for rows in people]
    judged = _file_by_file(judge, looks, [look[0] for look in looks], damaged, settings)
    found = [photograph for looked_at in judged for photograph in looked_at]
    rows = [rows[: len(looked_at)] for rows, looked_at in zip(people, judged, strict=True)]
    columns = ["dataset", "subject", "clip", "path", "frame", "number"]
    faces = pd.concat([photographs[:0], *rows], ignore_index=True)[columns]
    faces = faces.join(pd.DataFrame([face for face, _ in found], columns=[*WINDOW, *MEASURES, "problem"]))
    thumbnails = [thumbnail for face, thumbnail in found if thumbnail is not None and not face["problem"]]
    unreadable = [str(clip) for clip, (_, thumbnail) in zip(faces["clip"], found, strict=True) if thumbnail is None]
    if unreadable:
        tell(
            f"Warning: {len(unreadable)} of {len(faces)} photographs of {faces['dataset'].iloc[0]} left out, which"
            f" cannot be read: {first_few(unreadable)}"
        )
    shape = (-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3)
    return FoundIdentities(faces, np.array(thumbnails, np.uint8).reshape(shape))


def refuse_duplicates(
    faces: pd.DataFrame, known: pd.DataFrame, thumbnails: np.ndarray, copy_correlation: float
) -> pd.DataFrame:
    """The faces, with a problem for each photograph that a person with a lower number has already.

    faces: of `find_identities`. known: clip and number, ascending, of the photographs without a problem, of these faces
    and of those before them that they may be copies of. thumbnails: of `known`, (M, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3)
    uint8.

    Such a photograph shows somebody who is there under another name, so no other one of theirs takes its place. Two
    photographs are one if the grey values of their thumbnails correlate by `copy_correlation`: tiny images tell scenes
    apart (Torralba, Fergus and Freeman, IEEE TPAMI 2008) and hardly change when a picture is compressed, scaled,
    brightened or loses its colour. So does one with the sides changed: a mirrored copy is a copy. A part that was cut
    out of a photograph is not known as its copy.
    """
    problems = faces["problem"].fillna("").to_numpy(object)
    rows = np.flatnonzero(problems == "")
    copied = first_copies(thumbnails, known["number"].searchsorted(faces["number"].iloc[rows]), copy_correlation)
    for row, copy in zip(rows[copied >= 0], copied[copied >= 0], strict=True):
        problems[row] = f"duplicate of {known['clip'].iloc[copy]}"
    return faces.assign(problem=problems)


def extract_identities(faces: pd.DataFrame, settings: FrameSettings) -> Extraction:
    """The crop of each photograph without a problem.

    faces: of `find_identities` or `refuse_duplicates`. The table has dataset, identity (the subject of the photograph),
    clip, number; the report what that of clips has, what was measured, and the problem.
    Raises InputError for a photograph that cannot be read.
    """
    usable = faces[faces["problem"].fillna("") == ""]
    windows = list(usable[["frame", *WINDOW]].itertuples(index=False, name=None))
    places = list(zip(usable["path"], usable["frame"], strict=True))
    crops = _file_by_file(partial(_cut, settings=settings), windows, places, {}, settings)
    table = usable[["dataset", "subject", "clip", "number"]].rename(columns={"subject": "identity"})
    report = faces.assign(
        onset=faces["frame"],
        apex=faces["frame"],
        apex_from="annotation",
        x=faces["centre_x"] - faces["side"] / 2,
        y=faces["centre_y"] - faces["side"] / 2,
        width=faces["side"],
        height=faces["side"],
    )
    digits = dict.fromkeys((*BOX_COLUMNS, *MEASURES), 2)
    columns = [*PLACE_COLUMNS, *MEASURES, "problem"]
    return Extraction(crops, table.reset_index(drop=True), report[columns].round(digits))


def _file_by_file(
    work: Callable[[Film, Any], Any],
    rows: Sequence,
    places: Sequence[tuple[str, int]],
    damaged: dict[str, str],
    settings: FrameSettings,
) -> list:
    """`work(film, row)` of each row, in their order. places: file and frame with which the work on each row begins.

    Rows of one file are worked on behind each other, frame by frame, so that a video is walked once for all of them.
    """
    files: dict[str, list[int]] = {}
    for number in sorted(range(len(rows)), key=lambda number: places[number][1]):
        files.setdefault(places[number][0], []).append(number)

    def work_on(file: tuple[str, list[int]]) -> list[tuple[int, Any]]:
        path, numbers = file
        film = Film(path, damaged=damaged)
        return [(number, work(film, rows[number])) for number in numbers]

    done = dict(chain(*in_parallel(work_on, files.items(), settings)))
    return [done[number] for number in range(len(rows))]


def _first_usable(
    film: Film,
    frames: Iterable[tuple[str, int]],
    videos: dict[str, Soundness],
    damaged: dict[str, str],
    settings: FrameSettings,
    limits: IdentityLimits,
) -> list[tuple[dict, np.ndarray | None]]:
    """Faces and thumbnails of a person's photographs, given as path and frame, up to the first without a problem.

    film: of the first of them.
    """
    looked_at: list[tuple[dict, np.ndarray | None]] = []
    for path, frame in frames:
        shown = film if path == str(film.path) else Film(path, damaged=damaged)
        looked_at.append(_find_face(shown, frame, videos.get(path), settings, limits))
        if not looked_at[-1][0]["problem"]:
            break
    return looked_at


def _find_face(
    film: Film, frame: int, video: Soundness | None, settings: FrameSettings, limits: IdentityLimits
) -> tuple[dict, np.ndarray | None]:
    """The face of a photograph, and the photograph's thumbnail; None of one that cannot be read, or is damaged.

    video: what is known of the film, if it is a video.
    """
    if video is not None and video.problem and frame >= video.sound:
        return {"problem": video.problem}, None
    try:
        image = film.picture(frame)
    except UnreadableFile as problem:
        return {"problem": str(problem)}, None
    thumbnail = cv2.resize(image, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
    least = settings.smallest_face
    # Faces half as large count beside it, and a network sees them as surely; Haar fires at more of what is none.
    faces = detector_of(settings)(image, least if settings.detector == "haar" else BESIDE * least)
    is_small = bool(faces) and settings.detector != "haar" and faces[0].box.side < least * min(image.shape[:2])
    if not faces or is_small:
        return {"problem": "no face"}, thumbnail
    eyes = eyes_of(image, faces[0])
    if settings.alignment == "box":
        box = faces[0].box
    elif eyes is None:
        return {"problem": "no eyes"}, thumbnail
    else:
        box = level_box(eyes)
    measured = {
        "other_face": other_face(faces),
        "blur": blur(crop(image, box, 0.0, settings.size)),
        "tilt": np.nan if eyes is None else level_box(eyes).angle,
        "turn": np.nan if faces[0].landmarks is None else turned_away(faces[0].landmarks),
        "outside": share_outside(image.shape, box, settings.margin),
    }
    window = dict(zip(WINDOW, (box.x, box.y, box.side, box.angle), strict=True))
    problems = _problems(faces[0].box.side, limits, **measured)
    return window | measured | {"problem": "; ".join(problems)}, thumbnail


def _problems(
    side: float, limits: IdentityLimits, other_face: float, blur: float, tilt: float, turn: float, outside: float
) -> list[str]:
    """What is wrong with a face; what could not be measured is not."""
    found = {
        f"another face, {other_face:.2f} times as large": limits.one_face and other_face >= BESIDE,
        f"face of {side:.0f} pixels": side < limits.smallest_side,
        f"blurred ({blur:.2f})": blur > limits.largest_blur,
        f"tilted by {abs(tilt):.0f} degrees": abs(tilt) > limits.largest_tilt,
        f"turned away by {turn:.0f} degrees": turn > limits.largest_turn,
        f"{outside:.0%} of the crop outside the photograph": outside > limits.largest_outside,
    }
    return [problem for problem, applies in found.items() if applies]


def _cut(film: Film, row: tuple[int, float, float, float, float], settings: FrameSettings) -> np.ndarray:
    """The crop of a photograph, of which `row` gives the frame and `WINDOW`."""
    frame, *window = row
    return crop(film.picture(frame), FaceBox(*window), settings.margin, settings.size)
