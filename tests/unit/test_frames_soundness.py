import os
import re
import struct

import cv2
import numpy as np
import pytest

from mie_x_lib.frames import soundness
from mie_x_lib.frames.decode import Film
from mie_x_lib.frames.soundness import Soundness, damaged_pictures, examine
from tests.videos import change_size, cut_off, damage, drop, empty, film, interlace, lose, trim

# Every test starts another process.
pytestmark = pytest.mark.slow

NOISE = list(np.random.default_rng(1).integers(0, 255, (12, 48, 64, 3), np.uint8))


@pytest.fixture
def avi(tmp_path):
    return film(tmp_path / "a.avi", "MJPG", NOISE)


def of(path):
    return examine([str(path)])[str(path)]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.avi", "MJPG"), ("a.mp4", "mp4v"), ("a.mkv", "mp4v"), ("a.webm", "VP80")]
)
def test_a_whole_video_has_no_fault(tmp_path, name, codec):
    assert of(film(tmp_path / name, codec, NOISE)) == Soundness(12, 12, "")


def test_a_frame_that_opencv_leaves_empty_is_told(avi):
    assert of(empty(avi, 4)) == Soundness(12, 4, "frame 4 is damaged (no picture comes of it)")


def test_a_video_that_is_cut_off_is_told(avi):
    found = of(cut_off(avi, 7))
    assert (found.frames, found.sound) == (8, 7)
    assert found.problem.startswith("frame 7 is damaged (")
    assert found.problem.endswith("(8 of 12 frames can be decoded)")


def test_frames_are_missed_where_no_decoder_complains(avi):
    """Cut off between two frames."""
    data = avi.read_bytes()
    avi.write_bytes(data[: data.rindex(b"00dc", 0, soundness_end(data))])
    assert of(avi) == Soundness(11, 10, "cut off: 11 of 12 frames can be decoded")


def soundness_end(data):
    return data.index(b"idx1")


def test_a_frame_that_is_patched_up_is_told(avi):
    """The decoder gives all frames."""
    damage(avi, 4)
    assert Film(avi).count() == 12
    found = of(avi)
    assert (found.frames, found.sound) == (12, 4)
    assert found.problem.startswith("frame 4 is damaged (")


def test_of_two_damaged_frames_the_first_counts(avi):
    assert of(damage(damage(avi, 8), 4)).sound == 4


def test_the_frame_of_a_fault_does_not_depend_on_the_number_of_cores(tmp_path):
    """Where several threads decode, the next frames are decoded before the one that is asked for is there."""
    path = film(tmp_path / "a.mp4", "mp4v", NOISE)
    frames = [found.start() for found in re.finditer(rb"\x00\x00\x01\xb6", path.read_bytes())]
    data = bytearray(path.read_bytes())
    data[frames[7] + 40 : frames[7] + 400] = bytes(360)
    path.write_bytes(data)
    assert [of(path)[:2] for _ in range(3)] == [(12, 7)] * 3


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "mp4v"), ("a.webm", "VP80"), ("a.mpg", "mpg2")])
def test_containers_without_a_count_are_told_too(tmp_path, name, codec):
    path = film(tmp_path / name, codec, NOISE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = of(path)
    assert found.sound < found.frames < 12
    assert "is damaged" in found.problem


def test_an_end_that_is_missing_is_told_although_it_was_read_while_the_video_was_opened(tmp_path):
    path = film(tmp_path / "a.mkv", "mp4v", NOISE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    assert of(path).sound < of(path).frames < 6
    assert of(path).problem


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (1480, "pictures end after 0.5 of 1.5 seconds: it is cut off, or sound alone goes on"),
        (600, "pictures end after 0.5 of 0.6 seconds: it is cut off, or sound alone goes on"),
        # The last sound may end some frames after the last picture.
        (520, ""),
        # No video is so long: its header is nonsense.
        (1e15, ""),
    ],
)
def test_pictures_that_end_long_before_the_video_are_told_and_usable(tmp_path, milliseconds, told):
    """As where sound goes on, or where the rest cannot be found."""
    path = film(tmp_path / "a.mkv", "mp4v", NOISE)
    data = path.read_bytes()
    place = data.rindex(struct.pack(">d", 480)), data.rindex(struct.pack(">d", 480)) + 8
    path.write_bytes(data[: place[0]] + struct.pack(">d", milliseconds) + data[place[1] :])
    assert of(path) == Soundness(12, 12, told)


@pytest.mark.parametrize("frame", [0, 4, 11])
def test_frames_that_a_camera_dropped_are_not_missed(avi, frame):
    data = drop(avi, frame).read_bytes()
    # Parts of frames have this name too.
    for name in (b"00dc", b"00db"):
        avi.write_bytes(data.replace(b"00dc", name))
        assert of(avi) == Soundness(11, 11, "")


def test_where_a_frame_is_lost_and_nothing_tells_which_none_is_sound(avi):
    """Those behind it have the numbers of those before them."""
    assert of(lose(avi, 4)) == Soundness(
        11, 0, "11 of 12 frames can be decoded, and nothing tells where others are missing"
    )


@pytest.mark.parametrize("frame", [0, 5])
def test_interlaced_frames_are_told(tmp_path, frame):
    """OpenCV gives black or leftover pictures in their place."""
    found = of(interlace(film(tmp_path / "a.mpg", "mpg2", NOISE), frame))
    # The decoder marks the one before, too.
    assert found.frames == found.sound == max(frame - 1, 0)
    assert found.problem.startswith(f"frame {found.frames} is interlaced, which is not read; convert the video, ")


@pytest.mark.parametrize("options", ["", "ignore_editlist;1"])
def test_frames_that_were_trimmed_away_are_no_fault(tmp_path, monkeypatch, options):
    """Whatever options of OpenCV's the surroundings have."""
    monkeypatch.setenv("OPENCV_FFMPEG_CAPTURE_OPTIONS", options)
    paths = [trim(film(tmp_path / f"phone.{suffix}", "mp4v", NOISE), 0.5) for suffix in ("mp4", "m4v", "mov", "3gp")]
    assert set(examine(map(str, paths)).values()) == {Soundness(6, 6, "")}


@pytest.mark.parametrize("width", [40, 64])
def test_a_change_of_size_is_told(avi, width):
    """OpenCV gives all frames in the size of the first."""
    change_size(avi, 5, np.full((32, width, 3), 90, np.uint8))
    assert of(avi) == Soundness(12, 5, f"frame 5 has {width}x32 pixels and those before 64x48")


@pytest.mark.parametrize("content", [b"", b"RIFF and then nothing", b"<html>"])
def test_what_is_no_video_has_no_frames(tmp_path, content):
    (tmp_path / "a.avi").write_bytes(content)
    for name in ("a.avi", "gone.avi", "a" * 300):
        assert of(tmp_path / name)[:2] == (0, 0)


def test_many_are_examined_at_a_time(tmp_path, avi):
    paths = [str(tmp_path / f"{number}.avi") for number in range(7)]
    for path in paths[:5]:
        os.link(avi, path)
    found = examine(paths, threads=3)
    assert [found[path].frames for path in paths] == [12] * 5 + [0] * 2
    assert examine([]) == {}


def test_a_video_that_ends_the_process_ends_no_other(tmp_path, avi, monkeypatch):
    program = tmp_path / "program.py"
    program.write_text(
        "import json, sys\nfor path, _ in json.load(sys.stdin):\n    if 'bad' in path: sys.exit(1)\n"
        "    print(json.dumps([5, 5, '']), flush=True)\n"
    )
    monkeypatch.setattr(soundness, "__file__", str(program))
    crash = Soundness(0, 0, "the decoder crashes on it")
    assert examine(["a", "bad", "b", "bad2"]) == {
        "a": Soundness(5, 5, ""),
        "bad": crash,
        "b": Soundness(5, 5, ""),
        "bad2": crash,
    }


def jpeg(path, **changed):
    """A JPEG file; changed: bytes in its middle, or at its end."""
    data = bytearray(cv2.imencode(".jpg", NOISE[0])[1].tobytes())
    middle = len(data) // 2
    data[middle : middle + len(changed.get("inside", b""))] = changed.get("inside", b"")
    data[-2:-2] = changed.get("before_end", b"")
    path.write_bytes(bytes(data) + changed.get("behind", b""))
    return str(path)


@pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.png"])
def test_a_jpeg_that_is_damaged_inside_is_told(tmp_path, name):
    path = jpeg(tmp_path / name, inside=np.random.default_rng(0).bytes(400))
    assert re.match("Corrupt JPEG data: ", damaged_pictures([path])[path])


def test_a_jpeg_that_ends_early_is_told(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(cv2.imencode(".jpg", NOISE[0])[1].tobytes()[:-1000])
    assert damaged_pictures([str(path)]) == {str(path): "Premature end of JPEG file"}


@pytest.mark.parametrize(("compression", "told"), [(5, "Using code not yet in table"), (7, "Corrupt JPEG data")])
def test_a_tiff_that_is_damaged_inside_is_told(tmp_path, compression, told):
    path = tmp_path / "a.tif"
    options = [cv2.IMWRITE_TIFF_COMPRESSION, compression, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 48]
    assert cv2.imwrite(str(path), NOISE[0], options)
    assert damaged_pictures([str(path)]) == {}
    data = bytearray(path.read_bytes())
    data[2000:2400] = np.random.default_rng(0).bytes(400)
    path.write_bytes(data)
    assert told in damaged_pictures([str(path)])[str(path)]


@pytest.mark.parametrize("changed", [{}, {"before_end": b"\0" * 9}, {"behind": b"\0" * 99}])
def test_a_jpeg_that_decodes_whole_is_not_told(tmp_path, changed):
    assert damaged_pictures([jpeg(tmp_path / "a.jpg", **changed)]) == {}


def test_pictures_of_other_formats_and_none_are_not_told_here(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), NOISE[0])
    (tmp_path / "b.jpg").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(b"\xff\xd8\xff" + b"nothing")
    assert damaged_pictures([str(tmp_path / name) for name in ("a.png", "b.jpg", "c.jpg", "d.jpg", ".")]) == {}
