"""A clip table is checked value by value, and says which rows are at fault, all of them."""

import pandas as pd
import pytest

from mie_x_lib.corpora.clip_table import COLUMNS, attempt, find_faults, listed_clips, make_clips, read_emotion
from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.terms import EMOTION_LABELS, OTHER_EMOTIONS

ROW = {"subject": "006", "clip": "a", "emotion": "fear", "path": "x", "onset": 0, "apex": 3, "offset": 5, "fps": 200.0}


def rows(**changes):
    return [ROW, ROW | {"clip": "b"} | changes]


def listed(rows):
    return listed_clips(make_clips(rows, "d"), "clips")


def test_labels_follow_from_emotions_other_emotions_have_none_and_neutral_clips_are_left_out():
    emotions = [*EMOTION_LABELS, *OTHER_EMOTIONS]
    found = make_clips((ROW | {"clip": emotion, "emotion": emotion} for emotion in emotions), "d")
    table = listed_clips(found, "clips")
    labels = dict(zip(table["clip"], table["label"].astype(object), strict=True))
    assert labels == EMOTION_LABELS | dict.fromkeys(OTHER_EMOTIONS - {"neutral"}, pd.NA)
    assert found.set_index("clip")["left_out"].dropna().to_dict() == {"neutral": "emotion neutral"}
    assert tuple(table.columns) == COLUMNS


def test_a_table_is_the_same_after_a_round_through_a_file(tmp_path):
    unlabelled = {"subject": "7", "clip": "p", "emotion": "", "path": "p.jpg", "onset": 0, "apex": 0, "offset": 0}
    table = listed([*rows(apex=None), unlabelled])
    write_csv(table, tmp_path / "clips.csv")
    again = read_csv(tmp_path / "clips.csv").astype(table.dtypes).fillna({"emotion": ""})
    pd.testing.assert_frame_equal(again, table)


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
        ({"path": None}, r"row 2 .*path is None"),
        ({"fps": 0.0}, r"row 2 .*fps is 0"),
        ({"clip": "a"}, "clip a of subject 006 is listed twice"),
    ],
)
def test_a_wrong_row_is_named(changes, message):
    with pytest.raises(InputError, match=message):
        listed(rows(**changes))


def test_a_name_may_be_as_long_as_names_of_files_can_be():
    assert len(listed(rows(clip="x" * 200))) == len(listed(rows()))


def test_label_and_emotion_must_agree():
    found = make_clips(rows(), "d")
    found["label"] = [0, 2]
    with pytest.raises(InputError, match=r"row 2 .*label 2 does not belong to emotion 'fear'"):
        listed_clips(found, "clips")


def test_no_clip_is_no_clip_table():
    with pytest.raises(InputError, match="clips: no clip with a usable emotion"):
        listed([ROW | {"emotion": "neutral"}])


def test_all_faults_are_told_at_once():
    def read(clip):
        if clip > "b":
            raise InputError(f"{clip} is missing")
        return ROW

    wrong = [ROW | {"clip": "z", "onset": -1}, ROW | {"clip": "y", "fps": -1.0}, ROW]
    found = make_clips([*(attempt({"clip": clip}, read, clip) for clip in "bcd"), *wrong], "d")
    assert [fault.partition(",")[0] for fault in find_faults(found, "clips")] == [
        "c is missing",
        "d is missing",
        "clips: row 2 (subject 006",
        "clips: row 3 (subject 006",
        "clips: row 4: clip a of subject 006 is listed twice",
    ]
    with pytest.raises(InputError, match=r"^5 faults:\nc is missing\nd is missing\n"):
        listed_clips(found, "clips")


def test_faults_are_found_among_many_rows_that_look_alike():
    many = [ROW | {"clip": str(number), "path": f"p{number}"} for number in range(500)]
    assert find_faults(make_clips(many, "d"), "clips") == []
    many[321]["path"] = ""
    (fault,) = find_faults(make_clips(many, "d"), "clips")
    assert fault.startswith("clips: row 322 (subject 006, clip 321): path is ''")


def test_emotions_are_read_in_any_spelling_but_not_guessed():
    assert read_emotion(" Happiness ", "row 1") == "happiness"
    with pytest.raises(InputError, match=r"^sheet: row 3: emotion 'joy' is unknown; use one of anger"):
        read_emotion("joy", "sheet: row 3")
