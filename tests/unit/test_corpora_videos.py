"""The layout for own videos: a folder, with or without a table."""

import pytest

from mie_x_lib.corpora import list_clips
from mie_x_lib.errors import InputError

HEADER = "clip,subject,emotion,path,onset,apex,offset,fps"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "frames").mkdir()
    for number in (8, 9, 10):
        (tmp_path / "frames" / f"{number}.png").touch()
    for name in ("b10.jpg", "b9.PNG", "a.mp4", "readme.txt"):
        (tmp_path / name).touch()
    return tmp_path


def write_table(root, *lines):
    (root / "clips.csv").write_text("\n".join(lines) + "\n")
    return list_clips("videos", root, "own")


def test_a_bare_folder_lists_photographs_and_videos_as_subjects_of_their_own(root):
    table = list_clips("videos", root, "own")
    assert list(table["subject"]) == list(table["clip"]) == ["a", "b9", "b10"]
    assert list(table["onset"].fillna(-1)) == list(table["apex"].fillna(-1)) == [-1, 0, 0]
    assert (table["emotion"] == "").all()
    assert table["label"].isna().all()


def test_a_table_may_leave_out_what_is_not_known(root):
    lines = ["clip, subject, emotion, path", "1, 006, Surprise, frames", "2, 006, , a.mp4", "3, 007, fear, b10.jpg"]
    table = write_table(root, *lines)
    assert list(table["subject"]) == ["006", "006", "007"]
    assert list(table["emotion"]) == ["surprise", "", "fear"]
    assert list(table["apex"].fillna(-1)) == [-1, -1, 0]
    assert table["path"][0] == str(root / "frames")


def test_a_table_is_read_as_spreadsheets_save_it(root):
    text = f"\ufeff{HEADER}\r\nx,1,fear,frames,0,1,2,25\r\n"
    (root / "clips.csv").write_bytes(text.encode())
    (row,) = list_clips("videos", root, "own").to_dict("records")
    assert (row["onset"], row["apex"], row["offset"], row["fps"]) == (0, 1, 2, 25)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("x,,fear,frames,0,1,2,25", "row 3: subject is empty"),
        ("x,1,joy,frames,0,1,2,25", "row 3: emotion 'joy' is unknown"),
        ("x,1,fear,lost.avi,0,1,2,25", r"row 3: .*lost\.avi is missing"),
        ("x,1,fear,readme.txt,0,1,2,25", r"row 3: .*readme\.txt is neither a folder of frames nor a file that is read"),
        ("x,1,fear,frames,0,1,3,25", "row 3: offset is 3, but .*frames has 3 frames, counted from 0"),
        ("x,1,fear,b10.jpg,,1,,25", r"row 3: apex is 1, but .*b10\.jpg has 1 frames"),
        ("x,1,fear,frames,zero,1,2,25", "row 3: onset is 'zero', expected a whole number"),
        ("x,1,fear,frames,0,1,2,fast", "row 3: fps is 'fast', expected a number above 0"),
        ("x,1,fear,frames,2,1,2,25", "clip x.*expected onset <= apex <= offset"),
        ("w,1,fear,frames,0,1,2,25", "clip w of subject 1 is listed twice"),
        ("x,1,fear,frames,0,1,2,25,more", "not a readable CSV table"),
    ],
)
def test_a_wrong_row_is_named(root, row, message):
    with pytest.raises(InputError, match=message) as caught:
        write_table(root, HEADER, "w,1,fear,frames,0,1,2,25", row)
    assert str(root) in str(caught.value)


def test_columns_are_those_of_the_layout(root):
    with pytest.raises(
        InputError, match=r"clips\.csv: columns missing: path, not understood: file; expected clip, subj"
    ):
        write_table(root, "clip,subject,emotion,file", "x,1,fear,a.mp4")


def test_a_folder_of_frames_must_hold_frames(root):
    (root / "empty").mkdir()
    with pytest.raises(InputError, match="empty: expected a folder of frames"):
        write_table(root, HEADER, "x,1,fear,empty,0,1,2,25")


def test_one_video_may_hold_several_clips(root):
    table = write_table(root, HEADER, "x,1,fear,a.mp4,0,,20,25", "y,1,anger,a.mp4,30,,50,25")
    assert list(table["clip"]) == ["x", "y"]
    assert table["path"].nunique() == 1
    assert list(table["onset"]) == [0, 30]


def test_all_wrong_rows_are_told_at_once(root):
    with pytest.raises(InputError) as caught:
        write_table(root, HEADER, "w,1,joy,frames,0,1,2,25", "x,1,fear,frames,0,1,2,25", "y,1,fear,lost.avi,,,,")
    assert "row 2: emotion 'joy'" in str(caught.value)
    assert "row 4: " in str(caught.value)


def test_a_folder_without_anything_to_read_is_refused(tmp_path):
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "1.jpg").touch()
    (tmp_path / "readme.txt").touch()
    with pytest.raises(InputError, match=rf"{tmp_path}: expected clips\.csv, or files .*\.jpg.*directly in"):
        list_clips("videos", tmp_path, "own")


def test_a_table_that_is_asked_for_must_be_there(root):
    with pytest.raises(InputError, match=r"more\.csv is missing"):
        list_clips("videos", root, "own", table="more.csv")
