import numpy as np
import pytest

from mie_x_lib.figures.canvas import save
from mie_x_lib.figures.frames import crops_sheet, samples_sheet


def picture_of(figure):
    """The pictures of a sheet as one array."""
    return np.asarray(figure.axes[0].get_images()[0].get_array())


def test_a_row_shows_onset_apex_and_their_difference():
    samples = np.zeros((3, 2, 20, 20, 3), np.uint8)
    samples[1, 1] = 10
    figure = samples_sheet(samples, list("abc"), "title")
    assert picture_of(figure).shape == (3 * 21 - 1, 3 * 21 - 1, 3)
    assert (picture_of(figure)[21:41, 42:] == 128 + 40).all()
    assert (picture_of(figure)[:20, 42:] == 128).all()
    panel = figure.axes[0]
    assert [text.get_text() for text in panel.get_xticklabels()] == ["onset", "apex", "difference ×4"]
    assert [text.get_text() for text in panel.get_yticklabels()] == list("abc")


def test_of_many_frames_six_are_shown_from_first_to_last():
    samples = np.arange(10, dtype=np.uint8)[None, :, None, None, None] * np.ones((1, 1, 8, 8, 3), np.uint8)
    figure = samples_sheet(samples, ["a"], "title")
    assert picture_of(figure)[0, ::9, 0].tolist()[:6] == [0, 2, 4, 5, 7, 9]
    headings = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert headings == ["onset", "frame 2", "frame 4", "frame 5", "frame 7", "apex", "difference ×4"]


@pytest.mark.slow
@pytest.mark.parametrize("counts", [(1,), (2, 9)])
def test_crops_are_shown_as_far_as_there_is_room(counts, tmp_path):
    rows = [np.full((count, 8, 8, 3), 7, np.uint8) for count in counts]
    figure = crops_sheet(rows, ["x"] * len(rows), "title")
    columns = min(max(counts), 6)
    assert picture_of(figure).shape == (len(rows) * 9 - 1, columns * 9 - 1, 3)
    save(figure, tmp_path / "a.png")
    save(crops_sheet(rows, ["x"] * len(rows), "title"), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
