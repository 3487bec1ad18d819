"""The layout for own videos: a folder, with or without a table."""

import os
import re
from pathlib import Path
from unicodedata import normalize

import cv2
import numpy as np
import pandas as pd
import pytest

from mie_x_lib.corpora import annotation_files, list_clips
from mie_x_lib.corpora.wholeness import tell_faults
from mie_x_lib.errors import InputError
from mie_x_lib.frames.decode import picture_files
from mie_x_lib.frames.soundness import damaged_pictures
from tests.videos import decode

pytestmark = pytest.mark.slow

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


def test_two_files_of_one_name_are_refused_with_both_names(root):
    (root / "b9.jpg").touch()
    with pytest.raises(InputError, match=r"clip b9 .* listed twice.*; keep one of .*/b9\.\w+ and .*/b9\.\w+$"):
        list_clips("videos", root, "own")


def test_a_table_may_leave_out_what_is_not_known(root):
    lines = ["clip, subject, emotion, path", "1, 006, Surprise, frames", "2, 006, , a.mp4", "3, 007, fear, b10.jpg"]
    table = write_table(root, *lines)
    assert list(table["subject"]) == ["006", "006", "007"]
    assert list(table["emotion"]) == ["surprise", "", "fear"]
    assert list(table["apex"].fillna(-1)) == [-1, -1, 0]
    assert table["path"][0] == str(root / "frames")


@pytest.mark.parametrize("name", ["clips.csv", "clips.tsv", "clips.CSV", "tables/mine"])
def test_the_table_that_is_read_is_the_annotation_file(root, name):
    for table in (root / "other.csv", root / name):
        table.parent.mkdir(exist_ok=True)
        table.write_text("clip,subject,emotion,path\n1,anna,fear,frames\n")
    assert annotation_files("videos", root, "own", table=name) == [str(root / name)]
    assert len(list_clips("videos", root, "own", table=name)) == 1


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
        ("x,1,fear,frames,zero,1,2,25", "row 3: onset is 'zero', expected a whole number .*leave it empty where"),
        ("x,1,fear,frames,0,-2,2,25", "row 3: apex is '-2', expected a whole number from 0"),
        ("x,1,fear,frames,0,1,2,fast", "row 3: fps is 'fast', expected a number above 0"),
        ("x,1,fear,frames,2,1,2,25", "clip x.*expected onset <= apex <= offset"),
        ("w,1,fear,frames,0,1,2,25", "clip w of subject 1 is listed twice"),
        ("x,1,fear,frames,0,1,2,25,more", "row 3 has 9 cells and the first row names 8 columns"),
        ("x,1,fear,frames,1e9,1,2,25", "row 3: onset is '1e9', but|frames has 3 frames"),
        ('x,1,fear,frames,"1,000",,,', "row 3: onset is '1,000', expected a whole number"),
        ("x,#REF!,fear,a.mp4,,,,", "row 3: subject is '#REF!', an error of a spreadsheet; correct the cell"),
        ("x,#N/A,fear,a.mp4,,,,", "row 3: subject is '#N/A', an error of a spreadsheet"),
        ("#NV,1,fear,a.mp4,,,,", "row 3: clip is '#NV', an error of a spreadsheet"),
        ("x,1,fear,#BEZUG!,,,,", "row 3: path is '#BEZUG!', an error of a spreadsheet"),
        ("x,1,fear,a.mp4,Err:502,,,", "row 3: onset is 'Err:502', an error of a spreadsheet"),
        ("x,1,fear,a.mp4,9223372036854775808,,,", "row 3: onset is '9223372036854775808', expected a whole number"),
        ("x,1,fear,a.mp4,0,99999999999999999999999,,", "row 3: apex is '99999999999999999999999', expected a whole"),
        ("x,1,fear,/etc/passwd,,,,", "row 3: path is '/etc/passwd', expected one that is written from"),
        ("x,1,fear,../a.mp4,,,,", r"row 3: path is '\.\./a\.mp4', expected one that is written from"),
        ("x,1,fear,frames/../../a.mp4,,,,", r"row 3: path is 'frames/\.\./\.\./a\.mp4', expected one that is written"),
        (f"x,1,fear,{'a' * 300},,,,", "row 3: .*aaa is missing"),
        ("x,../../evil,fear,a.mp4,,,,", r"row 3: subject is '\.\./\.\./evil', expected a name without /"),
        ("..,1,fear,a.mp4,,,,", r"row 3: clip is '\.\.', expected a name without /"),
        (f"{'好' * 70},1,fear,a.mp4,,,,", "row 3: clip is '好好.*of 200 bytes at most"),
        ("a\x85b,1,fear,a.mp4,,,,", r"row 3: clip is 'a\\x85b'.*without / and line breaks"),
        (f"{'x' * 201},1,fear,a.mp4,,,,", "row 3: clip is 'xxx.*of 200 bytes at most"),
        ('"x\ny",1,fear,a.mp4,,,,', r"row 3: clip is 'x\\ny', expected a name without / and line breaks"),
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
    with pytest.raises(InputError, match=r"clips\.csv: row 2: .*empty: expected a folder of frames"):
        write_table(root, HEADER, "x,1,fear,empty,0,1,2,25")


def test_whole_numbers_may_have_a_point_and_names_a_hash(root):
    (root / "#01").mkdir()
    (root / "a.mp4").rename(root / "#01/2.mp4")
    (row,) = write_table(root, HEADER, "#3,#anna,fear,#01/2.mp4,3.0,4.000,1234.000,25.000").to_dict("records")
    assert [row[name] for name in ("clip", "subject", "onset", "apex", "offset", "fps")] == [
        "#3",
        "#anna",
        3,
        4,
        1234,
        25,
    ]


@pytest.mark.parametrize("apex", ["/", "-", "-1", ""])
def test_a_frame_that_nobody_annotated_may_be_written_as_the_datasets_write_it(root, apex):
    (row,) = write_table(root, HEADER, f"x,1,fear,frames,0,{apex},2,25").to_dict("records")
    assert (row["onset"], row["offset"]) == (0, 2)
    assert pd.isna(row["apex"])


def test_one_video_may_hold_several_clips(root):
    table = write_table(root, HEADER, "x,1,fear,a.mp4,0,,20,25", "y,1,anger,a.mp4,30,,50,25")
    assert list(table["clip"]) == ["x", "y"]
    assert len(set(table["path"])) == 1
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


@pytest.mark.parametrize(
    "text",
    [
        # Rows of nothing but commas, and empty ones.
        f"{HEADER}\n,,,,,,,\nx,1,fear,frames,0,1,2,25\n\n , ,,,,,,\n",
        # A comma more in every row, in all but the first, and in the first alone.
        f"{HEADER},\nx,1,fear,frames,0,1,2,25,\n",
        f"{HEADER}\nx,1,fear,frames,0,1,2,25,\n",
        f"{HEADER},,,\nx,1,fear,frames,0,1,2,25\n",
        f"{HEADER}\nx,1,fear,frames,0,1,2,25\n".replace(",", ";"),
        f"sep=;\n{HEADER}\nx,1,fear,frames,0,1,2,25\n".replace(",", ";"),
        f"{HEADER}\nx,1,fear,frames,0,1,2,25\n".replace(",", "\t").replace("25", "25,0"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_is_read_as_people_save_it(root, text, encoding, end):
    (root / "clips.csv").write_bytes(text.replace("\n", end).encode(encoding))
    (row,) = list_clips("videos", root, "own").to_dict("records")
    assert [row[name] for name in ("clip", "subject", "onset", "apex", "offset", "fps")] == ["x", "1", 0, 1, 2, 25]


def test_paths_may_be_written_as_windows_does(root):
    assert write_table(root, HEADER, "x,1,fear,frames\\9.png,,,,")["path"].tolist() == [f"{root}/frames/9.png"]
    with pytest.raises(InputError, match=r"row 2: path is '\.\./frames/9\.png', expected one that is written from"):
        write_table(root, HEADER, "x,1,fear,..\\frames\\9.png,,,,")


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_table", ["NFC", "NFD"])
def test_letters_with_marks_are_the_same_in_one_sign_and_in_two(root, on_disk, in_table):
    folder = root / normalize(on_disk, "Zoë")
    (folder / normalize(on_disk, "fröhlich")).mkdir(parents=True)
    (folder / normalize(on_disk, "fröhlich/1.png")).touch()
    below = normalize(in_table, "Zoë/fröhlich")
    row = f"x,1,fear,{below},0,,,"
    windows = row.replace("/", "\\").replace("x", "y")
    assert write_table(root, HEADER, row, windows)["path"].tolist() == [str(folder / os.listdir(folder)[0])] * 2
    with pytest.raises(InputError, match=f"row 3: .*{below}/2.png is missing"):
        write_table(root, HEADER, row, f"y,1,fear,{below}/2.png,0,,,")


def test_of_two_names_that_look_alike_the_one_of_the_table_is_taken(root):
    for form in ("NFC", "NFD"):
        (root / normalize(form, "Zoë.mp4")).touch()
        (path,) = write_table(root, HEADER, f"x,1,fear,{normalize(form, 'Zoë.mp4')},0,,,")["path"]
        assert path == str(root / normalize(form, "Zoë.mp4"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04\x14\0\x06\0", r"is a spreadsheet \(.xlsx, .ods\) or an archive; save it as CSV in UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"is a spreadsheet \(.xls\); save it as CSV in UTF-8"),
        (b"\x1f\x8b\x08\0\0\0", r"is compressed \(.gz\); unpack it"),
        (f'{HEADER}\nx,1,fear,"a.mp4,,,,\ny,1,fear,a.mp4,,,,\n'.encode(), "row 2 has a quote that is not closed"),
    ],
)
def test_what_is_no_csv_is_told_with_what_it_is(root, content, message):
    (root / "clips.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        list_clips("videos", root, "own")


def test_a_mark_of_inches_is_no_open_quote(root):
    assert write_table(root, HEADER, 'x 5",1,fear,a.mp4,,,,', "y,1,fear,a.mp4,,,,")["clip"].tolist() == ['x 5"', "y"]


@pytest.mark.parametrize("blank", ["", ",,,,,,,", '"","",,,,,,'])
def test_rows_are_counted_as_spreadsheets_do(root, blank):
    with pytest.raises(InputError, match="row 5: emotion 'joy'"):
        write_table(root, HEADER, blank, '"w",1,fear,frames,0,1,2,25', blank, "x,1,joy,frames,0,1,2,25")


def test_of_a_clip_that_is_listed_twice_both_rows_are_named(root):
    row = "x,1,fear,frames,0,1,2,25"
    with pytest.raises(InputError, match=r"clips\.csv: row 5: clip x .* twice, first in .*clips\.csv: row 2; keep"):
        write_table(root, HEADER, row, "", "y,1,fear,a.mp4,,,,", row)


def test_a_table_that_is_not_in_utf_8_is_named_with_the_row(root):
    (root / "clips.csv").write_bytes(f"{HEADER}\nJörg,1,fear,a.mp4,,,,\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"clips\.csv: row 2 is not in UTF-8; save it in UTF-8"):
        list_clips("videos", root, "own")


def told(root, layout="videos", **options):
    lines = []
    list_clips(layout, root, "own", lines.append, **options)
    return lines


@pytest.mark.parametrize("name", ["Clips.csv", "clips.xlsx", "CLIPS.CSV", "clips.tsv", "annotation.xls"])
def test_a_table_that_is_not_read_is_told(root, name):
    (root / name).touch()
    (line,) = told(root)
    assert re.search(rf"1 \.\w+ \({re.escape(name)}\).*options.table names, or clips.csv", line)
    assert "1 .txt (readme.txt)" in line


def test_an_unread_file_whose_name_is_not_in_utf8_is_told(root):
    (root / "deep").mkdir()
    (root / os.fsdecode(b"deep/bad\xff.png")).touch()
    (line,) = told(root)
    assert r"4 .png (deep/bad\udcff.png)" in line


def test_what_lies_beside_a_table_is_told_by_kind_and_number(root):
    (root / "deep/er").mkdir(parents=True)
    for path in ("deep/c.jpg", "deep/er/d.jpg", "e.heic", "f.braw", "g.HEIC", ".hidden.jpg", "Thumbs.db"):
        (root / path).touch()
    (root / "clips.csv").write_text(f"{HEADER}\nx,1,fear,frames,0,1,2,25\n")
    (line,) = told(root)
    assert line.startswith(
        f"Warning: {root}: not read: 1 .braw (f.braw), 2 .heic (e.heic), 3 .jpg (b10.jpg), 1 .mp4 (a.mp4),"
        " 1 .png (b9.PNG), 1 .txt (readme.txt); "
    )
    assert "convert pictures to .jpg or .png; convert videos to .mp4" in line


def test_nothing_is_told_where_everything_is_read(root):
    (root / "readme.txt").unlink()
    (root / "clips.csv").write_text(
        f"{HEADER}\nx,1,fear,frames,0,1,2,25\ny,1,,a.mp4,,,,\nz,1,,b9.PNG,,,,\nv,1,neutral,b10.jpg,,,,\n"
    )
    assert told(root) == []


def folder_of_frames(root, *names):
    (root / "shots/part").mkdir(parents=True)
    for name in names:
        (root / "shots" / name).touch()
    (root / "clips.csv").write_text(f"{HEADER}\nx,1,fear,shots,0,,,25\n")


@pytest.mark.parametrize(
    ("names", "unread", "missed"),
    [
        (["0.png", "1.heic", "2.png"], "1 .heic (shots/1.heic)", "1 of these (shots/1.heic) stand"),
        (["0.heic", "1.png", "3.dng", "12.png"], "1 .dng (shots/3.dng), 1 .heic (shots/0.heic)", "2 of these (shots/0"),
        (["img01.jpg", "img2.HEIC", "img03.jpg"], "1 .heic (shots/img2.HEIC)", "1 of these (shots/img2.HEIC)"),
        (["s1_f1.jpg", "s1_f2.nef", "s1_f3.jpg"], "1 .nef (shots/s1_f2.nef)", "1 of these (shots/s1_f2.nef)"),
        # Behind the last frame, beside a frame, of another name, without a number, in a folder.
        (["0.png", "1.png", "2.heic"], "1 .heic (shots/2.heic)", None),
        (["0.png", "1.png", "1.mov", "1.xmp"], "1 .mov (shots/1.mov), 1 .xmp (shots/1.xmp)", None),
        (["0.png", "cover1.heic", "2.png", "notes"], "1 .heic (shots/cover1.heic), 1 no suffix (shots/notes)", None),
        (["0.png", "part/1.heic", "2.png"], "1 .heic (shots/part/1.heic)", None),
    ],
)
def test_what_is_no_frame_in_a_folder_of_frames_is_told(tmp_path, names, unread, missed):
    folder_of_frames(tmp_path, *names)
    (line,) = told(tmp_path)
    assert line.startswith(f"Warning: {tmp_path}: not read: {unread}")
    assert ("in the place of a frame" in line) == (missed is not None)
    assert missed is None or missed in line


def test_frames_alone_in_their_folder_are_not_told(tmp_path):
    folder_of_frames(tmp_path, "0.png", "2.png", ".1.heic", "Thumbs.db")
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("names", "gap"),
    [
        (["img001.jpg", "img002.jpg", "img004.jpg"], "img002.jpg and img004.jpg"),
        (["img8.jpg", "img9.jpg", "img10.jpg", "img14.jpg", "img15.jpg"], "img10.jpg and img14.jpg"),
        (["1_0.png", "1_2.png", "1_4.png", "1_8.png", "1_10.png", "1_12.png"], "1_4.png and 1_8.png"),
        (["c1.png", "c2.png", "c3.png", "c7.png", "c8.png", "c20.png"], "c3.png and c7.png"),
        # No step, or the one of a film of which every fifth frame was kept; names that number nothing.
        (["img001.jpg", "img010.jpg"], None),
        (["img5.jpg", "img10.jpg", "img15.jpg"], None),
        (["shot_120033.png", "shot_120066.png", "shot_120099.png", "shot_120133.png", "shot_120166.png"], None),
        (["neutral.png", "smile.png", "smile2.png"], None),
    ],
)
def test_a_gap_in_the_numbers_of_frames_is_told(tmp_path, names, gap):
    folder_of_frames(tmp_path, *names)
    lines = told(tmp_path)
    assert len(lines) == (gap is not None)
    assert gap is None or f"1 clip, shots between {gap}" in lines[0]


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (["img0.png", "img1.png", "cover.jpg"], "img0.png and cover.jpg"),
        (["L0.png", "L1.png", "R0.png", "R1.png"], "L0.png and R0.png"),
        (["a1.png", "a2.png", "b7.png", "b8.png"], "a1.png and b7.png"),
        (["IMG1.png", "img2.png", "img3.png"], "img2.png and IMG1.png"),
        (["f-2.png", "f-1.png", "f0.png", "f1.png", "f2.png"], "f0.png and f-1.png"),
        (["t0.25.png", "t0.5.png", "t0.75.png"], "t0.5.png and t0.25.png"),
        (["t0.png", "t0.5.png", "t1.png", "t1.5.png"], "t0.5.png and t0.png"),
        # Numbers of a date, of equal length, of a size, and names in which nothing is counted.
        (["2020-01-01 09.59.59.png", "2020-01-01 10.00.00.png"], None),
        (["t0.00.png", "t0.25.png", "t0.50.png"], None),
        (["1_64x64.png", "2_64x65.png"], None),
        ([f"S01.EP02.{number}.png" for number in range(8, 12)], None),
        (["img1.png", "img02.JPG", "img3.png"], None),
        (["s1_neutral.png", "s1_smile.png"], None),
        (["s1.png", "s1_smile.png"], None),
    ],
)
def test_frames_that_are_not_named_alike_are_told(tmp_path, names, pair):
    folder_of_frames(tmp_path, *names)
    lines = [line for line in told(tmp_path) if "not named and numbered alike" in line]
    assert len(lines) == (pair is not None)
    assert pair is None or f"in 1 clip, shots with {pair}: they are put in order by their names" in lines[0]


@pytest.mark.parametrize(
    ("names", "one", "other"),
    [
        (["img0.png", "img1.png", "img1.jpg"], "img1.jpg", "img1.png"),
        (["neutral.png", "smile.png", "smile.JPG"], "smile.JPG", "smile.png"),
        (["img1.png", "img01.png", "img2.png"], "img01.png", "img1.png"),
        (["0.04.png", "0.36.png", "0.4.png"], "0.04.png", "0.4.png"),
        (["img1.png", "img2.png", "img2 - Copy.png"], "img2.png", "img2 - Copy.png"),
        (["img1.png", "img2.png", "img2 (1).png"], "img2.png", "img2 (1).png"),
        (["000.jpeg", "001.jpeg", "Copy of 001.jpeg"], "001.jpeg", "Copy of 001.jpeg"),
    ],
)
def test_two_files_that_are_one_frame_are_named(tmp_path, names, one, other):
    folder_of_frames(tmp_path, *names)
    said = rf"row 2: .*shots: {re.escape(one)} and {re.escape(other)} are one frame by their names.*; keep one of them"
    with pytest.raises(InputError, match=said):
        told(tmp_path)


def test_of_decimals_that_are_one_number_nobody_is_told_to_remove_one_alone(tmp_path):
    folder_of_frames(tmp_path, "0.04.png", "0.4.png")
    with pytest.raises(InputError, match="keep one of them, or give all decimals the same length"):
        told(tmp_path)


def test_pictures_that_windows_numbers_are_frames(tmp_path):
    folder_of_frames(tmp_path, *(f"face2 ({number}).png" for number in range(1, 12)))
    assert told(tmp_path) == []


def test_gaps_and_unread_files_are_told_in_one_line_with_the_number_of_clips(tmp_path):
    for folder in ("b", "c"):
        (tmp_path / folder).mkdir()
        for name in ("1.png", "2.png", "4.png"):
            (tmp_path / folder / name).touch()
    (tmp_path / "readme.txt").touch()
    (tmp_path / "clips.csv").write_text(f"{HEADER}\nx,1,fear,b,0,,,25\ny,1,fear,c,0,,,25\nz,1,fear,b,1,,,25\n")
    (line,) = told(tmp_path)
    assert "not read: 1 .txt (readme.txt); " in line
    assert "2 clips, b between 2.png and 4.png" in line


@pytest.mark.parametrize("layout", ["videos", "emotionnet"])
def test_photographs_in_folders_are_told(tmp_path, layout):
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna/1.jpg").touch()
    with pytest.raises(InputError, match=r"not read: 1 \.jpg \(anna/1\.jpg\)"):
        list_clips(layout, tmp_path, "own")
    (tmp_path / "2.jpg").touch()
    (line,) = told(tmp_path, layout)
    assert "not read: 1 .jpg (anna/1.jpg)" in line


@pytest.mark.parametrize("name", ["a.MTS", "a.m2ts", "a.ts", "a.vob", "a.3g2"])
def test_videos_of_camcorders_are_listed(tmp_path, name):
    (tmp_path / name).touch()
    assert list(list_clips("videos", tmp_path, "own")["clip"]) == ["a"]


@pytest.mark.parametrize("picture", ["IMG_1.JPG", "IMG_1.HEIC", "IMG_1.heif"])
def test_the_moving_part_of_a_photograph_is_no_clip(tmp_path, picture):
    for name in (picture, "IMG_1.MOV", "b.jpg"):
        (tmp_path / name).touch()
    clips = list_clips("videos", tmp_path, "own")
    assert list(clips["path"].str.rpartition("/")[2]) == [name for name in (picture, "b.jpg") if "jpg" in name.lower()]
    (line,) = told(tmp_path)
    assert "1 .mov (IMG_1.MOV)" in line
    assert "as phones store moving photographs" in line
    kind = Path(picture).suffix.lower()
    assert (f"1 {kind} ({picture})" in line) == (kind != ".jpg")


def test_a_name_that_is_not_in_utf_8_is_named(tmp_path):
    (tmp_path / "b.jpg").touch()
    open(os.fsencode(tmp_path) + b"/J\xf6rg.jpg", "w").close()
    with pytest.raises(InputError, match=r"rg\.jpg': the name of this file is not in UTF-8; rename it"):
        list_clips("videos", tmp_path, "own")


@pytest.mark.parametrize("way", ["a file", "a folder", "a folder above", "a frame", "a table's own folder"])
def test_a_link_that_leads_out_of_the_root_is_refused_unless_asked_for(tmp_path, way):
    root, outside = tmp_path / "root", tmp_path / "outside"
    for folder in (root, outside / "frames"):
        folder.mkdir(parents=True)
    for number in range(3):
        (outside / f"frames/{number}.png").write_bytes(b"x")
    if way == "a frame":
        (root / "frames").mkdir()
        (root / "frames/0.png").write_bytes(b"x")
        (root / "frames/1.png").symlink_to(outside / "frames/1.png")
    elif way == "a folder above":
        (root / "all").symlink_to(outside)
    elif way == "a table's own folder":
        (root / "frames").symlink_to("../outside/frames")
    else:
        (root / "frames").symlink_to(outside / ("frames/0.png" if way == "a file" else "frames"))
    path = "all/frames" if way == "a folder above" else "frames"
    if way == "a file":
        (root / "frames").rename(root / "frames.png")
        path = "frames.png"
    (root / "clips.csv").write_text(f"clip,subject,emotion,path\nx,1,fear,{path}\n")
    with pytest.raises(
        InputError, match=r"clips\.csv: row 2: .*leads out of the root.*datasets\.d\.outside_root to true"
    ):
        list_clips("videos", root, "d")
    assert len(list_clips("videos", root, "d", outside_root=True)) == 1


def test_links_within_the_root_and_a_root_that_is_a_link_are_taken(tmp_path):
    (tmp_path / "real/frames").mkdir(parents=True)
    (tmp_path / "real/frames/0.png").write_bytes(b"x")
    (tmp_path / "real/frames/1.png").symlink_to("0.png")
    (tmp_path / "real/again").symlink_to("frames")
    (tmp_path / "root").symlink_to("real")
    (tmp_path / "real/clips.csv").write_text("clip,subject,emotion,path\nx,1,fear,frames\ny,1,fear,again\n")
    assert len(list_clips("videos", tmp_path / "root", "d")) == 2


def test_a_photograph_that_is_a_link_out_of_the_root_is_refused(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "a.png").write_bytes(b"x")
    (tmp_path / "root/a.png").symlink_to(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"root/a\.png leads out of the root, to .*/a\.png"):
        list_clips("videos", tmp_path / "root", "d")


@pytest.mark.parametrize("name", ["loop.png", "pipe.png", "frames"])
def test_pipes_and_links_that_lead_nowhere_stop_nobody(tmp_path, name):
    (tmp_path / "frames").mkdir()
    os.mkfifo(tmp_path / "frames/0.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    os.mkfifo(tmp_path / "pipe.png")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "clips.csv").write_text("clip,subject,emotion,path\na,1,fear,a.png\n")
    clips = list_clips("videos", tmp_path, "d")
    assert clips["clip"].tolist() == ["a"]
    assert "not to be read" in tell_faults([*clips["path"], tmp_path / name])
    assert damaged_pictures(picture_files([tmp_path / name])) == {}
    with pytest.raises(InputError, match=f"{name}"):
        decode(tmp_path / name, [0])
