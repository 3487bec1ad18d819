import numpy as np
import pytest

from mie_x_lib.figures.generated import generated_samples
from tests.legible import faults


@pytest.mark.parametrize("rows", [1, 8])
def test_samples_stand_whole_under_the_names_of_their_columns(rows):
    grid = np.random.default_rng(0).integers(0, 256, (rows * 16, 5 * 16, 3), dtype=np.uint8)
    figure = generated_samples(grid)
    assert faults(figure) == []
    (panel,) = figure.axes
    np.testing.assert_array_equal(panel.images[0].get_array(), grid)
    names = [text.get_text() for text in panel.texts]
    assert names[:3] == ["source", "target", "made"]
    assert len(names) == 5
