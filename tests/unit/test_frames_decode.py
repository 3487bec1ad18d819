import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from mie_x_lib.errors import InputError
from mie_x_lib.frames import decode as decoding
from mie_x_lib.frames.decode import Film, frame_files, read_frames
from tests.videos import decode, empty, film, widen


def plain(value, size=(24, 32)):
    """A picture whose red is `value` and whose blue is 200, so that swapped channels show."""
    picture = np.zeros((*size, 3), np.uint8)
    picture[..., 0], picture[..., 2] = value, 200
    return picture


def save(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return path


@pytest.fixture
def folder(tmp_path):
    for number in (1, 2, 9, 10, 11):
        save(tmp_path / "clip" / f"img{number}.png", plain(10 * number))
    return tmp_path / "clip"


REDS = [20 * number for number in range(12)]


@pytest.fixture
def video(tmp_path):
    return film(tmp_path / "clip.avi", "MJPG", [plain(red, (48, 64)) for red in REDS])


def marked():
    """A picture whose upper left quarter is bright."""
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 250
    return picture


def bright_quarter(picture):
    """(is lower, is right) of the quarter that is bright."""
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    quarters = [(y, x) for y in (0, 1) for x in (0, 1)]
    means = [picture[y * height : (y + 1) * height, x * width : (x + 1) * width].mean() for y, x in quarters]
    assert max(means) > 200
    assert sorted(means)[2] < 50
    return quarters[int(np.argmax(means))]


def turn(mp4, degrees):
    """Set the rotation flag of an MP4 file: the matrix in its track header."""
    cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    data = mp4.read_bytes()
    matrix = data.index(b"tkhd") + 44
    one = 1 << 16
    turned = struct.pack(">9i", cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30)
    mp4.write_bytes(data[:matrix] + turned + data[matrix + 36 :])


def pace(mp4, durations):
    """Give each frame of an MP4 file its own duration; their sum stays that of the file."""
    data = bytearray(mp4.read_bytes())
    start = data.index(b"stts") - 4
    size, _, _, _, count, duration = struct.unpack(">I4s4I", data[start : start + 24])
    assert (size, count, count * duration) == (24, len(durations), sum(durations))
    entries = b"".join(struct.pack(">II", 1, duration) for duration in durations)
    data[start : start + 24] = struct.pack(">I4sII", 16 + len(entries), b"stts", 0, len(durations)) + entries
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        place = data.index(name) - 4
        (outer,) = struct.unpack(">I", data[place : place + 4])
        data[place : place + 4] = struct.pack(">I", outer + len(entries) - 8)
    mp4.write_bytes(data)


def tagged(jpeg, orientation):
    """A JPEG file as bytes, with the orientation tag that a camera held askew writes."""
    exif = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    segment = b"Exif\0\0" + exif
    return jpeg[:2] + struct.pack(">HH", 0xFFE1, len(segment) + 2) + segment + jpeg[2:]


def reds(pictures):
    return [round(float(picture[..., 0].mean())) for picture in pictures]


def test_frames_of_a_folder_come_in_the_order_of_their_numbers(folder):
    assert [file.name for file in frame_files(folder)] == [f"img{n}.png" for n in (1, 2, 9, 10, 11)]
    assert reds(decode(folder, [0, 1, 2, 3, 4])) == [10, 20, 90, 100, 110]


def test_numbers_with_and_without_leading_zeros_sort_together(tmp_path):
    for name in ("006_9999.jpg", "006_10000.jpg", "006_00012.jpg"):
        save(tmp_path / name, plain(0))
    assert [file.name for file in frame_files(tmp_path)] == ["006_00012.jpg", "006_9999.jpg", "006_10000.jpg"]


def test_what_is_no_image_is_no_frame(folder):
    (folder / "Thumbs.db").write_bytes(b"x")
    save(folder / "._img1.png", plain(0))
    assert Film(folder).count() == 5


def test_frames_come_in_the_order_asked_as_often_as_asked(folder, video):
    assert reds(decode(folder, [3, 0, 3])) == [100, 10, 100]
    np.testing.assert_allclose(reds(decode(video, [7, 2, 7])), [140, 40, 140], atol=3)


def test_channels_are_red_green_blue(folder, video):
    assert decode(folder, [0])[0, 5, 5].tolist() == [10, 0, 200]
    np.testing.assert_allclose(decode(video, [5])[0, 20, 20], [100, 0, 200], atol=6)


def test_a_grey_image_has_three_channels(tmp_path):
    assert cv2.imwrite(str(tmp_path / "a.png"), np.full((8, 9), 77, np.uint8))
    picture = decode(tmp_path / "a.png", [0])
    assert picture.shape == (1, 8, 9, 3)
    assert (picture == 77).all()


@pytest.mark.parametrize(("degrees", "quarter"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))])
def test_a_video_that_is_flagged_as_turned_stands_upright(tmp_path, degrees, quarter):
    path = film(tmp_path / "phone.mp4", "mp4v", [marked()] * 3)
    turn(path, degrees)
    pictures = decode(path, [0, 2])
    assert pictures.shape[1:3] == ((64, 48) if degrees in (90, 270) else (48, 64))
    assert [bright_quarter(picture) for picture in pictures] == [quarter] * 2


@pytest.mark.parametrize(("wide", "shape"), [(False, (48, 64, 3)), (True, (48, 85, 3))])
def test_pixels_that_are_not_square_are_shown_in_their_proportions(tmp_path, wide, shape):
    path = film(tmp_path / "a.mpg", "mpg2", [np.full((48, 64, 3), 90, np.uint8)] * 3)
    assert decode(widen(path) if wide else path, [1]).shape[1:] == shape


@pytest.mark.parametrize("durations", [[1] * 11 + [6133], [256, 768, 0, 1024, 512, 512] * 2])
def test_a_variable_frame_rate_neither_drops_nor_repeats_a_frame(tmp_path, durations):
    path = film(tmp_path / "phone.mp4", "mp4v", [plain(red, (48, 64)) for red in REDS])
    before = decode(path, range(12))
    pace(path, durations)
    assert Film(path).count() == 12
    np.testing.assert_array_equal(decode(path, range(12)), before)
    np.testing.assert_allclose(reds(before), REDS, atol=6)


@pytest.mark.parametrize(("orientation", "quarter"), [(1, (0, 0)), (3, (1, 1)), (6, (0, 1)), (8, (1, 0))])
def test_a_photograph_that_is_tagged_as_turned_stands_upright(tmp_path, orientation, quarter):
    path = save(tmp_path / "phone.jpg", marked())
    path.write_bytes(tagged(path.read_bytes(), orientation))
    (picture,) = decode(path, [0])
    assert picture.shape[:2] == ((48, 64) if orientation in (1, 3) else (64, 48))
    assert bright_quarter(picture) == quarter


def test_a_tiff_that_is_tagged_as_turned_stands_upright(tmp_path):
    Image.fromarray(marked()).save(tmp_path / "scan.tif", tiffinfo={0x0112: 6})
    (picture,) = decode(tmp_path / "scan.tif", [0])
    assert picture.shape[:2] == (64, 48)
    assert bright_quarter(picture) == (0, 1)


def save_16_bits(folder, pictures, suffix=".png"):
    folder.mkdir()
    for number, picture in enumerate(pictures):
        assert cv2.imwrite(str(folder / f"{number}{suffix}"), picture)
    return folder


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_images_of_16_bits_are_scaled_by_the_depth_that_is_made_use_of(tmp_path, bits, suffix):
    shares = np.linspace(0, 1, 80).reshape(8, 10)
    path = save_16_bits(tmp_path / "clip", [np.uint16(np.rint(shares * (2**bits - 1)))], suffix)
    picture = decode(path, [0])[0]
    assert picture.dtype == np.uint8
    np.testing.assert_allclose(picture, np.repeat(shares[..., None] * 255, 3, axis=2), atol=0.6)


def test_all_frames_of_16_bits_of_a_clip_have_one_scale(tmp_path):
    """Also where only dark ones are asked for: a change of light must not be undone."""
    path = save_16_bits(tmp_path / "clip", [np.full((8, 8, 3), value, np.uint16) for value in (200, 400, 1000)])
    assert reds(decode(path, [0, 1])) == [50, 100]
    assert reds(decode(path, [1])) == [100]
    assert reds(decode(path, [2])) == [249]


def retag(tiff, tag, value):
    """Give a tag of a little-endian TIFF that has a short number another value."""
    data = bytearray(tiff.read_bytes())
    start = int.from_bytes(data[4:8], "little")
    for entry in range(start + 2, start + 2 + 12 * int.from_bytes(data[start : start + 2], "little"), 12):
        if int.from_bytes(data[entry : entry + 2], "little") == tag:
            data[entry + 8 : entry + 10] = value.to_bytes(2, "little")
            return tiff.write_bytes(data)
    raise AssertionError(f"{tiff} has no tag {tag}")


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_in_some_tiff_files_0_is_white(tmp_path, depth):
    largest = np.iinfo(depth).max
    # Of 16 bits, as many are taken as are made use of.
    dark = np.full((8, 8), 0.2 * largest, depth)
    dark[0, 0] = largest
    assert cv2.imwrite(str(tmp_path / "a.tif"), dark)
    assert decode(tmp_path / "a.tif", [0])[0, 4, 4].tolist() == [51, 51, 51]
    retag(tmp_path / "a.tif", 262, 0)
    assert decode(tmp_path / "a.tif", [0])[0, 4, 4].tolist() == [204, 204, 204]


def test_a_tiff_of_16_bits_with_one_channel_after_the_other_is_refused(tmp_path):
    """OpenCV shows what was in memory before."""
    assert cv2.imwrite(str(tmp_path / "a.tif"), np.full((8, 8, 3), 1000, np.uint16))
    retag(tmp_path / "a.tif", 284, 2)
    with pytest.raises(InputError, match=r"a\.tif: is a TIFF .* save it with interleaved channels"):
        decode(tmp_path / "a.tif", [0])


def test_frames_of_two_depths_are_refused(tmp_path):
    """Those of 16 bits alone would be brightened."""
    pictures = [np.full((8, 8, 3), value, kind) for value, kind in ((20, np.uint8), (20 * 257, np.uint16))]
    path = save_16_bits(tmp_path / "clip", pictures)
    with pytest.raises(InputError, match=r"clip: expected frames of one depth; .*0\.png has 8 bits .* others have 16"):
        decode(path, [0, 1])


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_transparency_is_left_out(tmp_path, depth):
    picture = np.full((8, 8, 4), 100 if depth == np.uint8 else 100 * 257, depth)
    picture[..., 3] = 0
    picture[0, 0] = np.iinfo(depth).max
    assert cv2.imwrite(str(tmp_path / "a.png"), picture)
    shown = decode(tmp_path / "a.png", [0])[0]
    assert shown.shape == (8, 8, 3)
    assert shown[4, 4].tolist() == [100, 100, 100]


def test_an_image_of_real_numbers_is_refused(tmp_path):
    assert cv2.imwrite(str(tmp_path / "a.tif"), np.full((8, 8, 3), 0.5, np.float32))
    with pytest.raises(InputError, match=r"a\.tif: expected 8 or 16 bits a channel and found float32"):
        decode(tmp_path / "a.tif", [0])


def test_webp_is_read(tmp_path):
    save(tmp_path / "a.webp", plain(90))
    np.testing.assert_allclose(decode(tmp_path / "a.webp", [0])[0, 5, 5], [90, 0, 200], atol=6)


def test_frames_are_counted_by_decoding(folder, video):
    assert Film(folder).count() == 5
    assert Film(video).count() == 12
    assert Film(folder / "img1.png").count() == 1


def test_the_stream_of_a_camcorder_is_read(tmp_path):
    """AVCHD stores MPEG transport streams."""
    stream = film(tmp_path / "a.ts", "mpg2", [plain(red, (48, 64)) for red in REDS]).rename(tmp_path / "00001.MTS")
    np.testing.assert_allclose(reds(decode(stream, range(10))), REDS[:10], atol=6)


def test_a_frame_that_opencv_leaves_empty_is_named(tmp_path):
    path = empty(film(tmp_path / "a.avi", "MJPG", [np.full((20, 24, 3), 100, np.uint8)] * 5), 2)
    assert next(iter(read_frames(path, [1])))[1].shape == (20, 24, 3)
    with pytest.raises(InputError, match=r"a\.avi: frame 2 cannot be decoded"):
        list(read_frames(path))


def test_no_indices_mean_all_frames(video, folder):
    assert [index for index, _ in read_frames(video)] == list(range(12))
    assert [index for index, _ in read_frames(folder)] == list(range(5))


def test_only_what_is_asked_for_is_decoded(folder):
    (folder / "img9.png").write_bytes(b"not an image")
    assert reds(decode(folder, [0, 4])) == [10, 110]
    with pytest.raises(InputError, match=r"img9\.png"):
        decode(folder, [2])


@pytest.mark.parametrize("kind", ["folder", "video"])
def test_a_frame_past_the_end_is_named(kind, request):
    path = request.getfixturevalue(kind)
    with pytest.raises(InputError, match=rf"{path}.*frame 12 "):
        decode(path, [0, 12])


def test_a_negative_frame_is_refused(folder):
    with pytest.raises(InputError, match="counted from 0"):
        decode(folder, [-1])


@pytest.mark.parametrize("name", ["gone.avi", "gone.png", "broken.avi", "broken.jpg", "hollow.jpg", "empty"])
def test_an_unreadable_path_is_named(tmp_path, name):
    (tmp_path / "broken.avi").write_bytes(b"RIFF and then nothing")
    (tmp_path / "broken.jpg").write_bytes(b"x")
    (tmp_path / "hollow.jpg").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        decode(tmp_path / name, [0])


def test_frames_of_different_sizes_are_refused(folder):
    save(folder / "img2.png", plain(0, (30, 30)))
    for wanted in ([0, 1], [0, 4, 1]):
        with pytest.raises(InputError, match=r"img1\.png has 32x24 pixels and \S*img2\.png has 30x30"):
            decode(folder, wanted)


def test_a_picture_that_opencv_refuses_is_named(tmp_path):
    """A header that claims more pixels than OpenCV takes."""
    picture = bytearray(cv2.imencode(".jpg", plain(0))[1])
    start = picture.index(b"\xff\xc0")
    picture[start + 5 : start + 9] = struct.pack(">HH", 65500, 65500)
    (tmp_path / "bomb.jpg").write_bytes(picture)
    with pytest.raises(InputError, match=r"bomb\.jpg"):
        decode(tmp_path / "bomb.jpg", [0])


def test_a_name_that_no_file_can_have_is_named():
    for name in ("a" * 300, "a\0b"):
        for suffix in (".jpg", ".avi"):
            with pytest.raises(InputError, match=r"aaa|a.b"):
                decode(name + suffix, [0])


class Opened:
    """OpenCV's reader, with a count of how often it was opened, and of the frames that were walked through."""

    opened = walked = 0

    def __init__(self, path):
        self.reader, Opened.opened = cv2.VideoCapture(path), Opened.opened + 1

    def grab(self):
        Opened.walked += 1
        return self.reader.grab()

    def __getattr__(self, name):
        return getattr(self.reader, name)


@pytest.mark.parametrize(("held", "opened"), [(decoding.HELD, 1), (3 * 48 * 64 * 3, 2)])
def test_a_film_is_walked_once_as_long_as_what_is_asked_for_is_held(video, monkeypatch, held, opened):
    monkeypatch.setattr(decoding, "HELD", held)
    monkeypatch.setattr(decoding, "cv2", type("cv2", (), {**vars(cv2), "VideoCapture": Opened}))
    Opened.opened = Opened.walked = 0
    film = Film(video, count=12)
    found = [film.picture(index)[..., 0].mean() for index in (2, 3, 4, 5, 2, 4, 9)]
    np.testing.assert_allclose(found, [20 * index for index in (2, 3, 4, 5, 2, 4, 9)], atol=3)
    assert (Opened.opened, film.count()) == (opened, 12)


def test_no_frame_behind_those_that_are_known_to_be_sound_is_given(video):
    known = Film(video, count=3)
    assert reds([known.picture(2)]) == reds(decode(video, [2]))
    with pytest.raises(InputError, match=r"frame 3 \(counted from 0\) was asked for and there are 3"):
        known.picture(3)


def test_a_value_just_above_a_bit_depth_counts_for_the_next_one(tmp_path):
    path = save_16_bits(tmp_path / "clip", [np.full((8, 8, 3), value, np.uint16) for value in (1023, 1024)])
    assert reds(decode(path, [0, 1])) == [64, 64]
    save_16_bits(tmp_path / "darker", [np.full((8, 8, 3), 1023, np.uint16)])
    assert reds(decode(tmp_path / "darker", [0])) == [255]
