"""Action units that OpenFace 2 measures (Baltrusaitis et al., FG 2018), from the CSV files that it wrote or writes."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast, get_args

import numpy as np
import pandas as pd

from mie_x_lib.action_units.openface_binary import measure_pictures
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, VIDEO_SUFFIXES, frame_names
from mie_x_lib.errors import InputError, one_error_of
from mie_x_lib.progress import bar
from mie_x_lib.settings.action_units import LowConfidence
from mie_x_lib.terms import AU_NAMES, CLIP_NAME
from mie_x_lib.user_tables import Row, read_number, read_table

SCALE = "intensity"
PROGRAM = "OpenFace 2"

_INTENSITIES = [f"{au}_r" for au in AU_NAMES]
_LARGEST = 5
# Seconds by which a timestamp may be off: OpenFace writes thousandths.
_ROUNDING = 0.001


def read(
    crops: pd.DataFrame,
    clips: pd.DataFrame,
    files: str,
    min_confidence: float = 0.75,
    low_confidence: str = "leave_out",
    by_number: bool = False,
) -> np.ndarray:
    """Action units (N, 17) float32, 0..1, of the frames of a crop table (dataset, subject, clip, frame).

    clips: the clip table that the crops are of. files: where the CSV of a clip or photograph lies, with its names in
    braces: `openface/{dataset}/{subject}/{clip}.csv`. {video} is the name of its file without suffix, or of its folder:
    one CSV then serves all clips of a video. A clip's file, by FeatureExtraction, has a column `frame` that counts from
    1 in the order in which OpenFace read the frames, or from 0 as in files that went through other hands; where the
    first row is missing, `timestamp` tells which. A photograph's file, by FaceLandmarkImg, has `face` in its
    place. Of several faces the most confident counts.
    low_confidence: what becomes of a frame in which OpenFace failed (`success` is 0) or was less confident than
    `min_confidence`. "leave_out" makes its row NaN; "interpolate" takes the line from the trusted frame before to the
    one after, and makes NaN what has none on a side; "keep" takes what was measured; "error" raises InputError.
    by_number: whether OpenFace was given the frames of a folder in the order of their numbers, as `openface_binary`
    does it; by itself it takes them in alphabetical order, in which the numbers need leading zeros.
    A photograph without a file is one without a face, as long as others have theirs: FaceLandmarkImg writes none.
    Cells may stand between semicolons or tabs, and numbers have decimal commas there.
    Raises one InputError for all files that would serve clips of two paths, and one for all that are missing, lack a
    column or a frame, go on behind the last frame of a folder or were made of it in another order, have frames of which
    nothing tells the first or a face twice, text in place of a number, or an intensity in use that is outside 0..5.
    """
    if low_confidence not in get_args(LowConfidence):
        known = ", ".join(get_args(LowConfidence))
        raise InputError(f"action_units.openface: low_confidence is {low_confidence!r}; expected one of {known}.")
    aus = np.empty((len(crops), len(AU_NAMES)), np.float32)
    csvs = _csv_files(clips, files)
    paths = _sole_paths(csvs, clips["path"])
    of_crops = np.array([csvs[clip] for clip in _names(crops)], object)
    by_file = crops.reset_index(drop=True).groupby(of_crops, sort=False)
    positions = cast(dict[str, np.ndarray], by_file.indices)
    are_some_there = any(map(os.path.isfile, positions))
    faults = []
    for path, rows in bar(positions.items(), "reading what OpenFace measured", "file"):
        frames = crops["frame"].iloc[rows]
        is_needed = not are_some_there or bool(frames.any()) or low_confidence == "error"
        try:
            table = _read_table(Path(path), is_needed)
            if os.path.isdir(paths[path]):
                frames_there = frame_names(paths[path])
                _refuse_longer(table, path, frames_there, paths[path])
                if not by_number:
                    _refuse_other_order(path, frames_there, paths[path])
            missing = sorted(set(frames) - set(table.index))
            if missing:
                clip = crops["clip"].iloc[rows[(frames == missing[0]).argmax()]]
                raise InputError(
                    f"{path}: no row for frame {missing[0]} (from 0) of clip {clip}; the file has {len(table)} frames,"
                    f" the last {table.index.max()}; run OpenFace on the whole file of the clip."
                )
            aus[rows] = _trusted(table, Path(path), frames, min_confidence, low_confidence)
        except InputError as fault:
            faults.append(fault)
    if faults:
        raise one_error_of(faults)
    return aus


def _names(table: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    """dataset, subject and clip of each row."""
    return table[CLIP_NAME].itertuples(index=False, name=None)


def _csv_files(clips: pd.DataFrame, files: str) -> dict[tuple[str, str, str], str]:
    """The CSV of each clip of a clip table, by dataset, subject and clip, in its order."""
    return {name: _csv_file(*name, path, files) for name, path in zip(_names(clips), clips["path"], strict=True)}


def _csv_file(dataset: str, subject: str, clip: str, path: str, files: str) -> str:
    """The CSV of a clip."""
    fill = partial(files.format, dataset=dataset, subject=subject, clip=clip)
    name = os.path.basename(path)
    stem, suffix = os.path.splitext(name)
    if suffix.lower() in IMAGE_SUFFIXES | VIDEO_SUFFIXES:
        return fill(video=stem)
    own, by_openface = fill(video=name), fill(video=stem)
    # It takes the end of a folder's name for a suffix too, and writes take.csv for take.1.
    is_by_openface = own != by_openface and os.path.isfile(by_openface) and not os.path.isfile(own)
    return by_openface if is_by_openface else own


def _sole_paths(csvs: dict[tuple[str, str, str], str], paths: pd.Series) -> dict[str, str]:
    """The one path of the clips that each CSV serves; raises InputError for CSVs that would serve several.

    csvs: those of clips; paths: of these clips, in their order.
    """
    sole: dict[str, str] = {}
    shared: dict[str, str] = {}
    for csv, path in zip(csvs.values(), paths, strict=True):
        if sole.setdefault(csv, path) != path:
            shared.setdefault(csv, path)
    faults = [
        f"{csv}: would serve clips of {sole[csv]} and of {path}; expected one CSV for each; name the CSVs so that"
        " {subject}, {clip} or {video} tell them apart in action_units.openface.files."
        for csv, path in shared.items()
    ]
    if faults:
        raise one_error_of(faults)
    return sole


def _refuse_longer(table: pd.DataFrame, csv: str, frames: list[str], folder: str) -> None:
    """Raise InputError for a table as `_read_table` gives it that goes on behind the last frame of a folder."""
    last = table.index.max()
    if last >= len(frames):
        raise InputError(
            f"{csv}: row {table.loc[last, 'row']:.0f} is of frame {last} (from 0), but {folder} has {len(frames)}"
            " frames; run OpenFace on the folder that the clip table names."
        )


def _refuse_other_order(csv: str, frames: list[str], folder: str) -> None:
    """Raise InputError where the order of the alphabet is not that of the frames of a folder."""
    for name, by_alphabet in zip(frames, sorted(frames), strict=True):
        if name != by_alphabet:
            raise InputError(
                f"{csv}: OpenFace reads {folder} in alphabetical order, {by_alphabet} before {name}; give the numbers"
                " of the frames leading zeros, and run OpenFace on the folder again unless it has read them so, or name"
                " action_units.openface.binary, to which they are given in their order."
            )


def estimate(
    images: np.ndarray, binary: str | Path, min_confidence: float = 0.75, low_confidence: str = "leave_out"
) -> np.ndarray:
    """Action units (N, 17) float32, 0..1, of pictures (N, H, W, 3) uint8 RGB of no clip, such as renders.

    binary: FeatureExtraction, with FaceLandmarkImg, which is run, beside it. A row is NaN where OpenFace finds no face,
    and where it is less confident than `min_confidence`, unless low_confidence is "keep": a picture has no frames
    beside it, and a render that shows no face is no fault of the user's.
    Raises InputError as `openface_binary.measure_pictures` does, and for an intensity that is outside 0..5.
    """
    aus = np.empty((len(images), len(AU_NAMES)), np.float32)
    kept = low_confidence if low_confidence == "keep" else "leave_out"
    with TemporaryDirectory() as folder:
        for row, path in enumerate(measure_pictures(images, binary, folder)):
            table = _read_table(path, is_needed=False)
            aus[row] = _trusted(table, path, pd.Series([0]), min_confidence, kept)[0]
    return aus


def _read_table(path: Path, is_needed: bool) -> pd.DataFrame:
    """The most confident row of each frame, in a file's spelling, by frame counted from 0.

    row: its line in the file. A photograph without a face gives a row of nothing, that of the header.
    """
    is_there = os.path.isfile(path)
    if not is_needed and not is_there:
        return pd.DataFrame(np.nan, index=[0], columns=["row", "confidence", *_INTENSITIES])
    if not is_there:
        raise InputError(f"{path}: does not exist; expected OpenFace's CSV there, correct action_units.openface.files.")
    names, rows = read_table(
        path,
        ("confidence", *_INTENSITIES),
        "give the file as OpenFace writes it with its action units (-aus), the names of the columns first",
    )
    if "frame" not in names and "face" not in names:
        raise InputError(f"{path}: column frame is missing; run OpenFace with its action units (-aus).")
    if not rows and "frame" in names:
        raise InputError(
            f"{path}: has no rows below the names of its columns, as OpenFace leaves it where it cannot read the clip"
            " or is stopped; see that the clip plays, and run OpenFace on it again."
        )
    table = pd.DataFrame({"row": [row.number for row in rows]}, dtype=int)
    for name in ("frame", "timestamp", "confidence", "success", *_INTENSITIES):
        if name in names:
            table[name] = _numbers(path, name, names.index(name), rows)
    beyond = table[table["confidence"] > 1]
    if len(beyond):
        found = beyond.iloc[0]
        raise InputError(
            f"{path}: row {found['row']:.0f}, confidence is {found['confidence']:g}, expected a number from 0 to 1, as"
            " OpenFace writes it; divide percentages by 100, or run OpenFace again."
        )
    table.index = _frames(path, table) if "frame" in names else pd.Index(np.zeros(len(table), int))
    _refuse_repeated(path, table, names, rows)
    table = table.sort_values("confidence", kind="stable", na_position="first")
    table = table[~table.index.duplicated(keep="last")].sort_index()
    return table if "frame" in names else table.reindex([0]).fillna({"row": 1})


def _refuse_repeated(path: Path, table: pd.DataFrame, names: list[str], rows: list[Row]) -> None:
    """Raise InputError where two rows are of one frame and face, as where one run was written behind another."""
    said = [name for name in ("frame", "face", "face_id") if name in names]
    cells = pd.DataFrame({name: [row.cells[names.index(name)] for row in rows] for name in said})
    # 1 and 1.0 are one frame.
    keys = cells.assign(frame=table["frame"].to_numpy()) if "frame" in said else cells
    repeated = np.flatnonzero(keys.duplicated())
    if len(repeated):
        again = repeated[0]
        before = np.flatnonzero((keys == keys.loc[again]).all(axis=1))[0]
        what = ", ".join(f"{name} {cells.loc[again, name]}" for name in said)
        raise InputError(
            f"{path}: row {rows[again].number} has {what} once more, after row {rows[before].number}; expected each"
            " face of a frame once; keep those of one run of OpenFace."
        )


def _numbers(path: Path, name: str, place: int, rows: list[Row]) -> np.ndarray:
    """A column as numbers, NaN where OpenFace says that it has none."""
    numbers = np.empty(len(rows))
    for line, (number, cells) in enumerate(rows):
        text = cells[place]
        # As Windows writes what is no number.
        is_none = not text or "nan(" in text or "#IND" in text
        numbers[line] = np.nan if is_none else read_number(text, f"{path}: row {number}, {name}")
    return numbers


def _frames(path: Path, table: pd.DataFrame) -> pd.Index:
    """The frames of rows, counted from 0; raises InputError for what is no number, and where none can be known."""
    numbers = table["frame"]
    faulty = table[~((numbers >= 0) & (numbers < 2**31) & (numbers % 1 == 0))]
    if len(faulty):
        row = faulty.iloc[0]
        raise InputError(
            f"{path}: row {row['row']:.0f}, frame is {row['frame']:g}; expected a whole number from 0 or 1."
        )
    by_frame = table.drop_duplicates("frame").sort_values("frame")
    times = by_frame["timestamp"] if "timestamp" in table else pd.Series(np.nan, by_frame.index)
    first = _first_number(by_frame["frame"].to_numpy(), times.to_numpy())
    if first is None:
        raise InputError(
            f"{path}: the frames begin at {numbers.min():.0f}, rows are missing, and no timestamp tells whether they"
            " count from 0 or 1; run OpenFace on the file that the clip table names, and keep all of its rows."
        )
    if first not in (0, 1) or numbers.min() < first:
        raise InputError(
            f"{path}: frame {first:.0f} is at time 0 and the numbers begin at {numbers.min():.0f}; expected frames that"
            " count from 0 or 1; run OpenFace on the file that the clip table names."
        )
    return pd.Index((numbers - first).astype(int))


def _first_number(numbers: np.ndarray, times: np.ndarray) -> float | None:
    """The number that the first frame has, or would have if its row were there; None where nothing tells it.

    numbers: (N,) float, rising. times: (N,) float, seconds, of which the first frame is at 0; NaN where unknown.
    """
    at_start = numbers[times == 0]
    if len(at_start) == 1:
        return at_start[0]
    if numbers[0] == 0:
        return 0
    if len(at_start) == 0 and (np.isfinite(times) & (times > 0)).any():
        fitting = [first for first in (0, 1) if _is_even(numbers - first, times)]
        return fitting[0] if len(fitting) == 1 else None
    # OpenFace counts from 1.
    return 1 if np.array_equal(numbers, np.arange(1, len(numbers) + 1)) else None


def _is_even(frames: np.ndarray, times: np.ndarray) -> bool:
    """Whether frames, counted from 0 are at multiples of one step of time."""
    is_timed = np.isfinite(times)
    frames, times = frames[is_timed], times[is_timed]
    step = frames @ times / max(frames @ frames, 1)
    return bool(np.abs(times - frames * step).max() <= _ROUNDING)


def _trusted(
    table: pd.DataFrame, path: Path, frames: pd.Series, min_confidence: float, low_confidence: str
) -> np.ndarray:
    """Action units 0..1 of these frames of a table as `_read_table` gives it; what is not trusted is dealt with."""
    is_trusted = table["confidence"] >= min_confidence
    if "success" in table:
        is_trusted &= table["success"] == 1
    if low_confidence == "keep":
        is_trusted |= table["confidence"].notna()
    distrusted = table.loc[frames][~is_trusted.loc[frames].to_numpy()]
    if low_confidence == "error" and len(distrusted):
        first = distrusted.iloc[0]
        raise InputError(
            f"{path}: row {first['row']:.0f}, confidence is {first['confidence']:g} and success"
            f" {first.get('success', 1):g}; expected at least {min_confidence} and 1; leave the clip out, or choose"
            " what becomes of such frames by action_units.openface.low_confidence."
        )
    values = table[_INTENSITIES].where(is_trusted)
    faults = np.argwhere(is_trusted.to_numpy()[:, None] & ~((values >= 0) & (values <= _LARGEST)).to_numpy())
    if len(faults):
        row, name = table.iloc[faults[0][0]], _INTENSITIES[faults[0][1]]
        raise InputError(
            f"{path}: row {row['row']:.0f}, {name} is {row[name]:g}; expected an intensity from 0 to {_LARGEST}; give"
            " the file as OpenFace wrote it."
        )
    if low_confidence == "interpolate":
        values = values.interpolate(method="index", limit_area="inside")
    return values.loc[frames].to_numpy() / _LARGEST
