import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

from mie_x_lib import figures
from mie_x_lib.tables import uf1_row, uf1_table
from mie_x_lib.terms import AU_NAMES
from mie_x_lib.triplets import Pool


def pool(labels=(0, 1, 2, 2)):
    n = len(labels)
    rising = np.tile(np.linspace(0, 0.5, 17, dtype=np.float32), (n, 1))
    weights = np.array([1.0, 1.0, 3.0, 1.0])[:n]
    return Pool(
        [("d", "s", "c")] * n, np.array(labels), 0.1 * rising, rising * np.arange(1, n + 1)[:, None] / n, weights
    )


def test_au_means_shows_the_weighted_mean_of_each_label():
    figure = figures.au_means({"z_MiE MMEW": pool(), "z_MaE CK+": pool(), "z_MaE Oulu": pool()})
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["negative", "positive", "surprise"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["z_MiE MMEW", "z_MaE CK+", "z_MaE Oulu"]
    for panel, height in zip(figure.axes, (1 / 4, 2 / 4, (3 * 3 + 4) / 16), strict=True):
        assert len(panel.patches) == 3 * len(AU_NAMES)
        assert panel.patches[16].get_height() == pytest.approx(0.5 * height)
    ticks = [tick.get_text() for tick in figure.axes[-1].get_xticklabels()]
    assert (ticks[0], ticks[7], ticks[-1]) == ("AU1", "AU10", "AU45")


def test_au_means_of_a_source_that_lacks_a_label():
    figure = figures.au_means({"none negative": pool((1, 1, 2, 2)), "all": pool()})
    assert [len(panel.patches) for panel in figure.axes] == [17, 34, 34]
    assert len(figure.legends[0].get_texts()) == 2


def test_pairs_sheet_magnifies_the_difference_about_grey():
    pairs = np.full((3, 2, 8, 8, 3), 100, np.uint8)
    pairs[1, 1] = 110
    pairs[2, 1, :, :, 0] = 0
    figure = figures.pairs_sheet(pairs, ["a", "b", "c"], magnification=4)
    shown = np.stack([panel.images[0].get_array() for panel in figure.axes]).reshape(3, 3, 8, 8, 3)
    np.testing.assert_array_equal(shown[:2], pairs.swapaxes(0, 1))
    np.testing.assert_array_equal(shown[2, :, 0, 0], [[128, 128, 128], [168, 168, 168], [0, 128, 128]])
    assert [panel.get_title() for panel in figure.axes[:3]] == ["a", "b", "c"]
    assert figure.axes[0].get_ylabel() == "onset"


def test_pairs_and_titles_of_different_number():
    with pytest.raises(ValueError, match="shorter"):
        figures.pairs_sheet(np.zeros((2, 2, 8, 8, 3), np.uint8), ["a"])


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
    return figures.ClipView(**shown | changes)


def test_a_contact_sheet_has_a_clip_a_row():
    figure = figures.contact_sheet([view(), view(name="007 b")], "samm: 2 of 9 clips", magnification=4)
    panels = np.array(figure.axes).reshape(2, 5)
    assert figure.get_suptitle() == "samm: 2 of 9 clips"
    assert [panel.get_title(loc="left") for panel in panels[:, 0]] == ["006 a", "007 b"]
    assert [panel.get_title() for panel in panels[1, 1:]] == ["onset 3", "apex 9", "difference ×4", "apex: spotted"]
    assert [panel.images[0].get_array()[0, 0, 0] for panel in panels[0, :4]] == [0, 100, 110, 168]
    box, cut = panels[0, 0].patches
    np.testing.assert_array_equal(box.get_xy()[:4], view().box)
    np.testing.assert_array_equal(cut.get_xy()[:4], view().cut)
    curve, onset, apex = panels[0, 4].lines
    assert curve.get_xydata().tolist() == [[3, 1], [9, 5], [12, 2]]
    assert (onset.get_xdata()[0], apex.get_xdata()[0]) == (3, 9)


def test_a_contact_sheet_says_why_a_clip_was_not_cut(tmp_path):
    nothing = {"box": None, "cut": None, "crops": np.zeros((0, 8, 8, 3), np.uint8), "crop_names": [], "moments": {}}
    unusable = view(**nothing, apex_from="", curve=None, problem="no face in it")
    figure = figures.contact_sheet([view(), unusable], "samm")
    panels = np.array(figure.axes).reshape(2, 5)
    assert [text.get_text() for text in panels[1, 1].texts] == ["no face in it"]
    assert [len(panel.images) for panel in panels[1]] == [1, 0, 0, 0, 0]
    assert not panels[1, 0].patches
    figures.save(figure, tmp_path / "sheet.png")


def test_a_contact_sheet_of_photographs_has_no_empty_columns():
    photograph = view(crops=np.zeros((1, 8, 8, 3), np.uint8), crop_names=["crop"], moments={}, curve=None)
    assert len(figures.contact_sheet([photograph] * 3, "faces").axes) == 6


def scores():
    clips = {"dataset": "samm", "subject": "006", "clip": list("abc"), "label": [0, 1, 2]}
    rows = []
    for row, regime, published in (("A", "real", None), ("B", "synthetic", 40.0), ("B", "synthetic_then_real", None)):
        for classifier, predicted in (("branches", [0, 1, 2]), ("apex", [0, 1, 0])):
            measured = uf1_row([pd.DataFrame(clips | {"predicted": predicted})])
            names = {"table": "1", "row": row, "regime": regime, "classifier": classifier, "variant": "v"}
            sources = {"id_sources": ["celeba"], "au_sources": ["mmew"], "training_samples": 9}
            rows.append(names | sources | measured | {"published_uf1": published})
    return uf1_table(rows)


def test_uf1_bars_one_a_row_and_classifier():
    figure = figures.uf1_bars(scores())
    panel = figure.axes[0]
    names = [tick.get_text() for tick in panel.get_yticklabels()]
    assert names == ["A (real)", "B (synthetic)", "B (synthetic then real)"]
    widths = [bar.get_width() for bar in panel.patches]
    assert widths == pytest.approx([100] * 3 + [100 * (2 / 3 + 1) / 3] * 3, abs=0.01)
    published = next(line for line in panel.lines if "published" in line.get_label())
    assert (list(published.get_xdata()), list(published.get_ydata())) == ([40], [1])


def test_uf1_bars_without_any_published_figure():
    panel = figures.uf1_bars(scores().assign(published_uf1=np.nan)).axes[0]
    assert not [line for line in panel.lines if "published" in line.get_label()]


def test_training_curve_has_a_panel_a_column():
    curve = pd.DataFrame({"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "training_accuracy": [0.1, 0.2, 0.3]})
    figure = figures.training_curve(curve)
    assert [panel.get_ylabel() for panel in figure.axes] == ["loss", "training accuracy"]
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    assert figure.axes[-1].get_xlabel() == "epoch"


def test_saved_figures_are_pictures_and_equal_ones_have_equal_bytes(tmp_path):
    for name in "ab":
        figures.save(figures.au_means({"z_MiE MMEW": pool()}), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert imread(tmp_path / "a", format="png").shape[:2] == (1050, 1350)


def test_a_figure_that_cannot_be_drawn_leaves_nothing(tmp_path):
    figure = Figure()
    figure.text(0, 0, "$\\nonsense$")
    with pytest.raises(ValueError, match="nonsense"):
        figures.save(figure, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_colours_differ_for_the_colour_blind():
    # Deuteranopia after Vienot, Brettel and Mollon, 1999, on linear RGB.
    blind = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    seen = np.array([to_rgb(colour) for colour in figures.COLOURS]) ** 2.2 @ blind.T
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=-1) + np.eye(len(seen))
    assert distance.min() > 0.1
