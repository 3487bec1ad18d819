import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mie_x_lib.errors import InputError
from mie_x_lib.gallery.animation import one_of_each, save, sheets

NAMES = ["a face,\nunits", "of a name that is far too long", "$x$ | <b>"]


def samples(frames: int) -> list[list[np.ndarray]]:
    """One sample of each of three labels and sources, all of one grey, each frame by 10 brighter."""
    shades = 50 + 10 * np.arange(frames, dtype=np.uint8)
    return [[np.broadcast_to(shades[:, None, None, None], (frames, 16, 16, 3))] * 3] * 3


def places(picture: Image.Image) -> np.ndarray:
    """The middles of the pictures in a sheet, (6, 3): samples, and below each its difference."""
    array = np.asarray(picture)[..., 0]
    return array[[88, 187, 292, 391, 496, 595]][:, [120, 222, 324]]


@pytest.mark.parametrize(("frames", "order"), [(2, [0, 1]), (4, [0, 1, 2, 3, 2, 1])])
def test_frames_go_from_onset_to_apex_and_back(frames, order):
    shown = [places(picture)[::2] for picture in sheets(samples(frames), NAMES)]
    assert [set(middles.ravel()) for middles in shown] == [{50 + 10 * frame} for frame in order]


def test_the_difference_of_the_apex_is_shown_all_the_time():
    for picture in sheets(samples(2), NAMES):
        assert (places(picture)[1::2] == 168).all()


def test_a_label_without_a_sample_leaves_its_place_free():
    some = [[None, *column[1:]] for column in samples(2)]
    assert (places(sheets(some, NAMES)[0])[:2] == 255).all()
    assert (places(sheets(some, NAMES)[0])[2] == 50).all()


def test_every_label_is_shown_by_other_people_where_there_are_enough():
    assert one_of_each(pd.Series(np.arange(9) % 3)) == [0, 4, 8]
    assert one_of_each(pd.Series(np.arange(3))) == [0, 1, 2]
    assert one_of_each(pd.Series([2, 2])) == [None, None, 1]


def test_an_animation_is_read_back_as_it_was_drawn(tmp_path):
    shown = sheets(samples(2), NAMES)
    save(shown, tmp_path / "pairs.webp")
    with Image.open(tmp_path / "pairs.webp") as image:
        assert (image.format, image.n_frames, image.info["loop"]) == ("WEBP", 2, 0)
        for number, picture in enumerate(shown):
            image.seek(number)
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), np.asarray(picture))


def test_long_names_stay_above_their_own_column():
    head = np.asarray(sheets(samples(2), NAMES)[0])[:40]
    assert (head[:, 168:174] == 255).all()
    assert (head[:, 270:276] == 255).all()
    assert (head[:, 174:270] < 255).any()


@pytest.mark.parametrize("nothing", [[], [[None, None, None]]])
def test_a_sheet_of_no_pair_is_told(nothing):
    with pytest.raises(InputError, match="no rendered pair is there"):
        sheets(nothing, NAMES[: len(nothing)])
