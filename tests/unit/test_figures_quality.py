import numpy as np
import pandas as pd
import pytest

from mie_x_lib.figures.canvas import PAGE, WIDTHS
from mie_x_lib.figures.quality import quality_panels
from mie_x_lib.quality.rows import DRAWN_COLUMNS, quality_rows, with_drawn_figures
from tests.legible import faults
from tests.unit.test_quality_rows import ONE_INSTRUMENT, made, real

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def quality():
    rows = []
    for number, source in enumerate(("mmew", "oulu")):
        table = quality_rows(made(seed=number), real(made(seed=9)), sampled=120, comparison=ONE_INSTRUMENT)
        table["AU45"] = np.nan
        rows.append(with_drawn_figures(table, None).assign(id_source="celeba", au_source=source))
    return pd.concat(rows, ignore_index=True)


def test_the_heat_map_has_a_column_a_pair_of_sources_and_a_row_an_action_unit(quality):
    panel = quality_panels(quality).axes[0]
    assert panel.images[0].get_array().shape == (18, 2)
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["celeba × mmew", "celeba × oulu"]
    assert [tick.get_text() for tick in panel.get_yticklabels()][:3] == ["mean", "AU1", "AU2"]
    assert [text.get_text() for text in panel.texts].count("–") == 2


def test_a_point_a_label_and_the_distance_of_real_halves(quality):
    panels = {panel.get_title(loc="left"): panel for panel in quality_panels(quality).axes}
    points = panels["change, 95th percentile\n(grey levels)"].collections
    assert [collection.get_offsets()[:, 0].tolist() for collection in points] == [[0, 0], [1, 1], [2, 2]]
    distances = panels["AU change:\ndistance to real clips"].collections
    assert len(distances) == 6
    halves = quality.loc[quality["label"] == "negative", "au_wasserstein_real"]
    np.testing.assert_allclose(distances[1].get_offsets()[:, 0], halves)


def test_units_that_are_moved_the_wrong_way_are_seen(quality):
    panels = quality_panels(quality.assign(au_strength=-0.2)).axes
    (panel,) = [panel for panel in panels if "AU strength" in panel.get_title(loc="left")]
    assert panel.get_xlim()[0] < -0.2


def test_without_real_clips_the_panels_of_distances_are_empty():
    table = with_drawn_figures(quality_rows(made(), None, sampled=120, comparison=ONE_INSTRUMENT), None)
    figure = quality_panels(table.assign(id_source="celeba", au_source="mmew"))
    assert len(figure.axes) == 9
    empty = [
        panel.get_title(loc="left") for panel in figure.axes if "empty" in [text.get_text() for text in panel.texts]
    ]
    assert empty == ["AU change:\ndistance to real clips", "motion: distance to\nreal clips (% of side)"]


def legend(figure):
    return [text.get_text() for text in figure.subfigs[1].legends[0].get_texts()]


def test_drawn_faces_stand_below_renders_and_beside_their_strength(quality):
    drawn = quality.assign(**dict.fromkeys(DRAWN_COLUMNS, 0.75))
    figure = quality_panels(drawn)
    names = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert names == ["celeba × mmew", "drawn, celeba × mmew", "celeba × oulu", "drawn, celeba × oulu"]
    assert figure.axes[0].images[0].get_array()[:, 1].tolist() == [0.75] * 18
    strength = next(panel for panel in figure.axes if panel.get_title(loc="left").startswith("AU strength"))
    assert [collection.get_offsets()[:, 0].tolist() for collection in strength.collections[1::2]] == [[0.75, 0.75]] * 3
    assert "drawn faces" in legend(figure)
    assert "drawn faces" not in legend(quality_panels(quality))


def test_the_figure_says_what_is_empty_and_why(quality):
    assert quality_panels(quality).subfigs[1].get_suptitle() == ""
    two = quality.assign(au_strength=np.nan, au_remark="au_strength is empty: asked for by A, measured by B")
    figure = quality_panels(two)
    assert figure.subfigs[1].get_suptitle() == "au_strength is empty: asked for by A, measured by B."
    strength = next(panel for panel in figure.axes if panel.get_title(loc="left").startswith("AU strength"))
    assert [text.get_text() for text in strength.texts] == ["empty"]


@pytest.mark.parametrize(("pairs", "columns"), [(1, 1), (8, 2), (12, 2)])
def test_it_is_legible_and_no_higher_than_a_page_whatever_the_sources_are_called(quality, pairs, columns):
    two = quality[quality["au_source"] == "mmew"].assign(au_remark="au_strength is empty: asked for by A, told by B")
    many = pd.concat(two.assign(id_source=f"faces_of_{n}", au_source="micro_and_macro") for n in range(pairs))
    figure = quality_panels(many.assign(**dict.fromkeys(DRAWN_COLUMNS, 0.75)))
    width, height = figure.get_size_inches()
    assert width == pytest.approx(WIDTHS[columns])
    assert height <= PAGE
    assert faults(figure) == []
