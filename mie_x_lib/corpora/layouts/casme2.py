"""CASME II (Yan et al., PLoS ONE 2014): raw frames, cropped frames, or the compressed videos."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import (
    existing,
    find_annotation,
    find_folder,
    has_folder,
    nearest_annotations,
    read_frame_numbers,
    read_name,
    read_number,
    read_sheet,
)
from mie_x_lib.corpora.clip_table import attempt, make_clips, read_emotion
from mie_x_lib.corpora.frame_folder import credible, frame_positions
from mie_x_lib.corpora.layouts import BY_AGREEMENT
from mie_x_lib.errors import InputError

LICENCE = BY_AGREEMENT.format("the Institute of Psychology, Chinese Academy of Sciences")
FPS = 200.0
RELEASES = {"raw": "CASME2_RAW_selected", "cropped": "Cropped", "avi": "CASME2_compressed"}
SHEET = "CASME2-coding-*.xlsx"
FRAME_COLUMNS = {"onset": "OnsetFrame", "apex": "ApexFrame", "offset": "OffsetFrame"}
# The coding sheet; the 247 clips of the publication are those of its five classes.
PUBLISHED = {"clips": 255, "subjects": 26}


def list_clips(root: Path, dataset: str, release: str | None = None) -> pd.DataFrame:
    """Find the clips of CASME II; the columns are those of `make_clips`.

    root: holds the folder of the release and `CASME2-coding-*.xlsx`. release: a key of `RELEASES`: frames `raw` or
    `cropped` (the annotation's numbers are those in the file names), or `avi` (number 1 is the first frame); None for
    the first of these whose folder is there.
    An onset, apex or offset annotated as "/" is empty. Raises InputError for a root that holds something else.
    """
    return make_clips(read_rows(root, release), dataset)


def annotations(root: Path, release: str | None = None) -> list[Path]:
    """The files that say what the clips show."""
    return nearest_annotations(root, SHEET)


def published(release: str | None = None) -> dict[str, int]:
    """What the authors say that there is."""
    return PUBLISHED


def read_rows(root: Path, release: str | None = None) -> Iterator[dict]:
    """Yield every annotated clip, whatever its emotion, as a row for `clip_table.make_clips`."""
    release = release or _found_release(root)
    if release not in RELEASES:
        raise InputError(f"{root}: release {release!r} of CASME II is unknown; choose one of {', '.join(RELEASES)}")
    folder = find_folder(root, RELEASES[release])
    columns = ("Subject", "Filename", *FRAME_COLUMNS.values(), "Estimated Emotion")
    for where, cells in read_sheet(find_annotation(root, SHEET), columns):
        name = {"subject": cells["Subject"], "clip": cells["Filename"], "where": where}
        yield attempt(name, _read_row, folder, release, cells, where)


def _found_release(root: Path) -> str:
    found = (name for name, folder in RELEASES.items() if has_folder(root, folder))
    # With none of them, the error is that of the first.
    return next(found, next(iter(RELEASES)))


def _read_row(folder: Path, release: str, cells: dict[str, str], where: str) -> dict:
    subject = f"sub{read_number(cells['Subject'], f'{where}: Subject'):02d}"
    name = read_name(cells["Filename"], f"{where}: Filename")
    path = existing(folder / subject / (f"{name}.avi" if release == "avi" else name), where)
    row = {"subject": subject, "path": path, "fps": FPS}
    row["emotion"] = read_emotion(cells["Estimated Emotion"], where)
    numbers = read_frame_numbers(cells, FRAME_COLUMNS, where, least=1)
    if release != "avi":
        return row | frame_positions(path, numbers, where)
    # Its frames are not counted here, which would decode them.
    kept, remark = credible(numbers, lambda number: True, f"the order of the frames of {path}", where)
    return row | remark | {role: None if number is None else number - 1 for role, number in kept.items()}
