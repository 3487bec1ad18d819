import numpy as np
import pytest

from mie_x_lib.figures.pairs import pairs_sheet


def test_pairs_sheet_magnifies_the_difference_about_grey():
    pairs = np.full((3, 2, 8, 8, 3), 100, np.uint8)
    pairs[1, 1] = 110
    pairs[2, 1, :, :, 0] = 0
    figure = pairs_sheet(pairs, ["a", "b", "c"], magnification=4)
    shown = np.stack([panel.images[0].get_array() for panel in figure.axes]).reshape(3, 3, 8, 8, 3)
    np.testing.assert_array_equal(shown[:2], pairs.swapaxes(0, 1))
    np.testing.assert_array_equal(shown[2, :, 0, 0], [[128, 128, 128], [168, 168, 168], [0, 128, 128]])
    assert [panel.get_title() for panel in figure.axes[:3]] == ["a", "b", "c"]
    assert figure.axes[0].get_ylabel() == "onset"


def test_pairs_and_titles_of_different_number():
    with pytest.raises(ValueError, match="shorter"):
        pairs_sheet(np.zeros((2, 2, 8, 8, 3), np.uint8), ["a"])
