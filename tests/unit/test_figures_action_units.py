import numpy as np
import pytest

from mie_x_lib.figures.action_units import au_means_bars
from mie_x_lib.tables.au_means import au_means, shown
from mie_x_lib.terms import AU_NAMES
from tests.legible import faults
from tests.pools import pool

CLIPS = [("d", "1", "a"), ("d", "1", "b"), ("d", "2", "c"), ("d", "3", "d")]


@pytest.mark.slow
def test_a_panel_a_label_with_both_kinds_side_by_side():
    pools = {("micro", "mmew"): pool(CLIPS, (0, 1, 2, 2), (0.1, 0.2, 0.3, 0.5))}
    pools |= {("macro", "ckplus"): pool(CLIPS, (0, 1, 2, 2), (0.4, 0.4, 0.4, 0.6))}
    figure = au_means_bars(shown(au_means(pools), {}))
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["negative", "positive", "surprise"]
    for panel, heights in zip(figure.axes, ((0.1, 0.4), (0.2, 0.4), (0.4, 0.5)), strict=True):
        assert len(panel.patches) == 2 * len(AU_NAMES)
        assert [panel.patches[0].get_height(), panel.patches[17].get_height()] == pytest.approx(heights)
        assert "differ most" in panel.get_title(loc="right")
    assert faults(figure) == []
    ticks = [tick.get_text() for tick in figure.axes[-1].get_xticklabels()]
    assert (ticks[0], ticks[7], ticks[-1]) == ("AU1", "AU10", "AU45")


def test_units_that_all_subjects_have_alike_have_bounds_that_are_the_mean_but_for_rounding():
    means = shown(au_means({("micro", "mmew"): pool(CLIPS, (0, 1, 2, 2), (0.1, 0.2, 0.3, 0.5))}), {})
    rounded = means.assign(apex_low=np.nextafter(means["apex"], 1), apex_high=np.nextafter(means["apex"], 0))
    assert len(au_means_bars(rounded).axes) == 3


def test_one_kind_alone_that_lacks_a_label():
    figure = au_means_bars(shown(au_means({("micro", "mmew"): pool(CLIPS, (1, 1, 2, 2), (0.1, 0.2, 0.3, 0.5))}), {}))
    assert [len(panel.patches) for panel in figure.axes] == [0, 17, 17]
    assert len(figure.legends[0].get_texts()) == 1
