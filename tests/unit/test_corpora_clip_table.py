"""A clip table is checked value by value, and says which row is at fault."""

import pandas as pd
import pytest

from mie_x_lib.corpora.clip_table import COLUMNS, check_clips, make_clips, read_emotion
from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.terms import EMOTION_LABELS, UNUSED_EMOTIONS

ROW = {"subject": "006", "clip": "a", "emotion": "fear", "path": "x", "onset": 0, "apex": 3, "offset": 5, "fps": 200.0}


def rows(**changes):
    return [ROW, ROW | {"clip": "b"} | changes]


def test_labels_follow_from_emotions_and_unused_emotions_are_left_out():
    emotions = [*EMOTION_LABELS, *UNUSED_EMOTIONS]
    table = make_clips((ROW | {"clip": emotion, "emotion": emotion} for emotion in emotions), "d")
    assert dict(zip(table["clip"], table["label"], strict=True)) == EMOTION_LABELS


def test_a_table_is_the_same_after_a_round_through_a_file(tmp_path):
    unlabelled = {"subject": "7", "clip": "p", "emotion": "", "path": "p.jpg", "onset": 0, "apex": 0, "offset": 0}
    table = check_clips(make_clips([*rows(apex=None), unlabelled], "d"), "memory")
    write_csv(table, tmp_path / "clips.csv")
    pd.testing.assert_frame_equal(check_clips(read_csv(tmp_path / "clips.csv"), "file"), table)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"apex": 6},
            r"clips: row 2 \(subject 006, clip b\): expected onset <= apex <= offset, found frames \[0, 6, 5\]",
        ),
        ({"onset": 4, "apex": None, "offset": 1}, r"row 2 .*found frames \[4, 1\]"),
        ({"onset": -1}, r"row 2 .*onset is -1"),
        ({"subject": ""}, r"row 2 .*subject is ''"),
        ({"fps": 0.0}, r"row 2 .*fps is 0"),
        ({"clip": "a"}, "clip a of subject 006 is listed twice"),
    ],
)
def test_a_wrong_row_is_named(changes, message):
    with pytest.raises(InputError, match=message):
        check_clips(make_clips(rows(**changes), "d"), "clips")


def test_label_and_emotion_must_agree():
    table = make_clips(rows(), "d")
    table.loc[1, "label"] = 2
    with pytest.raises(InputError, match=r"row 2 .*label 2 does not belong to emotion 'fear'"):
        check_clips(table, "clips")


def test_other_columns_and_empty_tables_are_no_clip_tables():
    table = make_clips(rows(), "d")
    with pytest.raises(InputError, match=r"clips: columns are .*; a clip table has dataset"):
        check_clips(table.drop(columns="fps"), "clips")
    with pytest.raises(InputError, match="no clip with a usable emotion"):
        check_clips(make_clips([ROW | {"emotion": "others"}], "d"), "clips")
    assert tuple(table.columns) == COLUMNS


def test_emotions_are_read_in_any_spelling_but_not_guessed():
    assert read_emotion(" Happiness ", "row 1") == "happiness"
    with pytest.raises(InputError, match=r"^sheet: row 3: emotion 'joy' is unknown; use one of anger"):
        read_emotion("joy", "sheet: row 3")
