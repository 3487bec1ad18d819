"""The composite joins three datasets by a table that names SMIC in its own way."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mie_x_lib.corpora import annotation_files, list_clips
from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.corpora.simulated.writers import WRITERS
from mie_x_lib.errors import InputError
from mie_x_lib.terms import EMOTION_LABELS

EMOTIONS = ("disgust", "happiness", "surprise", "others")


def write_table(root: Path, clips: dict[str, list[tuple[str, str, str]]]) -> None:
    """Write the table of MEGC 2019: no header, SMIC's names zero-padded; clips: (subject, clip, emotion) by dataset."""
    rows = []
    for part, listed in clips.items():
        for subject, clip, emotion in listed:
            padded = f"s{int(subject[1:]):02d}" if part == "smic" else subject
            rows.append((part, padded, clip.replace(subject, padded, 1), EMOTION_LABELS[emotion]))
    pd.DataFrame(rows).to_csv(root / "combined_3class_gt.csv", header=False, index=False)


@pytest.fixture
def roots(tmp_path):
    """Three datasets, and the table of their clips without the last one of each, which has no label."""
    frames, aus = np.full((3, 16, 16, 3), 90, np.uint8), np.zeros((3, 17), np.float32)
    listed = {}
    for part, emotions in (("casme2", EMOTIONS), ("smic", EMOTIONS[:3]), ("samm", EMOTIONS)):
        clips = [
            SimulatedClip(2, n, emotion, frames, 0, 1, 2, 100.0, aus) for n, emotion in enumerate(emotions, start=1)
        ]
        names = WRITERS[part](tmp_path / part, clips)
        listed[part] = [(*name, emotion) for name, emotion in zip(names, emotions, strict=True) if emotion != "others"]
    write_table(tmp_path, listed)
    return {part: str(tmp_path / part) for part in listed} | {"release": "avi"}


def test_the_annotation_files_are_the_table_and_those_of_the_datasets_that_are_given(tmp_path, roots):
    table = str(tmp_path / "combined_3class_gt.csv")
    casme2, samm = (str(next((tmp_path / part).glob("*.xlsx"))) for part in ("casme2", "samm"))
    assert annotation_files("megc2019", tmp_path, "megc", **roots) == sorted([table, casme2, samm])
    assert annotation_files("megc2019", tmp_path, "megc", smic=roots["smic"]) == [table]


def test_the_table_is_written_as_the_original_is(tmp_path, roots):
    lines = (tmp_path / "combined_3class_gt.csv").read_text().splitlines()
    assert lines[:4] == [
        "casme2,sub02,EP01_02,0",
        "casme2,sub02,EP02_03,1",
        "casme2,sub02,EP03_04,2",
        "smic,s02,s02_ne_01,0",
    ]
    assert lines[6] == "samm,002,002_1_1,0"


def test_the_composite_lists_the_clips_of_the_table_under_their_names_on_disk(tmp_path, roots):
    table = list_clips("megc2019", tmp_path, "compmie", **roots)
    assert list(table["subject"].drop_duplicates()) == ["sub02", "s2", "002"]
    assert list(table["label"]) == [0, 1, 2] * 3
    assert list(table["emotion"][:3]) == ["negative", "positive", "surprise"]
    assert set(table["dataset"]) == {"compmie"}


def test_one_dataset_alone_is_listed_as_the_composite_has_it(tmp_path, roots):
    table = list_clips("megc2019", tmp_path, "smic", smic=roots["smic"])
    assert list(table["clip"]) == ["s2_ne_01", "s2_po_02", "s2_sur_03"]


def test_what_is_no_frame_or_missing_in_a_clip_that_is_taken_is_told(tmp_path, roots):
    """The other clips of the datasets, and what lies beside them, are none of the composite's."""
    taken, other = (Path(roots["samm"]) / "SAMM/002" / name for name in ("002_1_1", "002_1_4"))
    for folder in (taken, other):
        last = sorted(folder.iterdir())[-1]
        last.with_stem(f"{last.stem}0").touch()
        (folder / "notes.heic").touch()
    lines = []
    list_clips("megc2019", tmp_path, "samm", lines.append, samm=roots["samm"])
    (line,) = lines
    assert "not read: 1 .heic (samm/SAMM/002/002_1_1/notes.heic)" in line
    assert "in 1 clip, samm/SAMM/002/002_1_1 between" in line


def test_the_label_of_the_table_wins_even_for_an_emotion_without_one(tmp_path, roots):
    path = tmp_path / "combined_3class_gt.csv"
    path.write_text("samm,002,002_1_4,2\n")
    table = list_clips("megc2019", tmp_path, "samm", samm=roots["samm"])
    assert list(table["label"]) == [2]


def test_what_is_wrong_with_clips_that_the_composite_does_not_list_does_not_matter(tmp_path, roots):
    shutil.rmtree(tmp_path / "samm/SAMM/002/002_1_4")
    with pytest.raises(InputError, match="002_1_4 is missing"):
        list_clips("samm", roots["samm"], "samm")
    table = list_clips("megc2019", tmp_path, "samm", samm=roots["samm"])
    assert list(table["clip"]) == ["002_1_1", "002_1_2", "002_1_3"]


def test_a_clip_of_the_composite_that_its_dataset_lacks_is_named_as_the_dataset_names_it(tmp_path, roots):
    shutil.rmtree(tmp_path / "samm/SAMM/002/002_1_2")
    (tmp_path / "casme2/CASME2_compressed/sub02/EP01_02.avi").unlink()
    with pytest.raises(InputError) as caught:
        list_clips("megc2019", tmp_path, "compmie", **roots)
    first, casme2, samm = str(caught.value).splitlines()
    assert first == "2 faults:"
    assert re.search(r"CASME2-coding-\d+.xlsx: row 2: .*/sub02/EP01_02.avi is missing", casme2)
    assert re.search(r"SAMM_Micro_FACS_Codes_v2.xlsx: row 16: .*/002/002_1_2 is missing", samm)


def test_names_that_lost_their_zeros_in_a_spreadsheet_are_found(tmp_path, roots):
    pd.DataFrame([("samm", 2, "002_1_1", 0)]).to_csv(tmp_path / "combined_3class_gt.csv", header=False, index=False)
    assert list(list_clips("megc2019", tmp_path, "samm", samm=roots["samm"])["subject"]) == ["002"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("samm,002,002_1_1,0\nsamm,002,002_7_7,0\n", "row 2: clip 002_7_7 of 002 is not in the samm root"),
        (
            "samm,002,002_7_7,0\nsamm,002,002_1_1,0\nsamm,2,002_8_8,1\n",
            "2 faults:\n.*row 1: clip 002_7_7 of 002 .*\n.*row 3: clip 002_8_8 of 2 is not",
        ),
        (
            "dataset,subject,clip,label\nsamm,002,002_1_1,0\n",
            "row 1: dataset is 'dataset', expected casme2, smic or samm",
        ),
        ("samm,002,002_1_1,3\n", "row 1: label is '3', expected 0, 1 or 2"),
        ("samm,002,002_1_1,-1\n", "row 1: label is '-1', expected 0, 1 or 2"),
        ("samm,002,0\n", "expected dataset, subject, clip, label and no header, found 3 cells"),
        ("samm,002,002_1_1,0,1\n", "expected dataset, subject, clip, label and no header, found 5 cells"),
        (
            "samm,002,002_1_1,0\nsamm,002,002_1_1,0\n",
            r"gt\.csv: row 2: clip 002_1_1 of subject 002 is listed twice, first in .*gt\.csv: row 1; keep one of them",
        ),
        ("", "is empty"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, roots, text, message):
    (tmp_path / "combined_3class_gt.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        list_clips("megc2019", tmp_path, "samm", samm=roots["samm"])


def test_at_least_one_root_is_needed(tmp_path, roots):
    with pytest.raises(
        InputError, match="dataset d: layout megc2019 needs the root of at least one of casme2, smic, samm"
    ):
        list_clips("megc2019", tmp_path, "d")
    with pytest.raises(InputError, match="nowhere"):
        list_clips("megc2019", tmp_path, "d", smic=str(tmp_path / "nowhere"))
