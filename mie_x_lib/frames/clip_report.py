"""What became of each clip, as a table and in words."""

from collections.abc import Iterator, Sequence

import pandas as pd

from mie_x_lib.frames.cutting import Cut
from mie_x_lib.settings.frames import FrameSettings
from mie_x_lib.terms import CLIP_NAME

# What reports of clips and of photographs begin with; each has measures of its own, and the problem.
BOX_COLUMNS = ("x", "y", "width", "height", "angle")
PLACE_COLUMNS = ("dataset", "subject", "clip", "onset", "apex", "apex_from", *BOX_COLUMNS)


def remarks(clips: pd.DataFrame, cuts: list[Cut], settings: FrameSettings) -> Iterator[str]:
    """A line for each fault that some of the clips have."""
    if clips.empty:
        return
    dataset = clips["dataset"].iloc[0]
    names = [f"{row.subject} {row.clip}" for row in clips.itertuples()]
    motion = f"whose head moves by more than {settings.largest_motion:.1%} of the face, or turns, from onset to apex"
    for fault, is_kept, what in (
        ("unreadable", False, "which cannot be read"),
        ("unusable", False, f"which lack a face, or show several expressions (results/frames/{dataset}.report.csv)"),
        ("damaged", settings.damaged_clips == "keep", "whose video is damaged (frames.damaged_clips)"),
        ("still", settings.still_clips == "keep", "in which nothing moves between onset and apex (frames.still_clips)"),
        ("moving", False, f"{motion}, where nobody annotated the expression (frames.largest_motion)"),
        ("unsteady", True, f"{motion} (frames.tracking, frames.largest_motion)"),
        ("late", True, "whose offset lies past their end; it decides nothing, but all numbers may be meant otherwise"),
        ("accompanied", True, "in whose onset another face is at least half as large as the one that is cut"),
    ):
        found = [name for name, cut in zip(names, cuts, strict=True) if fault in cut.faults]
        if found:
            done = "kept" if is_kept else "left out"
            yield f"{len(found)} of {len(clips)} clips of {dataset} {done}, {what}: {first_few(found)}"


def first_few(names: Sequence[str]) -> str:
    """The first three names, and dots where there are more."""
    return ", ".join([*names[:3], *["..."] * (len(names) > 3)])


def report_of(clips: pd.DataFrame, cuts: list[Cut]) -> pd.DataFrame:
    """The report, a row a clip, with the columns that `extraction.extract_clips` tells of."""
    names = clips[CLIP_NAME].reset_index(drop=True)
    found = pd.DataFrame([cut.report for cut in cuts], columns=[*PLACE_COLUMNS[3:], "motion", "problem"])
    found = found.astype({"onset": "Int64", "apex": "Int64"})
    text = found[["apex_from", "problem"]].astype("string").fillna("")
    digits = dict.fromkeys(BOX_COLUMNS, 2) | {"motion": 4}
    return pd.concat([names, found.astype({"motion": float}).assign(**text).round(digits)], axis=1)
