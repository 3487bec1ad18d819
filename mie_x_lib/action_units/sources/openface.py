"""Action units that OpenFace 2 measures (Baltrusaitis et al., FG 2018), from the CSV files that it wrote or writes."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import numpy as np
import pandas as pd

from mie_x_lib.action_units.openface_binary import measure_pictures
from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv
from mie_x_lib.progress import bar
from mie_x_lib.terms import AU_NAMES

SCALE = "intensity"
PROGRAM = "OpenFace 2"
# What becomes of a frame in which OpenFace failed or was not sure.
LOW_CONFIDENCE = ("leave_out", "interpolate", "keep", "error")

_INTENSITIES = [f"{au}_r" for au in AU_NAMES]
_LARGEST = 5


def read(
    crops: pd.DataFrame, files: str, min_confidence: float = 0.75, low_confidence: str = "leave_out"
) -> np.ndarray:
    """Action units (N, 17) float32, 0..1, of the frames of a crop table (dataset, subject, clip, frame).

    files: where the CSV of a clip or photograph lies, with its names in braces:
    `openface/{dataset}/{subject}/{clip}.csv`. A clip's file, by FeatureExtraction, has a column `frame` that counts
    from 1 in the order in which OpenFace read the frames; it reads a folder in alphabetical order, so numbers need
    leading zeros. A photograph's file, by FaceLandmarkImg, has `face` in its place. Of several faces the most confident
    counts.
    low_confidence: what becomes of a frame in which OpenFace failed (`success` is 0) or was less confident than
    `min_confidence`. "leave_out" makes its row NaN; "interpolate" takes the line from the trusted frame before to the
    one after, and makes NaN what has none on a side; "keep" takes what was measured; "error" raises InputError.
    A photograph without a file is one without a face, as long as others have theirs: FaceLandmarkImg writes none.
    Raises InputError for a missing file, column or frame, and for an intensity in use that is outside 0..5.
    """
    if low_confidence not in LOW_CONFIDENCE:
        known = ", ".join(LOW_CONFIDENCE)
        raise InputError(f"action_units.openface: low_confidence is {low_confidence!r}; expected one of {known}.")
    aus = np.empty((len(crops), len(AU_NAMES)), np.float32)
    by_clip = crops.reset_index(drop=True).groupby(["dataset", "subject", "clip"], sort=False)
    positions = cast(dict[tuple[str, str, str], np.ndarray], by_clip.indices)
    paths = {
        (dataset, subject, clip): Path(files.format(dataset=dataset, subject=subject, clip=clip))
        for dataset, subject, clip in positions
    }
    are_some_there = any(path.is_file() for path in paths.values())
    for key, rows in bar(positions.items(), "reading what OpenFace measured", "clip"):
        frames = crops["frame"].iloc[rows]
        table = _read_table(paths[key], is_needed=not are_some_there or bool(frames.any()) or low_confidence == "error")
        missing = sorted(set(frames) - set(table.index))
        if missing:
            raise InputError(
                f"{paths[key]}: no row for frame {missing[0] + 1} of clip {key[-1]}, which has {len(table)} frames"
                " here; run OpenFace again on the whole clip."
            )
        aus[rows] = _trusted(table, paths[key], frames, min_confidence, low_confidence)
    return aus


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
    if not is_needed and not path.is_file():
        return pd.DataFrame(np.nan, index=[0], columns=["row", "confidence", *_INTENSITIES])
    if not path.is_file():
        raise InputError(f"{path}: does not exist; expected OpenFace's CSV there, correct action_units.openface.files.")
    # Some releases put a space after each comma.
    table = read_csv(path, skipinitialspace=True).rename(columns=str.strip)
    missing = [name for name in ("confidence", *_INTENSITIES) if name not in table]
    if "frame" not in table and "face" not in table:
        missing.append("frame")
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; run OpenFace with its action units (-aus).")
    table["row"] = np.arange(len(table)) + 2
    for name in {"confidence", "success"} & set(table):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    table.index = table["frame"] - 1 if "frame" in table else np.zeros(len(table), int)
    table = table.sort_values("confidence", kind="stable", na_position="first")
    table = table[~table.index.duplicated(keep="last")].sort_index()
    return table if "frame" in table else table.reindex([0]).fillna({"row": 1})


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
    values = table[_INTENSITIES].apply(pd.to_numeric, errors="coerce").where(is_trusted)
    faults = np.argwhere(is_trusted.to_numpy()[:, None] & ~((values >= 0) & (values <= _LARGEST)).to_numpy())
    if len(faults):
        row, name = table.iloc[faults[0][0]], _INTENSITIES[faults[0][1]]
        raise InputError(
            f"{path}: row {row['row']:.0f}, {name} is {row[name]}; expected an intensity from 0 to {_LARGEST}."
        )
    if low_confidence == "interpolate":
        values = values.interpolate(method="index", limit_area="inside")
    return values.loc[frames].to_numpy() / _LARGEST
