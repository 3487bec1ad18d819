import cv2
import numpy as np
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.frames.decode import decode, frame_count, frame_files, read_frames


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


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for number in range(12):
        writer.write(cv2.cvtColor(plain(20 * number, (48, 64)), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


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
    assert frame_count(folder) == 5


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


def test_frames_are_counted_by_decoding(folder, video):
    assert frame_count(folder) == 5
    assert frame_count(video) == 12
    assert frame_count(folder / "img1.png") == 1


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


@pytest.mark.parametrize("name", ["gone.avi", "gone.png", "broken.avi", "broken.jpg", "empty"])
def test_an_unreadable_path_is_named(tmp_path, name):
    (tmp_path / "broken.avi").write_bytes(b"RIFF and then nothing")
    (tmp_path / "broken.jpg").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=name):
        decode(tmp_path / name, [0])


def test_frames_of_different_sizes_are_refused(folder):
    save(folder / "img2.png", plain(0, (30, 30)))
    with pytest.raises(InputError, match="one size"):
        decode(folder, [0, 1])
