"""A gallery that is small enough to be made in a test: two shards, and four clips that three rows of a table test."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.gallery.page import page_data, write_page
from mie_x_lib.gallery.pictures import picture_text
from mie_x_lib.gallery.records import ASKED, clip_records, clips_tested, pair_records, row_predictions
from mie_x_lib.gallery.samples import list_pairs, read_pairs, show_sample
from mie_x_lib.terms import AU_NAMES
from tests.tiny_variant import write_variant

# What a page must not read as HTML, or as an end of the script that it stands in.
HOSTILE = "</script><b>&\"'|$`${x}{{title}}"
CLASSES = ["negative", "positive", "surprise"]


@dataclass(frozen=True)
class Gallery:
    """A page, and what it has to show: the frames of all its samples, (N, T, H, W, 3), their records, and the texts of
    the two photographs, of which the first is that of pairs 0 to 2 and 6 to 8."""

    path: Path
    frames: np.ndarray
    records: pd.DataFrame
    photographs: list[str]


def predictions(clips: pd.DataFrame, predicted: list[int], confidence: float) -> pd.DataFrame:
    """What one seed says of clips, all of which are of the class of their number."""
    scores = np.full((len(clips), 3), (1 - confidence) / 2)
    scores[np.arange(len(clips)), predicted] = confidence
    table = clips.assign(label=np.arange(len(clips)) % 3, predicted=predicted, fold=0)
    return table.assign(**{f"score_{name}": scores[:, place] for place, name in enumerate(CLASSES)})


def table_row(name: str) -> dict:
    return {
        **{"table": "1", "row": name, "classifier": "branches", "regime": "synthetic", "evaluation": "compmie"},
        **{"chosen_by": "last_epoch", "labels": CLASSES},
    }


def clip_table() -> pd.DataFrame:
    """Four clips, one of them of a hostile name."""
    rows = [("samm", "006", "a", "anger"), ("samm", "006", "b", "happiness")]
    rows += [("samm", "007", HOSTILE, "surprise"), ("smic", "s1", "a", "others")]
    return pd.DataFrame(rows, columns=["dataset", "subject", "clip", "emotion"]).astype("string")


def said_of_clips() -> list[list[pd.DataFrame]]:
    """Of three rows two seeds each: the first is right of clips 0 and 1, and of clip 2 with its second seed."""
    clips = clip_table()
    first = [predictions(clips, [0, 1, 0, 1], 0.9), predictions(clips, [0, 1, 2, 1], 0.7)]
    # The second tests samm alone.
    second = [predictions(clips[:3], [1, 1, 1], 0.5), predictions(clips[:3], [1, 2, 1], 0.5)]
    # The third gave no scores of the first seed, and logits of the second.
    scores = [f"score_{name}" for name in CLASSES]
    third = [first[0].assign(**dict.fromkeys(scores, np.nan)), first[1].assign(**{name: 12.5 for name in scores})]
    return [first, second, third]


def make_unmeasured(folder: Path) -> Path:
    """Write a gallery of the four clips alone, of none of which anything was measured but the onset of the first."""
    clips = clip_table()
    filmed = np.random.default_rng(1).integers(0, 256, (4, 2, 16, 16, 3), dtype=np.uint8)
    looks = [show_sample(frames) for frames in filmed]
    onset = clips[:1].assign(role="onset", **dict.fromkeys(AU_NAMES, 0.5))
    records = clip_records(clips, [onset], np.array([look.change for look in looks]))
    data = page_data(records, [2] * 4, [-1] * 4, row_predictions([table_row("first")], said_of_clips()[:1], clips))
    write_page(folder / "gallery.html", "unmeasured", data, [look.text for look in looks], [])
    return folder / "gallery.html"


def make(folder: Path, frames: int = 2, beside: bool = False) -> Gallery:
    """Write a gallery of twelve pairs, of `frames` frames each, and four clips; beside: its pictures beside it."""
    random = np.random.default_rng(1)
    paths, rendered = write_variant(folder, frames)
    pairs = list_pairs(paths, None)
    pairs.loc[3, "au_clip"] = HOSTILE
    filmed = random.integers(0, 256, (4, 2, 16, 16, 3), dtype=np.uint8)
    shown = [*read_pairs(pairs), *filmed]
    looks = [show_sample(sample) for sample in shown]
    change = np.array([look.change for look in looks])
    measured = {
        source: pd.DataFrame({"sample": np.arange(6)[::-1]}).assign(
            **dict(zip(ASKED, random.random((34, 6)), strict=True))
        )
        for source in (("emotionnet", "mmew"), ("emotionnet", "expert"))
    }
    clips = clips_tested(said_of_clips())
    units = clips.loc[np.repeat([0, 1, 2], 2)].assign(role=["onset", "apex"] * 3)
    units = units.assign(**dict(zip(AU_NAMES, random.random((17, 6)), strict=True)))
    records = pd.concat(
        [pair_records(pairs, measured, change[:12]), clip_records(clips, [units], change[12:])], ignore_index=True
    )
    rows = [table_row("first"), table_row(HOSTILE), table_row("third")]
    places = [0, 0, 0, 1, 1, 1] * 2 + [-1] * 4
    data = page_data(records, [look.frames for look in looks], places, row_predictions(rows, said_of_clips(), clips))
    page = folder / "gallery.html"
    photographs = [picture_text(rendered[number, 0]) for number in (0, 3)]
    parts = folder / "gallery pictures"
    parts.mkdir()
    write_page(page, HOSTILE, data, [look.text for look in looks], photographs, parts if beside else None)
    return Gallery(page, shown, records, photographs)
