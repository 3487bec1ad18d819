import os
import struct

import cv2
import numpy as np
import pytest

from mie_x_lib.corpora.inventory import take_stock
from mie_x_lib.corpora.wholeness import (
    CUT_OFF,
    EMPTY,
    NO_INDEX,
    NO_PICTURE,
    UNREADABLE,
    fault_of,
    is_cut_off,
    tell_faults,
)
from tests.videos import film

PICTURE = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
SUFFIXES = (".jpg", ".png", ".bmp", ".tif", ".webp")


def encoded(suffix):
    return cv2.imencode(suffix, PICTURE)[1].tobytes()


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_whole_pictures_have_no_fault_and_others_have_one(write, suffix):
    data = encoded(suffix)
    # OpenCV's TIFF has its directory last.
    shares = (0.02, 0.5, 0.95)
    assert fault_of(write(f"a{suffix}", data)) is None
    assert not is_cut_off(data)
    for share in shares:
        part = data[: int(share * len(data))]
        assert fault_of(write(f"b{suffix}", part)) == CUT_OFF
        assert is_cut_off(part)
    assert fault_of(write(f"c{suffix}", b"")) == EMPTY
    assert fault_of(write(f"d{suffix}", b"<html>404</html>")) == NO_PICTURE


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_what_phones_append_to_a_picture_is_no_fault(write, suffix):
    assert fault_of(write(f"a{suffix}", encoded(suffix) + bytes(5000))) is None


def test_the_end_of_a_small_picture_within_is_not_that_of_the_picture(write):
    small = b"Exif\0\0" + encoded(".jpg")
    data = encoded(".jpg")
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(small) + 2) + small + data[2:]
    assert fault_of(write("a.jpg", data + bytes(200))) is None
    assert fault_of(write("a.jpg", data[:-300])) == CUT_OFF


def test_videos_that_are_cut_off_are_found(tmp_path):
    for name, codec, fault in (("a.avi", "MJPG", CUT_OFF), ("a.mp4", "mp4v", CUT_OFF), ("a.mov", "MJPG", CUT_OFF)):
        path = film(tmp_path / name, codec, [PICTURE] * 5)
        assert fault_of(path) is None
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert fault_of(path) == fault
    path = film(tmp_path / "b.mp4", "mp4v", [PICTURE] * 5)
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"moov") - 4])
    assert fault_of(path) == NO_INDEX


def test_the_size_in_an_avi_may_count_its_own_head(tmp_path):
    path = film(tmp_path / "a.avi", "MJPG", [PICTURE] * 5)
    data = path.read_bytes()
    path.write_bytes(data[:4] + struct.pack("<I", len(data)) + data[8:])
    assert fault_of(path) is None
    path.write_bytes(data[:4] + struct.pack("<I", len(data) + 1) + data[8:])
    assert fault_of(path) == CUT_OFF


def test_an_ogg_video_ends_with_the_last_page_of_its_stream(write):
    pages = [b"OggS\0" + bytes([kind]) + bytes(100) for kind in (2, 0, 0, 4)]
    assert fault_of(write("a.ogv", b"".join(pages))) is None
    assert fault_of(write("a.ogv", b"".join(pages[:-1]))) == CUT_OFF
    assert fault_of(write("a.ogv", b"OggS")) == CUT_OFF


def test_what_cannot_be_opened_is_told(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    for path in (tmp_path / "gone.jpg", tmp_path / "folder.jpg", "a" * 300 + ".jpg", "a\0b.jpg"):
        assert fault_of(path) == UNREADABLE


def test_faults_are_counted_by_kind(write, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "0.jpg").write_bytes(encoded(".jpg"))
    (folder / "1.jpg").touch()
    paths = [write("a.jpg", b""), write("b.jpg", b"<html>"), write("c.png", encoded(".png")), folder, folder]
    # However they are written.
    assert tell_faults(f"{path.parent}/./{path.name}" for path in paths) == tell_faults(paths)
    assert tell_faults(paths) == (
        f"3 of 5 files cannot be used, and what needs them is left out: 2 empty ({paths[0]}), 1 no picture ({paths[1]})"
    )
    assert tell_faults(paths[2:3]) is None


def test_the_check_of_datasets_finds_them_without_decoding(write, tmp_path, monkeypatch):
    for name in ("imdecode", "imread", "VideoCapture"):
        monkeypatch.delattr(cv2, name)
    write("a.jpg", b"")
    write("b.jpg", encoded(".jpg"))
    dataset = {"layout": "videos", "root": str(tmp_path), "options": {}, "identities": 2}
    _, (remark,), faults = take_stock({"faces": dataset})
    assert remark.startswith("faces: 1 of 2 files cannot be used")
    assert os.fspath(tmp_path / "a.jpg") in remark
    assert faults == []
