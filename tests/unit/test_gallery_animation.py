import numpy as np
import pytest
from PIL import Image

from mie_x_lib.gallery.animation import save, sheets


def samples(frames):
    """One sample of each of two labels and three sources, all of one grey, each frame by 10 brighter."""
    shades = 50 + 10 * np.arange(frames, dtype=np.uint8)
    return np.broadcast_to(shades[:, None, None, None], (2, 3, frames, 16, 16, 3))


@pytest.fixture
def names():
    return {"columns": ["a face,\nunits"] * 3, "rows": ["negative", "of a name that is far too long"]}


def places(picture):
    """The middles of the pictures in a sheet, (4, 3): samples, and below them their differences."""
    array = np.asarray(picture)[..., 0]
    return array[[88, 187, 292, 391]][:, [120, 222, 324]]


@pytest.mark.parametrize(("frames", "order"), [(2, [0, 1]), (4, [0, 1, 2, 3, 2, 1])])
def test_frames_go_from_onset_to_apex_and_back(names, frames, order):
    shown = sheets(samples(frames), **names)
    assert [places(picture)[0].tolist() for picture in shown] == [[50 + 10 * frame] * 3 for frame in order]
    assert [places(picture)[2].tolist() for picture in shown] == [[50 + 10 * frame] * 3 for frame in order]


def test_the_difference_of_the_apex_is_shown_all_the_time(names):
    for picture in sheets(samples(2), **names, magnification=3):
        assert (places(picture)[[1, 3]] == 158).all()


def test_an_animation_is_read_back_as_it_was_drawn(names, tmp_path):
    shown = sheets(samples(2), **names)
    save(shown, tmp_path / "pairs.webp")
    with Image.open(tmp_path / "pairs.webp") as image:
        assert (image.format, image.n_frames, image.info["loop"]) == ("WEBP", 2, 0)
        for number, picture in enumerate(shown):
            image.seek(number)
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), np.asarray(picture))


def test_long_names_are_written_smaller_and_over_no_picture(names):
    picture = np.asarray(sheets(samples(2), **names)[0])
    assert (picture[:, 66:72] == 255).all()
    assert (picture[240:340, :66] < 255).any()
