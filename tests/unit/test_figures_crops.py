import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from mie_x_lib.figures.canvas import save
from mie_x_lib.figures.crops import ClipView, contact_sheet
from tests.legible import faults


def view(**changes):
    square = np.array([(2, 2), (6, 2), (6, 6), (2, 6)])
    shown = {
        "name": "006 a",
        "frame": np.zeros((12, 16, 3), np.uint8),
        "box": square,
        "cut": 1.2 * square,
        "crops": np.stack([np.full((8, 8, 3), value, np.uint8) for value in (100, 110)]),
        "crop_names": ["onset 3", "apex 9"],
        "moments": {"onset": 3, "apex": 9},
        "apex_from": "spotted",
        "curve": pd.Series([1.0, 5.0, 2.0], index=[3, 9, 12]),
        "problem": "",
    }
    return ClipView(**shown | changes)


def test_a_contact_sheet_has_a_clip_a_row():
    figure = contact_sheet([view(), view(name="007 b")], "samm: 2 of 9 clips")
    panels = np.array(figure.axes).reshape(2, 5)
    assert figure.get_suptitle() == "samm: 2 of 9 clips"
    assert [panel.get_title(loc="left") for panel in panels[:, 0]] == ["006 a", "007 b"]
    assert [panel.get_title() for panel in panels[1, 1:]] == ["onset 3", "apex 9", "difference\n×4", "apex: spotted"]
    assert [panel.images[0].get_array()[0, 0, 0] for panel in panels[0, :4]] == [0, 100, 110, 168]
    box, cut = panels[0, 0].patches
    np.testing.assert_array_equal(box.get_xy()[:4], view().box)
    np.testing.assert_array_equal(cut.get_xy()[:4], view().cut)
    curve, onset, apex = panels[0, 4].lines
    assert curve.get_xydata().tolist() == [[3, 1], [9, 5], [12, 2]]
    assert (onset.get_xdata()[0], apex.get_xdata()[0]) == (3, 9)


@pytest.mark.parametrize(
    "name", ["S01 S01-02-001", "s10 s10_sur_01", "sub26 EP18_51", "037 037_7_5", "WWWWWWWW WWWWWWWW"]
)
@pytest.mark.parametrize("shape", [(80, 80, 3), (48, 64, 3), (45, 80, 3), (80, 40, 3)])
def test_the_name_of_a_clip_ends_before_the_next_heading(name, shape):
    figure = contact_sheet([view(name=name, frame=np.zeros(shape, np.uint8))] * 2, "mmew")
    FigureCanvasAgg(figure).draw()
    for row in np.array(figure.axes).reshape(2, 5):
        told = row[0].get_title(loc="left")
        (shown,) = [part for part in row[0].findobj(Text) if part.get_text() == told]
        assert shown.get_window_extent().x1 < row[1].title.get_window_extent().x0


def test_the_last_curve_says_what_it_shows():
    panels = np.array(contact_sheet([view(), view(), view(curve=None)], "samm").axes).reshape(3, 5)[:, 4]
    assert [(panel.get_xlabel(), panel.get_ylabel()) for panel in panels] == [
        ("", ""),
        ("frame", "difference"),
        ("", ""),
    ]


@pytest.mark.parametrize("first", [0, 5, 46, 75])
def test_the_curve_of_a_short_clip_counts_whole_frames(first):
    frames = range(first, first + 9)
    panel = contact_sheet([view(curve=pd.Series(np.arange(9.0), index=frames))], "samm").axes[-1]
    assert all(float(tick).is_integer() for tick in panel.get_xticks())


def test_a_contact_sheet_says_why_a_clip_was_not_cut(tmp_path):
    nothing = {"box": None, "cut": None, "crops": np.zeros((0, 8, 8, 3), np.uint8), "crop_names": [], "moments": {}}
    unusable = view(**nothing, apex_from="", curve=None, problem="no face in it")
    figure = contact_sheet([view(), unusable], "samm")
    panels = np.array(figure.axes).reshape(2, 5)
    assert [text.get_text() for text in panels[1, 1].texts] == ["no face in it"]
    assert [len(panel.images) for panel in panels[1]] == [1, 0, 0, 0, 0]
    assert not panels[1, 0].patches
    save(figure, tmp_path / "sheet.png")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_contact_sheet_is_legible_in_a_column():
    names = ["$006|a~b_c", "a subject and a clip of long names", "W" * 100, "受试者甲" * 20]
    views = [view(name=name, apex_from="annotation", crop_names=["onset 1203", "apex 1209"]) for name in names]
    long = view(crops=np.zeros((0, 8, 8, 3), np.uint8), crop_names=[], curve=None, problem="no face was found in " * 5)
    assert faults(contact_sheet([*views, long], "samm: 12 of 133 clips, 3 not cut")) == []
    photograph = view(crops=np.zeros((1, 8, 8, 3), np.uint8), crop_names=["crop"], moments={}, curve=None)
    assert faults(contact_sheet([photograph] * 3, "faces")) == []


def test_a_long_reason_keeps_to_the_row_of_its_clip():
    none = {"crops": np.zeros((0, 8, 8, 3), np.uint8), "crop_names": []}
    problem = "the head moves by 3.4% of the face between onset (frame 18) and the apex, so it may be no expression; "
    figure = contact_sheet([view(**none, problem=f"{problem}annotate it")] * 3, "clips")
    FigureCanvasAgg(figure).draw()
    boxes = [text.get_window_extent() for panel in figure.axes for text in panel.texts]
    edges = [edge for box in boxes for edge in (box.y1, box.y0)]
    assert len(boxes) == 3
    assert edges == sorted(edges, reverse=True)
    assert edges[-1] >= 0


@pytest.mark.slow
def test_pictures_keep_their_size_under_long_names():
    heights = []
    for name in ("006 a", "W" * 100):
        figure = contact_sheet([view(name=name)] * 3, "samm")
        assert faults(figure) == []
        heights.append(min(panel.get_window_extent().height for panel in figure.axes if panel.images))
    assert heights[1] > 0.8 * heights[0]


def test_a_contact_sheet_of_photographs_has_no_empty_columns():
    photograph = view(crops=np.zeros((1, 8, 8, 3), np.uint8), crop_names=["crop"], moments={}, curve=None)
    assert len(contact_sheet([photograph] * 3, "faces").axes) == 6
