"""A file that a layout does not understand is named, with the row and what to do."""

import inspect
import os
import re
import shutil
import zipfile
from contextlib import contextmanager
from importlib import import_module

import numpy as np
import openpyxl
import pytest

from mie_x_lib import plugins
from mie_x_lib.corpora import annotation_files, list_clips, published_counts
from mie_x_lib.corpora.inventory import COUNTED
from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.corpora.simulated.writers import WRITERS
from mie_x_lib.errors import InputError

pytestmark = pytest.mark.slow

CASME2 = "CASME2-coding-20190701.xlsx"
SAMM = "SAMM_Micro_FACS_Codes_v2.xlsx"
MMEW = "MMEW_Final/MMEW_Micro_Exp.xlsx"
CELEBA = "identity_CelebA.txt"
LAYOUTS = plugins.names("mie_x_lib.corpora.layouts")
OPTIONS = {"casme2": {"release": "avi"}, "mmew_macro": {"part": "macro"}}


@pytest.fixture
def corpus(tmp_path):
    """Write two clips of one subject in a layout, and list them again."""

    class Corpus:
        root = tmp_path

        def write(self, layout):
            frames = np.full((4, 16, 16, 3), 90, np.uint8)
            aus = np.zeros((4, 17), np.float32)
            clips = [SimulatedClip(1, n, e, frames, 0, 2, 3, 100.0, aus) for n, e in ((1, "anger"), (2, "happiness"))]
            WRITERS[layout](tmp_path, clips)
            self.layout = layout
            return self

        def list(self, **options):
            options = OPTIONS.get(self.layout, {}) | options
            return list_clips(self.layout.removesuffix("_macro"), tmp_path, "name", **options)

        def annotations(self, **options):
            options = OPTIONS.get(self.layout, {}) | options
            return annotation_files(self.layout.removesuffix("_macro"), tmp_path, "name", **options)

        @contextmanager
        def sheet(self, name):
            book = openpyxl.load_workbook(tmp_path / name)
            yield book.active
            book.save(tmp_path / name)

        def set_cell(self, sheet, row, column, value):
            with self.sheet(sheet) as table:
                names = [[cell.value for cell in cells] for cells in table]
                header = next(names for names in names if column in names)
                table.cell(row, header.index(column) + 1, value)

        def fails(self, *parts, **options):
            with pytest.raises(InputError) as caught:
                self.list(**options)
            message = str(caught.value)
            assert str(tmp_path) in message
            for part in parts:
                assert re.search(part, message), message

    return Corpus()


@pytest.mark.parametrize(
    ("layout", "sheet", "row", "column", "value", "expected"),
    [
        ("casme2", CASME2, 3, "Subject", "one", "row 3: Subject is 'one', expected a whole number"),
        ("casme2", CASME2, 2, "OnsetFrame", "x", "row 2: OnsetFrame is 'x', expected a whole number"),
        ("casme2", CASME2, 2, "ApexFrame", 2.5, "row 2: ApexFrame is '2.5', expected a whole number"),
        ("casme2", CASME2, 2, "OnsetFrame", 0, "row 2: OnsetFrame is '0', expected a whole number from 1"),
        ("casme2", CASME2, 2, "Estimated Emotion", "joy", "row 2: emotion 'joy' is unknown; use one of"),
        ("casme2", CASME2, 3, "Filename", "EP99_01", "row 3: .*EP99_01.avi is missing; complete the dataset"),
        ("casme2", CASME2, 1, "ApexFrame", "Apex", "row 1 lacks the columns ApexFrame; found Subject"),
        (
            "samm",
            SAMM,
            16,
            "Onset Frame",
            9999,
            "row 16: the onset is frame 9999, but .* holds 4 frames from 1813 to 1816",
        ),
        ("samm", SAMM, 15, "Filename", "001_9_9", "row 15: .*001_9_9 is missing"),
        ("samm", SAMM, 14, "Subject", "Person", "row 14 lacks the columns Subject"),
        ("mmew", MMEW, 2, "OnsetFrame", 5, "row 2: the onset is frame 5, but .* holds 4 frames from 1 to 4"),
        ("mmew", MMEW, 3, "Filename", "S01-01-009", "row 3: no folder S01-01-009 in MMEW_Final/Micro_Expression"),
        ("casme2", CASME2, 2, "Filename", "", "row 2: Filename is '', expected the name of a clip's file or folder"),
        ("casme2", CASME2, 2, "Filename", "../sub01/EP01_02", r"row 2: Filename is '\.\./sub01/EP01_02', expected"),
        ("samm", SAMM, 15, "Filename", "..", r"row 15: Filename is '\.\.', expected the name of a clip's file"),
        ("samm", SAMM, 15, "Filename", "/etc", "row 15: Filename is '/etc', expected the name of a clip's file"),
        ("mmew", MMEW, 2, "Filename", "", "row 2: clip '' does not begin with its subject"),
        ("casme2", CASME2, 2, "Filename", "#REF!", "row 2: Filename is '#REF!', an error of a spreadsheet"),
        # What openpyxl writes has no values of formulas.
        ("casme2", CASME2, 2, "ApexFrame", "=1+1", "row 2: ApexFrame is 'a formula without a stored value', expected"),
        ("casme2", CASME2, 2, "ApexFrame", "#REF!", "row 2: ApexFrame is '#REF!', expected a whole number from 1"),
        ("samm", SAMM, 15, "Estimated Emotion", "#N/A", "row 15: emotion '#N/A' is unknown; use one of"),
        ("mmew", MMEW, 2, "Filename", "#VALUE!", "row 2: clip '#VALUE!' does not begin with its subject"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(corpus, layout, sheet, row, column, value, expected):
    corpus.write(layout).set_cell(sheet, row, column, value)
    corpus.fails(expected)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("Subject", "row 3: Subject is 'merged with cells above or beside', expected a whole number"),
        ("ApexFrame", "row 3: ApexFrame is 'merged with cells above or beside', expected a whole number"),
        ("Estimated Emotion", "row 3: emotion 'merged with cells above or beside' is unknown"),
    ],
)
def test_a_cell_that_is_merged_with_others_is_not_empty(corpus, column, expected):
    corpus.write("casme2")
    with corpus.sheet(CASME2) as sheet:
        (place,) = [cell.column for cell in sheet[1] if cell.value == column]
        sheet.merge_cells(start_row=2, end_row=3, start_column=place, end_column=place)
    corpus.fails(expected)


def test_merged_cells_of_header_and_blank_rows_are_no_fault(corpus):
    corpus.write("casme2")
    with corpus.sheet(CASME2) as sheet:
        sheet.insert_rows(2)
        sheet.merge_cells("A1:A2")
        sheet.merge_cells("A6:J400")
        # Notes that begin in a column that nobody reads.
        sheet.insert_cols(1)
        sheet["A500"] = "a note"
        sheet.merge_cells("A500:K500")
    assert len(corpus.list()) == 2


def test_a_formula_that_gives_an_empty_text_is_empty(corpus):
    path = corpus.write("casme2").root / CASME2
    corpus.set_cell(CASME2, 3, "ApexFrame", '=""')
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    cell = re.search(rb'<c r="\w+"[^>]*><f>""</f><v ?/?>', parts[sheet])[0]
    parts[sheet] = parts[sheet].replace(cell, cell.replace(b"<c ", b'<c t="str" '))
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert list(corpus.list()["apex"].isna()) == [False, True]


@pytest.mark.parametrize(("layout", "sheet", "row"), [("casme2", CASME2, 1), ("samm", SAMM, 14), ("mmew", MMEW, 1)])
def test_a_column_that_is_there_twice_is_named_with_both_places(corpus, layout, sheet, row):
    corpus.write(layout)
    with corpus.sheet(sheet) as table:
        table.cell(row, 30, "Filename")
        (place, _) = [cell.column_letter for cell in table[row] if cell.value == "Filename"]
    corpus.fails(f"row {row} names the column Filename more than once, in {place} and AD; keep one of them")


@pytest.mark.parametrize(("layout", "sheet", "row"), [("casme2", CASME2, 1), ("samm", SAMM, 14), ("mmew", MMEW, 1)])
@pytest.mark.parametrize("way", ["another sheet before it", "a row before it"])
def test_which_sheet_and_row_are_read_is_said(corpus, layout, sheet, row, way):
    corpus.write(layout)
    with corpus.sheet(sheet) as table:
        table.insert_rows(1)
        if way == "another sheet before it":
            table.parent.create_sheet("Notes", 0)
    title = "Notes" if way == "another sheet before it" else "Sheet"
    corpus.fails(f"row {row} lacks the columns .*Filename.*the first sheet, '{title}', with the names .* in row {row};")


def test_a_sheet_with_nothing_below_its_header_is_named(corpus):
    corpus.write("casme2")
    with corpus.sheet(CASME2) as sheet:
        sheet.delete_rows(2, 9)
    corpus.fails("no row below the names of the columns has anything in them; .*first sheet, 'Sheet', .* row 1")


def test_a_chart_in_the_place_of_a_sheet_is_named(corpus):
    corpus.write("casme2")
    with corpus.sheet(CASME2) as sheet:
        sheet.parent.create_chartsheet("curve", 0)
    corpus.fails("has a sheet that is a chart and cannot be read; remove that sheet, or get the file of the dataset")


@pytest.mark.parametrize(
    ("layout", "sheet", "rows"), [("casme2", CASME2, (2, 3)), ("samm", SAMM, (15, 16)), ("mmew", MMEW, (2, 3))]
)
def test_clips_without_an_emotion_are_counted_in_one_line(corpus, layout, sheet, rows):
    corpus.write(layout)
    for row in rows:
        corpus.set_cell(sheet, row, "Estimated Emotion", "")
    told = []
    assert list(corpus.list(tell=told.append)["emotion"]) == ["", ""]
    (line,) = told
    assert f"2 clips have no emotion ({corpus.root / sheet}: row {rows[0]}) and count in no class;" in line


@pytest.mark.parametrize("value", ["/", "-1", None])
@pytest.mark.parametrize("role", ["onset", "apex", "offset"])
@pytest.mark.parametrize(
    ("layout", "sheet", "row", "column"),
    [("casme2", CASME2, 3, "{}Frame"), ("samm", SAMM, 16, "{} Frame"), ("mmew", MMEW, 3, "{}Frame")],
)
def test_a_frame_that_is_not_annotated_is_empty(corpus, layout, sheet, row, column, role, value):
    corpus.write(layout).set_cell(sheet, row, column.format(role.capitalize()), value or "")
    told = []
    table = corpus.list(tell=told.append)
    assert list(table[role].isna()) == [False, True]
    assert table[["onset", "apex", "offset"]].isna().sum().sum() == 1
    assert told == []


@pytest.mark.parametrize(
    ("layout", "sheet", "row", "column", "first"),
    [("samm", SAMM, 16, "{} Frame", 1813), ("mmew", MMEW, 3, "{}Frame", 1)],
)
@pytest.mark.parametrize(
    ("annotated", "kept"),
    [
        # Beside the frames 0 to 3, or out of order; annotated are 0, 2 and 3.
        ({"apex": 9999}, [0, None, 3]),
        ({"apex": 2, "offset": 1}, [0, None, 1]),
        ({"onset": 2, "apex": 1}, [2, None, 3]),
        ({"onset": 2, "apex": 3, "offset": 0}, [2, 3, None]),
        ({"apex": 9998, "offset": 9999}, [0, None, None]),
        ({"offset": 9999}, [0, 2, None]),
    ],
)
def test_an_apex_or_offset_that_the_frames_speak_against_is_dropped_and_told(
    corpus, layout, sheet, row, column, first, annotated, kept
):
    corpus.write(layout)
    for role, index in annotated.items():
        corpus.set_cell(sheet, row, column.format(role.capitalize()), first + index)
    told = []
    table = corpus.list(tell=told.append)
    found = table[["onset", "apex", "offset"]].astype(object)
    assert list(found.where(found.notna(), None).iloc[1]) == kept
    (line,) = told
    assert line.startswith(f"Warning: {corpus.root / sheet}: row {row}: onset ")
    dropped = [role for role, position in zip(("onset", "apex", "offset"), kept, strict=True) if position is None]
    assert line.endswith(f"; {' and '.join(dropped)} taken as not annotated")


def test_an_apex_of_a_video_that_is_out_of_order_is_dropped_and_told(corpus):
    corpus.write("casme2").set_cell(CASME2, 3, "OffsetFrame", 2)
    told = []
    assert list(corpus.list(tell=told.append)["apex"].isna()) == [False, True]
    (line,) = told
    assert re.search("row 3: onset 1, apex 3, offset 2 .*EP02_03.avi; apex taken as not annotated", line)


@pytest.mark.parametrize(
    ("layout", "lost", "named"),
    [
        ("casme2", ["CASME2_compressed/sub01/EP01_02.avi", "CASME2_compressed/sub01/EP02_03.avi"], ["row 2", "row 3"]),
        ("samm", ["SAMM/001/001_1_1", "SAMM/001/001_1_2"], ["row 15", "row 16"]),
        ("smic", ["SMIC_all_raw/HS/s1/micro/negative/s1_ne_01/*", "SMIC_all_raw/HS/s1/micro/positive/s1_po_02/*"], []),
        ("mmew", ["MMEW_Final/Micro_Expression/*/S01-07-001", "MMEW_Final/Micro_Expression/*/S01-01-002"], []),
        ("ckplus", ["cohn-kanade-images/S001/001", "cohn-kanade-images/S001/002"], []),
        ("oulu", ["OriginalImg/VL/Strong/P001/Anger/*", "OriginalImg/VL/Strong/P001/Happiness/*"], []),
    ],
)
def test_everything_that_is_missing_is_named_at_once(corpus, layout, lost, named):
    corpus.write(layout)
    for pattern in lost:
        for path in list(corpus.root.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(InputError) as caught:
        corpus.list()
    first, *lines = str(caught.value).splitlines()
    assert first == "2 faults:"
    for line, pattern, where in zip(lines, lost, named or ["", ""], strict=True):
        assert pattern.removesuffix("/*").rpartition("/")[2] in line
        assert where in line


def test_a_sequence_of_ckplus_without_its_peak_is_told(corpus):
    (corpus.write("ckplus").root / "cohn-kanade-images/S001/001/S001_001_00000003.png").unlink()
    told = []
    table = corpus.list(tell=told.append)
    assert list(table["apex"]) == [1, 2]
    (line,) = told
    assert "its peak S001_001_00000003.png" in line


@pytest.mark.parametrize(
    ("layout", "folder", "copy"),
    [
        ("smic", "SMIC_all_raw/HS/s1/micro/negative/s1_ne_01", "{stem}.jpg"),
        ("ckplus", "cohn-kanade-images/S001/001", "{stem}.jpg"),
        ("oulu", "OriginalImg/VL/Strong/P001/Anger", "Copy of {stem}.jpeg"),
        ("mmew", "MMEW_Final/Micro_Expression/anger/S01-07-001", "{stem} (1).jpg"),
        ("samm", "SAMM/001/001_1_1", "{stem}.bmp"),
    ],
)
def test_a_frame_that_is_there_twice_is_a_fault_of_its_clip(corpus, layout, folder, copy):
    place = corpus.write(layout).root / folder
    frame = sorted(path for path in place.iterdir())[1]
    (place / copy.format(stem=frame.stem)).touch()
    corpus.fails(f"^{re.escape(str(place))}: .*{re.escape(frame.name)}.* are one frame by their names")


@pytest.mark.parametrize("behind", ["S001_001_00000004.png", "montage.png"])
def test_the_peak_of_a_sequence_of_ckplus_is_the_one_that_its_emotion_names(corpus, behind):
    (corpus.write("ckplus").root / "cohn-kanade-images/S001/001" / behind).touch()
    told = []
    table = corpus.list(tell=told.append)
    assert list(table["apex"]) == list(table["offset"]) == [2, 2]
    assert re.search(f"its peak is S001_001_00000003.png, after which .* and not its last frame, {behind}", told[0])


def test_two_emotions_of_a_sequence_of_ckplus_are_named(corpus):
    folder = corpus.write("ckplus").root / "Emotion/S001/001"
    (folder / "S001_001_00000002_emotion.txt").write_text("   5.0000000e+00\n")
    corpus.fails("S001/001: has 2 emotions, .*_00000002_emotion.txt and .*_00000003_emotion.txt; keep one of them")


def test_a_hidden_file_beside_an_emotion_of_ckplus_is_none(corpus):
    (corpus.write("ckplus").root / "Emotion/S001/001/._S001_001_00000003_emotion.txt").write_bytes(b"\0\5")
    assert len(corpus.list()) == 2


def test_two_folders_of_a_clip_of_mmew_are_named(corpus):
    micro = corpus.write("mmew").root / "MMEW_Final/Micro_Expression"
    shutil.copytree(micro / "anger/S01-07-001", micro / "others/S01-07-001")
    corpus.fails("row 2: there are 2 folders S01-07-001, .*anger/S01-07-001 and .*others/S01-07-001; keep one of them")


def test_an_emotion_of_oulu_that_a_subject_lacks_is_told(corpus):
    """However its folders are spelled."""
    folder = corpus.write("oulu").root / "OriginalImg/VL/Strong/P001"
    (folder / "Anger").rename(folder / "anger")
    told = []
    assert sorted(corpus.list(tell=told.append)["clip"]) == ["Happiness", "anger"]
    missing = [line.removesuffix(" is missing").rpartition("/")[2] for line in told]
    assert missing == ["Disgust", "Fear", "Sadness", "Surprise"]


def test_archives_may_be_unpacked_into_folders_of_their_own(corpus):
    corpus.write("ckplus")
    for name, archive in (("cohn-kanade-images", "extended-cohn-kanade-images"), ("Emotion", "Emotion_labels/x")):
        (corpus.root / archive).mkdir(parents=True)
        (corpus.root / name).rename(corpus.root / archive / name)
        (corpus.root / "__MACOSX" / name).mkdir(parents=True)
    assert len(corpus.list()) == 2
    corpus.write("celeba")
    (corpus.root / "nested").mkdir()
    (corpus.root / "img_align_celeba").rename(corpus.root / "nested/img_align_celeba")
    (corpus.root / "nested").rename(corpus.root / "img_align_celeba")
    assert len(corpus.list()) == 2


@pytest.mark.parametrize("layout", WRITERS)
def test_a_link_that_the_system_cannot_follow_hides_no_clip(corpus, layout):
    clips = len(corpus.write(layout).list())
    tops = [path for path in corpus.root.iterdir() if path.is_dir()]
    for folder in (corpus.root, *tops):
        # A name may not be as long as that.
        (folder / "link").symlink_to("x" * 300)
    assert len(corpus.list()) == clips


@pytest.mark.parametrize("layout", WRITERS)
def test_the_annotation_files_of_a_layout_are_those_that_it_reads(corpus, layout):
    def reads(path):
        content = path.read_bytes()
        path.write_bytes(b"?")
        try:
            corpus.list()
        except InputError:
            return True
        finally:
            path.write_bytes(content)
        return False

    files = sorted(path for path in corpus.write(layout).root.rglob("*") if path.is_file())
    assert corpus.annotations() == [str(path) for path in files if reads(path)]


@pytest.mark.parametrize(
    ("layout", "name"), [("casme2", CASME2), ("samm", SAMM), ("mmew", MMEW), ("celeba", CELEBA), ("ckplus", "Emotion")]
)
def test_annotation_files_are_found_where_archives_put_them(corpus, layout, name):
    found = corpus.write(layout).annotations()
    (corpus.root / "a/b").mkdir(parents=True)
    (corpus.root / name).rename(corpus.root / "a/b" / name.rpartition("/")[2])
    moved = [path.replace(f"{corpus.root}/{name}", f"{corpus.root}/a/b/{name.rpartition('/')[2]}") for path in found]
    assert corpus.annotations() == moved != found
    assert len(corpus.list()) == 2


@pytest.mark.parametrize(("layout", "name"), [("casme2", CASME2), ("celeba", CELEBA), ("videos", "clips.csv")])
def test_what_is_no_file_is_no_annotation_file(corpus, layout, name):
    path = corpus.write(layout).root / name
    path.unlink()
    assert corpus.annotations() == []
    for target in ("user@host.1", "x" * 300, path):
        path.symlink_to(target)
        assert corpus.annotations() == []
        path.unlink()


def test_annotation_files_that_options_do_without_are_none(corpus):
    assert corpus.write("celeba").annotations(identity_file=False) == []
    assert corpus.write("mmew").annotations(part="macro") == []
    assert annotation_files("videos", corpus.root, "name", table="sub/clips.CSV", no_option=True) == []


def test_the_photographs_of_celeba_are_not_looked_through_for_its_annotation(corpus, monkeypatch):
    corpus.write("celeba")
    listed, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: listed.append(str(folder)) or scandir(folder))
    assert corpus.annotations() == [str(corpus.root / CELEBA)]
    assert [path for path in listed if path.endswith("img_align_celeba")] == []


def test_two_folders_of_one_name_are_named(corpus):
    corpus.write("oulu")
    for copy in ("a", "b"):
        (corpus.root / copy / "OriginalImg/VL").mkdir(parents=True)
        shutil.copytree(corpus.root / "OriginalImg/VL/Strong", corpus.root / copy / "OriginalImg/VL/Strong")
    assert len(corpus.list()) == 2
    shutil.rmtree(corpus.root / "OriginalImg")
    corpus.fails("expected one folder OriginalImg/VL/Strong, found .*/a/.*, .*/b/.*; keep one there")


def test_celeba_without_its_identity_file_says_how_to_do_without(corpus):
    (corpus.write("celeba").root / "identity_CelebA.txt").unlink()
    corpus.fails("identity_CelebA.txt, found none; put exactly one there, or .*identity_file: false")
    assert len(corpus.list(identity_file=False)) == 2


@pytest.mark.parametrize("names", [("anger", "happiness"), ("Surprise", "Sadness")])
def test_macro_expressions_of_mmew_may_lie_without_folders_of_subjects(corpus, names):
    """Which emotions and subjects have capital letters."""
    macro = corpus.write("mmew_macro").root / "MMEW_Final/Macro_Expression"
    for emotion, name in zip(sorted((macro / "S01").iterdir()), names, strict=True):
        emotion.rename(macro / name)
    (macro / "S01").rmdir()
    table = corpus.list()
    assert list(table["subject"]) == ["S01", "S01"]
    assert sorted(table["emotion"]) == sorted(map(str.lower, names))


@pytest.mark.parametrize(
    ("layout", "folder"),
    [
        ("casme2", "CASME2_compressed"),
        ("samm", "SAMM"),
        ("smic", "SMIC_all_raw/HS"),
        ("mmew", "MMEW_Final/Micro_Expression"),
        ("mmew_macro", "MMEW_Final/Macro_Expression"),
        ("ckplus", "cohn-kanade-images"),
        ("ckplus", "Emotion"),
        ("oulu", "OriginalImg/VL/Strong"),
        ("celeba", "img_align_celeba"),
    ],
)
def test_a_missing_folder_is_named(corpus, layout, folder):
    shutil.rmtree(corpus.write(layout).root / folder)
    corpus.fails(f"expected the folder {folder} in it; set root to")


@pytest.mark.parametrize(("layout", "sheet"), [("casme2", CASME2), ("samm", SAMM), ("mmew", MMEW)])
def test_an_annotation_must_be_there_once_and_be_readable(corpus, layout, sheet):
    path = corpus.write(layout).root / sheet
    (path.parent / f"~${path.name}").touch()
    assert len(corpus.list()) == 2
    (corpus.root / "copy").mkdir()
    copy = shutil.copy(path, corpus.root / "copy" / path.name)
    corpus.fails("expected one annotation file", re.escape(f"{copy}"), "put exactly one there")
    shutil.rmtree(corpus.root / "copy")
    path.write_bytes(path.read_bytes()[:500])
    corpus.fails(re.escape(str(path)), "not a readable .xlsx table")
    path.unlink()
    corpus.fails("expected one annotation file .*found none")


@pytest.mark.parametrize(
    ("layout", "folder", "new", "expected"),
    [
        ("smic", "SMIC_all_raw/HS/s1/micro/negative", "angry", "angry: emotion 'angry' is unknown"),
        ("oulu", "OriginalImg/VL/Strong/P001/Anger", "Joy", "Joy: emotion 'Joy' is unknown"),
        ("mmew_macro", "MMEW_Final/Macro_Expression/S01/anger", "joy", "joy: emotion 'joy' is unknown"),
        (
            "mmew_macro",
            "MMEW_Final/Macro_Expression/S01/anger/S01-07-001",
            "clip1",
            "'clip1' does not begin with its sub",
        ),
    ],
)
def test_a_folder_that_makes_no_sense_is_named(corpus, layout, folder, new, expected):
    path = corpus.write(layout).root / folder
    path.rename(path.with_name(new))
    corpus.fails(expected)


@pytest.mark.parametrize("text", ["", "happy", "8.0", "5.5", "nan"])
def test_an_emotion_file_of_ckplus_holds_one_number(corpus, text):
    path = corpus.write("ckplus").root / "Emotion/S001/001/S001_001_00000003_emotion.txt"
    path.write_text(text)
    corpus.fails(re.escape(f"{path}: found {text!r}, expected one number from 0 to 7"))


def test_sequences_of_ckplus_without_an_emotion_are_left_out(corpus):
    shutil.rmtree(corpus.write("ckplus").root / "Emotion/S001/001")
    assert list(corpus.list()["clip"]) == ["S001_002"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("000001.jpg 1\n000002.jpg\n", "row 2 is '000002.jpg', expected a file name and a number"),
        ("000001.jpg 1\n", "no row for .*/000002.jpg"),
        ("1.jpg 5\n2.jpg 7\n1.jpg 7\n", "1.jpg has the identity 5 in row 1 and 7 in row 3; keep one"),
        ("\n2.jpg 7\n1.jpg 5\n \n1.jpg 7\n", "1.jpg has the identity 5 in row 3 and 7 in row 5; keep one"),
    ],
)
def test_the_identity_file_of_celeba_must_name_every_photograph(corpus, text, expected):
    (corpus.write("celeba").root / "identity_CelebA.txt").write_text(text)
    corpus.fails("identity_CelebA.txt", expected)


def test_photographs_of_the_macro_part_of_mmew_are_clips_of_one_frame(corpus):
    folder = corpus.write("mmew_macro").root / "MMEW_Final/Macro_Expression/S01/anger"
    (folder / "S01-07-001/1.jpg").rename(folder / "S01-07-002.jpg")
    photograph = corpus.list().set_index("clip").loc["S01-07-002"]
    assert list(photograph[["emotion", "onset", "apex", "offset"]]) == ["anger", 0, 0, 0]


def test_a_part_or_release_that_does_not_exist_is_named(corpus):
    corpus.write("casme2").fails(
        "release 'full' of CASME II is unknown; choose one of raw, cropped, avi", release="full"
    )
    corpus.write("mmew").fails("part 'both' of MMEW is unknown; choose micro or macro", part="both")


def test_raw_and_cropped_frames_of_casme2_are_found_by_the_numbers_in_their_names(corpus):
    corpus.write("casme2")
    for release, pattern in (("CASME2_RAW_selected", "img{}.jpg"), ("Cropped", "reg_img{}.jpg")):
        for clip in ("EP01_02", "EP02_03"):
            folder = corpus.root / release / "sub01" / clip
            folder.mkdir(parents=True)
            for number in range(1, 11):
                (folder / pattern.format(number)).touch()
    corpus.set_cell(CASME2, 2, "OffsetFrame", 10)
    for release in ("raw", "cropped"):
        table = corpus.list(release=release)
        assert list(table["onset"]) == [0, 0]
        assert list(table["offset"]) == [9, 3]


def test_layout_root_and_options_are_checked_first(tmp_path):
    with pytest.raises(InputError, match=f"dataset d: layout is 'casme3'; expected one of {', '.join(LAYOUTS)}"):
        list_clips("casme3", tmp_path, "d")
    with pytest.raises(InputError, match=r"dataset d: layout oulu knows no option 'part'; it takes camera, light"):
        list_clips("oulu", tmp_path, "d", part="micro")
    for layout in LAYOUTS:
        with pytest.raises(InputError, match=r"dataset d: root .*nowhere is not a folder"):
            list_clips(layout, tmp_path / "nowhere", "d")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_annotation_files_depend_on_options_that_the_layout_takes(layout):
    module = import_module(f"mie_x_lib.corpora.layouts.{layout}")
    if hasattr(module, "annotations"):
        root, _, *options = inspect.signature(module.list_clips).parameters.values()
        assert list(inspect.signature(module.annotations).parameters.values()) == [root, *options]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_published_depends_on_options_that_the_layout_takes(layout):
    module = import_module(f"mie_x_lib.corpora.layouts.{layout}")
    options = list(inspect.signature(module.list_clips).parameters.values())[2:]
    if hasattr(module, "published"):
        assert list(inspect.signature(module.published).parameters.values()) == options
        assert set(published_counts(layout, "d")) <= set(COUNTED)
    else:
        assert published_counts(layout, "d") == {}


def test_an_empty_folder_holds_no_photographs(tmp_path):
    with pytest.raises(InputError, match="no clip with a usable emotion was found"):
        list_clips("emotionnet", tmp_path, "d")
