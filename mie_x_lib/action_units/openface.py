"""Action units that OpenFace 2 has measured (Baltrusaitis et al., FG 2018), from the CSV files that it wrote."""

from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.terms import AU_NAMES

_INTENSITIES = [f"{au}_r" for au in AU_NAMES]
_SCALE = 5


def read(crops: pd.DataFrame, files: str, min_confidence: float = 0.75) -> np.ndarray:
    """Action units (N, 17) float32, 0..1, of the frames of a crop table (dataset, subject, clip, frame).

    files: where the CSV of a clip or photograph lies, with its names in braces:
    `openface/{dataset}/{subject}/{clip}.csv`. A clip's file has a column `frame` that counts from 1 in the order in
    which OpenFace read the frames; it reads a folder in alphabetical order, so numbers need leading zeros. A
    photograph's file has `face` in its place. Of several faces the most confident counts. A row is NaN where OpenFace
    failed or was less confident than `min_confidence`.
    Raises InputError for a missing file, column or frame, and for an intensity outside 0..5.
    """
    aus = np.empty((len(crops), len(AU_NAMES)), np.float32)
    positions = crops.reset_index(drop=True).groupby(["dataset", "subject", "clip"], sort=False).indices
    for (dataset, subject, clip), rows in positions.items():
        path = Path(files.format(dataset=dataset, subject=subject, clip=clip))
        measured = _read_clip(path, min_confidence)
        frames = crops["frame"].iloc[rows]
        missing = sorted(set(frames) - set(measured.index))
        if missing:
            raise InputError(
                f"{path}: no row for frame {missing[0] + 1} of clip {clip}, which has {len(measured)} frames here;"
                " run OpenFace again on the whole clip."
            )
        aus[rows] = measured.loc[frames].to_numpy()
    return aus


def _read_clip(path: Path, min_confidence: float) -> pd.DataFrame:
    """Action units 0..1 of a file, by frame counted from 0."""
    if not path.is_file():
        raise InputError(f"{path}: does not exist; expected OpenFace's CSV there, correct action_units.openface.files.")
    # OpenFace puts a space after each comma.
    table = pd.read_csv(path, skipinitialspace=True).rename(columns=str.strip)
    missing = [name for name in ("confidence", *_INTENSITIES) if name not in table]
    if "frame" not in table and "face" not in table:
        missing.append("frame")
    if missing:
        raise InputError(f"{path}: column {missing[0]} is missing; run OpenFace with its action units (-aus).")
    values = table[_INTENSITIES].apply(pd.to_numeric, errors="coerce").to_numpy()
    faults = np.argwhere(~((values >= 0) & (values <= _SCALE)))
    if len(faults):
        row, column = faults[0]
        raise InputError(
            f"{path}: row {row + 2}, {_INTENSITIES[column]} is {table[_INTENSITIES].iloc[row, column]};"
            f" expected an intensity from 0 to {_SCALE}."
        )
    table["index"] = table["frame"] - 1 if "frame" in table else 0
    table = table.sort_values("confidence", kind="stable").drop_duplicates("index", keep="last").set_index("index")
    trusted = table["confidence"] >= min_confidence
    if "success" in table:
        trusted &= table["success"] == 1
    return (table[_INTENSITIES] / _SCALE).where(trusted)
