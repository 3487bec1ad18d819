import numpy as np
import pandas as pd
import pytest

from mie_x_lib.action_units import estimate
from mie_x_lib.provenance import ROOT
from mie_x_lib.quality.drawn import draw_pairs
from mie_x_lib.quality.pairs import pair_action_units
from mie_x_lib.quality.rows import DRAWN_COLUMNS, drawn_rows, with_drawn_figures
from mie_x_lib.randomness import stream
from mie_x_lib.settings.frames import FrameSettings, IdentityLimits
from mie_x_lib.terms import APEX_AUS, AU_NAMES, LABEL_NAMES, ONSET_AUS

pytestmark = pytest.mark.slow

SETTINGS, LIMITS = FrameSettings(size=64, margin=0.05), IdentityLimits()


def triplets(people=4, first=0):
    """Triplets of so many people, in which AU12 and AU04 rise, by label."""
    table = pd.DataFrame({"sample": np.arange(3 * people) + 3 * first})
    table["label"] = table["sample"] % 3
    table[[*ONSET_AUS, *APEX_AUS]] = 0.0
    table["apex_AU12"] = 0.4 * (table["label"] == 1)
    table["apex_AU04"] = 0.4 * (table["label"] == 0)
    table["apex_AU01"] = 0.4 * (table["label"] == 2)
    return table


def draw(table, limits=LIMITS, id_source="celeba"):
    return draw_pairs(table, 160, SETTINGS, limits, 7, id_source)


@pytest.fixture(scope="module")
def drawn():
    return draw(triplets())


def test_the_pairs_show_the_action_units_asked_for(drawn):
    pairs, found = drawn
    assert pairs.shape == (12, 2, 64, 64, 3)
    assert found.all()
    measured = pair_action_units(
        pairs, lambda images: estimate("embedded", images, weights=ROOT / "resources/au_network.safetensors")
    )
    change = measured[:, 1] - measured[:, 0]
    for label, unit in enumerate(("AU04", "AU12", "AU01")):
        asked, *others = (change[(label + turn) % 3 :: 3, AU_NAMES.index(unit)].mean() for turn in range(3))
        assert asked > 0.2
        assert max(others) < 0.1


def test_nothing_but_the_action_units_changes_within_a_pair(drawn):
    pairs, _ = drawn
    same = triplets()
    same[list(APEX_AUS)] = 0.0
    np.testing.assert_array_equal(*draw(same)[0].swapaxes(0, 1)[:2])
    # The three samples of a photograph begin with one picture, those of another with another.
    np.testing.assert_array_equal(pairs[0, 0], pairs[2, 0])
    assert (pairs[0, 0] != pairs[3, 0]).any()


def test_a_person_depends_on_the_number_of_the_photograph_alone(drawn):
    later, _ = draw(triplets(people=1, first=2))
    np.testing.assert_array_equal(later, drawn[0][6:9])
    assert (draw(triplets(people=1), id_source="emotionnet")[0] != drawn[0][:3]).any()


def test_a_person_whose_photograph_would_be_refused_is_left_out():
    pairs, found = draw(triplets(people=2), IdentityLimits(smallest_side=1000))
    assert pairs.shape == (0, 2, 64, 64, 3)
    assert found.tolist() == [False] * 6


def test_figures_are_those_of_renders():
    random = stream("test")
    wanted = random.random((30, 2, 17))
    measured = wanted / 2
    measured[4, 1] = np.nan
    rows = drawn_rows(np.arange(30) % 3, wanted, measured, has_strength=True)
    assert list(rows) == ["label", *DRAWN_COLUMNS]
    assert rows["label"].tolist() == [*LABEL_NAMES, "all"]
    assert rows["pairs_drawn"].tolist() == [10, 9, 10, 29]
    np.testing.assert_allclose(rows[["au_fidelity_drawn", "AU12_drawn"]], 1)
    np.testing.assert_allclose(rows["au_strength_drawn"], 0.5)
    other_scale = drawn_rows(np.arange(30) % 3, wanted, measured, has_strength=False)
    assert other_scale["au_strength_drawn"].isna().all()
    assert other_scale["au_fidelity_drawn"].notna().all()


def test_nothing_measured_leaves_figures_empty():
    rows = drawn_rows(np.arange(6) % 3, np.ones((6, 2, 17)), np.full((6, 2, 17), np.nan), has_strength=True)
    assert rows["pairs_drawn"].tolist() == [0, 0, 0, 0]
    assert rows[["au_fidelity_drawn", "au_strength_drawn"]].isna().all(axis=None)


def test_they_stand_beside_those_of_the_same_label_and_are_empty_where_nobody_is_drawn():
    quality = pd.DataFrame({"label": ["all", *LABEL_NAMES], "au_strength": 0.5, "sharpness": 1.0})
    rows = drawn_rows(np.arange(6) % 3, np.ones((6, 2, 17)), np.ones((6, 2, 17)), has_strength=True)
    filled, empty = with_drawn_figures(quality, rows), with_drawn_figures(quality, None)
    assert filled["pairs_drawn"].tolist() == [6, 2, 2, 2]
    assert list(filled)[1:5] == ["au_strength", "pairs_drawn", "au_fidelity_drawn", "au_strength_drawn"]
    assert list(empty) == list(filled)
    assert empty[list(DRAWN_COLUMNS)].isna().all(axis=None)
