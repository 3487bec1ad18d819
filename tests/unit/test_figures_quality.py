import numpy as np
import pandas as pd
import pytest

from mie_x_lib.figures.quality import quality_panels
from mie_x_lib.quality.rows import quality_rows
from tests.unit.test_quality_rows import made, real


@pytest.fixture(scope="module")
def quality():
    rows = []
    for number, source in enumerate(("mmew", "oulu")):
        table = quality_rows(made(seed=number), real(made(seed=9)), asked=120)
        table["AU45"] = np.nan
        rows.append(table.assign(id_source="celeba", au_source=source))
    return pd.concat(rows, ignore_index=True)


def test_the_heat_map_has_a_row_a_pair_of_sources_and_a_column_an_action_unit(quality):
    panel = quality_panels(quality).axes[0]
    assert panel.images[0].get_array().shape == (2, 18)
    assert [tick.get_text() for tick in panel.get_yticklabels()] == ["celeba × mmew", "celeba × oulu"]
    assert [tick.get_text() for tick in panel.get_xticklabels()][:3] == ["mean", "AU1", "AU2"]
    assert [text.get_text() for text in panel.texts].count("–") == 2


def test_a_point_a_label_and_the_distance_of_real_halves(quality):
    panels = {panel.get_title(loc="left"): panel for panel in quality_panels(quality).axes}
    points = panels["change, 95th percentile (grey levels)"].collections
    assert [collection.get_offsets()[:, 0].tolist() for collection in points] == [[0, 0], [1, 1], [2, 2]]
    distances = panels["AU change: distance to real clips"].collections
    assert len(distances) == 6
    halves = quality.loc[quality["label"] == "negative", "au_wasserstein_real"]
    np.testing.assert_allclose(distances[1].get_offsets()[:, 0], halves)


def test_without_real_clips_the_panels_of_distances_are_empty():
    table = quality_rows(made(), None, asked=120).assign(id_source="celeba", au_source="mmew")
    assert len(quality_panels(table).axes) == 10
