import numpy as np
import pandas as pd
import pytest

from mie_x_lib.figures.pairs import choose_pairs, pairs_sheet
from tests.legible import faults


def sheet(count=3, **changes):
    photographs = np.full((count, 20, 20, 3), 90, np.uint8)
    pairs = np.full((count, 2, 20, 20, 3), 100, np.uint8)
    pairs[1, 1] = 110
    wanted, measured = np.zeros((2, count, 17))
    wanted[0, 3], measured[0, 3], measured[1] = 0.5, 0.25, np.nan
    texts = {"names": list("abcdef")[:count], "colours": ["black"] * count, "title": "faces"}
    return pairs_sheet(photographs, pairs, wanted, measured, **(texts | changes))


def test_a_row_shows_photograph_onset_apex_and_their_difference_about_grey():
    shown = sheet().axes[0].images[0].get_array()
    # Pictures of 20, each below 6 for its name, with 1 beside it.
    middles = shown[16::26, 10::21, 0]
    np.testing.assert_array_equal(middles, [[90, 100, 100, 128], [90, 100, 110, 168], [90, 100, 100, 128]])


def test_each_label_is_shown_by_other_people():
    labels = pd.Series(np.arange(18) % 3)
    assert choose_pairs(labels, 2).tolist() == [0, 3, 7, 10, 14, 17]
    assert choose_pairs(labels, 1).tolist() == [0, 4, 8]


def test_rows_and_columns_are_named():
    pictures, _ = sheet().axes
    assert [text.get_text() for text in pictures.texts] == ["a", "b", "c"]
    assert [tick.get_text() for tick in pictures.get_xticklabels()] == [
        "photo-\ngraph",
        "onset",
        "apex",
        "difference\n×4",
    ]


def test_bars_show_what_was_asked_for_and_measured_on_one_scale():
    wanted, measured = (lines.get_segments() for lines in sheet().axes[1].collections[:2])
    heights = [[line[0][1] - line[-1][1] for line in lines if len(line)] for lines in (wanted, measured)]
    assert heights[0][3] == pytest.approx(2 * heights[1][3])
    assert heights[0][3] > 0.5
    assert heights[0][:3] == [0, 0, 0]
    # Nothing is drawn of a pair whose action units could not be measured.
    assert [len(heights[0]), len(heights[1])] == [3 * 17, 2 * 17]
    # Each row about a line of its own, rows downwards.
    assert wanted[17][0][1] - wanted[0][0][1] == pytest.approx(1)


def test_the_legend_says_where_nothing_was_measured():
    count = 2
    photographs, wanted = np.full((count, 20, 20, 3), 90, np.uint8), np.full((count, 17), 0.1)
    pairs = np.stack([photographs, photographs], axis=1)
    for measured, told in ((0.2, "measured on the render"), (np.nan, "not measured on these renders")):
        figure = pairs_sheet(
            photographs, pairs, wanted, np.full((count, 17), measured), ["a", "b"], ["black"] * count, "faces"
        )
        assert [text.get_text() for text in figure.legends[0].texts] == ["action units asked for", told]


def test_pairs_and_names_of_different_number():
    with pytest.raises(ValueError, match="longer"):
        sheet(names=["a", "b"])


@pytest.mark.parametrize("count", [2, 9])
def test_it_is_legible_in_a_column_whatever_people_are_called(count):
    names = ["surprise, $a|b~c_d$ 006", *(f"negative, casme2 subject{number}" for number in range(1, count))]
    assert faults(sheet(count, names=names)) == []
