"""Files that would take all memory are refused by name before they are decoded."""

import os
import resource
import struct
import subprocess
import sys
import zipfile
import zlib

import cv2
import numpy as np
import openpyxl
import pytest

from mie_x_lib import bounds
from mie_x_lib.corpora import list_clips
from mie_x_lib.corpora.annotations import read_sheet
from mie_x_lib.errors import InputError
from mie_x_lib.frames.decode import read_frames
from mie_x_lib.provenance import ROOT
from mie_x_lib.user_tables import read_rows
from rules.configuration.layers import read_layer

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def memory():
    """No test may need more than another gigabyte."""
    yield
    bounds.use({})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3_000_000


def png(width, height):
    """A PNG of one colour, of any size."""

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + width)) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", rows) + part(b"IEND", b"")


def claiming(suffix, width, height):
    """A small picture whose header states another size."""
    data = bytearray(cv2.imencode(suffix, np.zeros((8, 16, 3), np.uint8))[1].tobytes())
    if suffix == ".jpg":
        place = data.index(b"\xff\xc0") + 5
        data[place : place + 4] = struct.pack(">HH", height, width)
    else:
        data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.png", lambda: png(30_000, 30_000), "900 megapixels, 30000x30000"),
        ("a.jpg", lambda: claiming(".jpg", 65_500, 65_500), "4291 megapixels, 65500x65500"),
        ("a.bmp", lambda: claiming(".bmp", 60_000, 60_000), "3600 megapixels, 60000x60000"),
    ],
)
def test_a_picture_that_claims_to_be_huge_is_refused_by_name(tmp_path, name, content, found):
    (tmp_path / name).write_bytes(content())
    with pytest.raises(
        InputError, match=rf"{name}: has {found}, more than bounds\.picture_megapixels, 200; .* raise the"
    ):
        list(read_frames(tmp_path / name))


def test_a_bound_of_the_config_counts(tmp_path):
    (tmp_path / "a.png").write_bytes(png(1200, 1000))
    assert len(list(read_frames(tmp_path / "a.png"))) == 1
    bounds.use({"picture_megapixels": 1})
    with pytest.raises(InputError, match=r"a\.png: has 2 megapixels"):
        list(read_frames(tmp_path / "a.png"))


def test_a_table_of_a_million_rows_is_refused_by_name(tmp_path):
    (tmp_path / "clips.csv").write_text("clip,subject,emotion,path\n" + "a,b,fear,c\n" * 1_000_000)
    with pytest.raises(InputError, match=r"clips\.csv: has 1000001 rows, more than bounds\.table_rows, 500000"):
        list_clips("videos", tmp_path, "d")
    bounds.use({"table_megabytes": 10})
    with pytest.raises(InputError, match=r"clips\.csv: has 12 MB, more than bounds\.table_megabytes, 10"):
        list_clips("videos", tmp_path, "d")


def test_a_file_without_end_is_refused(tmp_path):
    with open(tmp_path / "clips.csv", "wb") as file:
        file.truncate(10**12)
    with pytest.raises(InputError, match=r"clips\.csv: has 1000000 MB"):
        read_rows(tmp_path / "clips.csv")


def test_what_is_as_large_as_a_bound_is_taken():
    bounds.use({"table_rows": 3, "table_megabytes": 2, "picture_megapixels": 1})
    bounds.refuse_long("a.csv", 3)
    bounds.refuse_heavy("a.csv", 2 * 10**6)
    bounds.refuse_wide("a.png", 1000, 1000)


def test_a_table_of_few_rows_and_many_cells_is_refused(tmp_path):
    bounds.use({"table_rows": 1000})
    (tmp_path / "clips.csv").write_text("a" + "," * 51_000 + "\n")
    with pytest.raises(InputError, match=r"clips\.csv: has 1020 rows, more than bounds\.table_rows, 1000"):
        read_rows(tmp_path / "clips.csv")


@pytest.mark.parametrize("read", [read_rows, lambda path: list(read_sheet(path, ["Subject"]))])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
def test_a_pipe_and_a_device_in_the_place_of_a_table_are_refused(tmp_path, read, make):
    make(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match=r"a\.xlsx: is a pipe or a device"):
        read(tmp_path / "a.xlsx")


def sheet(path, *cells):
    """A spreadsheet with the columns Subject and Clip, and other cells (row, column)."""
    book = openpyxl.Workbook()
    book.active.append(["Subject", "Clip"])
    book.active.append(["1", "a"])
    for row, column in cells:
        book.active.cell(row, column, "x")
    book.save(path)


@pytest.mark.parametrize("cells", [[(1_048_576, 16_384)], [(1_048_576, 1)], [(400_000, 2000)]])
def test_a_cell_far_away_is_refused_by_name(tmp_path, cells):
    path = tmp_path / "a.xlsx"
    sheet(path, *cells)
    assert path.stat().st_size < 10_000
    with pytest.raises(InputError, match=r"a\.xlsx: has \d+ rows, more than bounds\.table_rows"):
        list(read_sheet(path, ["Subject"]))


def test_wide_and_ordinary_sheets_are_read(tmp_path):
    sheet(tmp_path / "a.xlsx", (3, 16_384))
    assert len(list(read_sheet(tmp_path / "a.xlsx", ["Subject"]))) == 1


def test_a_spreadsheet_that_unpacks_to_gigabytes_is_refused_by_name(tmp_path):
    path = tmp_path / "a.xlsx"
    sheet(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media.bin", "w") as member:
        for _ in range(300):
            member.write(bytes(10**6))
    with pytest.raises(InputError, match=r"a\.xlsx: has 30\d MB, more than bounds\.table_megabytes, 200"):
        list(read_sheet(path, ["Subject"]))


def bomb(line):
    return "a: &a x\n" + "".join(
        line.format(new=new, old=old) for old, new in zip("abcdefghi", "bcdefghij", strict=True)
    )


@pytest.mark.parametrize(
    "text",
    [
        bomb("{new}: &{new} [" + ", ".join(["*{old}"] * 10) + "]\n"),
        bomb("{new}: &{new} {{" + ", ".join(f"k{n}: *{{old}}" for n in range(10)) + "}}\n"),
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
        "[" * 100_000,
        "a: " + "9" * 10_000 + "\n",
        "a: 2020-99-99\n",
    ],
)
def test_a_config_without_end_is_one_line(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InputError, match=r"a\.yaml: ") as fault:
        read_layer(tmp_path / "a.yaml")
    assert "\n" not in str(fault.value)
    assert len(str(fault.value)) < 500


def test_aliases_that_stand_for_little_are_taken(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}\n")
    assert read_layer(tmp_path / "a.yaml") == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}


def test_whoever_takes_the_library_alone_has_the_defaults():
    program = "from mie_x_lib.bounds import most_rows; print(most_rows())"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "500000\n"
