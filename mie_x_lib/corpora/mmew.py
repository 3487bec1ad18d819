"""MMEW (Ben et al., IEEE TPAMI 2022): micro- and macro-expressions of the same subjects."""

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_annotation, find_folder, read_frame_numbers, read_sheet
from mie_x_lib.corpora.clip_table import make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import (
    IMAGE_SUFFIXES,
    frame_positions,
    list_files,
    list_folders,
    neutral_to_peak,
    photograph,
)
from mie_x_lib.errors import InputError

FPS = 90.0
FRAME_COLUMNS = {"onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame"}


def list_clips(root: Path, dataset: str, part: str = "micro") -> pd.DataFrame:
    """List the micro- or the macro-expressions of MMEW; the columns are those of `clip_table`.

    root: holds `MMEW_Final` and, in it or beside it, `MMEW_Micro_Exp.xlsx`. part: `micro`: folders of frames
    `Micro_Expression/happiness/S07-01-001`, annotated in the sheet; or `macro`: `Macro_Expression/S07/happiness`, in
    which a folder `S07-01-001` is a clip from neutral to peak and a file `S07-01-001.jpg` a photograph of the peak.
    Raises InputError naming file and row.
    """
    if part not in ("micro", "macro"):
        raise InputError(f"{root}: part {part!r} of MMEW is unknown; choose micro or macro")
    return make_clips(_micro(root) if part == "micro" else _macro(root), dataset)


def _micro(root: Path) -> Iterator[dict]:
    columns = ("Filename", *FRAME_COLUMNS.values(), "Estimated Emotion")
    emotions = list_folders(find_folder(root, "MMEW_Final/Micro_Expression"))
    folders = {path.name: path for emotion in emotions for path in list_folders(emotion)}
    for where, cells in read_sheet(find_annotation(root, "MMEW_Micro_Exp.xlsx"), columns):
        clip = cells["Filename"]
        if clip not in folders:
            raise InputError(f"{where}: no folder {clip} in MMEW_Final/Micro_Expression; complete it or remove the row")
        row = {"subject": _subject(clip, where), "clip": clip, "path": folders[clip], "fps": FPS}
        row["emotion"] = read_emotion(cells["Estimated Emotion"], where)
        yield row | frame_positions(folders[clip], read_frame_numbers(cells, FRAME_COLUMNS, where), where)


def _macro(root: Path) -> Iterator[dict]:
    for subject in list_folders(find_folder(root, "MMEW_Final/Macro_Expression")):
        for folder in list_folders(subject):
            emotion = read_emotion(folder.name, str(folder))
            for path in list_folders(folder):
                yield {"subject": _subject(path.name, str(path)), "clip": path.name, "emotion": emotion, "fps": FPS} | (
                    neutral_to_peak(path)
                )
            for path in list_files(folder, IMAGE_SUFFIXES):
                yield {"subject": _subject(path.stem, str(path)), "clip": path.stem, "emotion": emotion} | (
                    photograph(path)
                )


def _subject(clip: str, where: str) -> str:
    match = re.fullmatch(r"(S\d+)-.+", clip)
    if not match:
        raise InputError(f"{where}: clip {clip!r} does not begin with its subject, as in S07-01-001; rename it")
    return match[1]
