"""MMEW (Ben et al., IEEE TPAMI 2022): micro- and macro-expressions of the same subjects."""

import re
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import (
    find_annotation,
    find_folder,
    nearest_annotations,
    read_frame_numbers,
    read_sheet,
)
from mie_x_lib.corpora.clip_table import attempt, make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import (
    IMAGE_SUFFIXES,
    frame_positions,
    list_files,
    list_folders,
    neutral_to_peak,
    photograph,
)
from mie_x_lib.corpora.layouts import BY_AGREEMENT
from mie_x_lib.errors import InputError

LICENCE = BY_AGREEMENT.format("Shandong University")
FPS = 90.0
SHEET = "MMEW_Micro_Exp*.xlsx"
FRAME_COLUMNS = {"onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame"}
# The micro-expressions of no emotion of the six are "others".
PUBLISHED = {
    "micro": {"clips": 300, "subjects": 30, "labelled": 234, "negative": 109, "positive": 36, "surprise": 89},
    "macro": {"clips": 900},
}


def list_clips(root: Path, dataset: str, part: str = "micro") -> pd.DataFrame:
    """Find the micro- or the macro-expressions of MMEW; the columns are those of `make_clips`.

    root: holds `MMEW_Final` and, in it or beside it, `MMEW_Micro_Exp.xlsx`. part: `micro`: folders of frames
    `Micro_Expression/happiness/S07-01-001`, annotated in the sheet; or `macro`: `Macro_Expression/S07/happiness` or
    `Macro_Expression/happiness`, in which a folder `S07-01-001` is a clip from neutral to peak and a file
    `S07-01-001.jpg` a photograph of the peak. Raises InputError for a root that holds something else.
    """
    if part not in PUBLISHED:
        raise InputError(f"{root}: part {part!r} of MMEW is unknown; choose micro or macro")
    return make_clips(_micro(root) if part == "micro" else _macro(root), dataset)


def annotations(root: Path, part: str = "micro") -> list[Path]:
    """The files that say what the clips show."""
    return nearest_annotations(root, SHEET) if part == "micro" else []


def published(part: str = "micro") -> dict[str, int]:
    """What the authors say that there is."""
    return PUBLISHED.get(part, {})


def _micro(root: Path) -> Iterator[dict]:
    columns = ("Filename", *FRAME_COLUMNS.values(), "Estimated Emotion")
    emotions = list_folders(find_folder(root, "MMEW_Final/Micro_Expression"))
    folders: dict[str, list[Path]] = {}
    for path in chain.from_iterable(map(list_folders, emotions)):
        folders.setdefault(path.name, []).append(path)
    for where, cells in read_sheet(find_annotation(root, SHEET), columns):
        yield attempt({"clip": cells["Filename"], "where": where}, _read_row, folders, cells, where)


def _read_row(folders: dict[str, list[Path]], cells: dict[str, str], where: str) -> dict:
    """folders: all of a clip's name."""
    clip = cells["Filename"]
    row = {"subject": _subject(clip, where), "fps": FPS}
    paths = folders.get(clip, [])
    if not paths:
        raise InputError(f"{where}: no folder {clip} in MMEW_Final/Micro_Expression; complete it or remove the row")
    if len(paths) > 1:
        raise InputError(f"{where}: there are {len(paths)} folders {clip}, {paths[0]} and {paths[1]}; keep one of them")
    row |= {"path": paths[0], "emotion": read_emotion(cells["Estimated Emotion"], where)}
    return row | frame_positions(paths[0], read_frame_numbers(cells, FRAME_COLUMNS, where), where)


def _macro(root: Path) -> Iterator[dict]:
    top = list_folders(find_folder(root, "MMEW_Final/Macro_Expression"))
    for folder in chain(*(list_folders(path) if re.fullmatch(r"S\d+", path.name) else [path] for path in top)):
        for path in list_folders(folder):
            yield attempt({"clip": path.name, "fps": FPS}, _read_macro, path, neutral_to_peak)
        for path in list_files(folder, IMAGE_SUFFIXES):
            yield attempt({"clip": path.stem}, _read_macro, path, photograph)


def _read_macro(path: Path, positions: Callable[[Path], dict]) -> dict:
    emotion = read_emotion(path.parent.name, str(path.parent))
    return {"subject": _subject(path.stem, str(path)), "emotion": emotion} | positions(path)


def _subject(clip: str, where: str) -> str:
    match = re.fullmatch(r"(S\d+)-.+", clip)
    if not match:
        raise InputError(f"{where}: clip {clip!r} does not begin with its subject, as in S07-01-001; rename it")
    return match[1]
