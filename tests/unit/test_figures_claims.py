import numpy as np
import pandas as pd
import pytest

from mie_x_lib.figures.claims import claims_figure
from tests.legible import faults
from tests.unit.test_tables_claims import answered  # noqa: F401 (a fixture)


@pytest.mark.slow
def test_bars_and_growth_curves_are_the_scores(answered):  # noqa: F811
    claimed, judged, scored = answered
    figure = claims_figure(claimed, judged, scored)
    bars, growth = figure.axes
    assert bars.get_title("left") == "sources: branches agrees; apex contradicts"
    assert growth.get_title("left") == "growth: branches agrees; apex contradicts"
    assert faults(figure) == []
    heights = {patch.get_height() for patch in bars.patches} - {0}
    assert heights == set(scored["uf1"])
    assert [text.get_text() for text in bars.get_xticklabels()] == ["all", "one"]
    np.testing.assert_allclose(growth.lines[0].get_ydata().astype(float), scored["uf1"][:2])
    assert [text.get_text() for text in growth.get_xticklabels()] == ["15", "60"]
    assert growth.get_xscale() == "log"
    assert growth.get_xlabel() == "faces"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["branches", "apex"]


@pytest.mark.slow
def test_growth_goes_from_small_to_large_whatever_comes_first_in_the_config(answered):  # noqa: F811
    claimed, judged, scored = answered
    backwards = [dict(claim, sizes=dict(reversed(claim["sizes"].items()))) for claim in claimed[1:]]
    (panel,) = claims_figure(backwards, judged, scored).axes
    assert panel.lines[0].get_xdata()[0] < panel.lines[0].get_xdata()[1]


@pytest.mark.slow
def test_a_figure_of_growth_alone_has_no_bars(answered):  # noqa: F811
    claimed, judged, scored = answered
    figure = claims_figure(claimed[1:], judged, scored)
    assert len(figure.axes) == 1
    assert figure.axes[0].get_ylabel() == "UF1 in %"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["branches", "apex"]


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [slice(None), slice(1), slice(1, None)])
def test_the_legend_has_every_classifier_whatever_it_is_called(answered, kinds):  # noqa: F811
    claimed, judged, scored = answered
    judged, scored = (table.replace({"apex": "_mine"}) for table in (judged, scored))
    figure = claims_figure(claimed[kinds], judged, scored)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["branches", "_mine"]


@pytest.mark.slow
def test_there_may_be_more_classifiers_than_colours(answered):  # noqa: F811
    claimed, judged, scored = answered
    names = [f"net_{number}" for number in range(9)]
    judged, scored = (
        pd.concat([table[table["classifier"] == "apex"].assign(classifier=name) for name in names], ignore_index=True)
        for table in (judged, scored)
    )
    figure = claims_figure(claimed[:1], judged, scored)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == sorted(names)
