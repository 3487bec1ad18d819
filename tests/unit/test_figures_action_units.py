import numpy as np
import pytest

from mie_x_lib.figures.action_units import au_means
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
    figure = au_means({"z_MiE MMEW": pool(), "z_MaE CK+": pool(), "z_MaE Oulu": pool()})
    assert [panel.get_title(loc="left") for panel in figure.axes] == ["negative", "positive", "surprise"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["z_MiE MMEW", "z_MaE CK+", "z_MaE Oulu"]
    for panel, height in zip(figure.axes, (1 / 4, 2 / 4, (3 * 3 + 4) / 16), strict=True):
        assert len(panel.patches) == 3 * len(AU_NAMES)
        assert panel.patches[16].get_height() == pytest.approx(0.5 * height)
    ticks = [tick.get_text() for tick in figure.axes[-1].get_xticklabels()]
    assert (ticks[0], ticks[7], ticks[-1]) == ("AU1", "AU10", "AU45")


def test_au_means_of_a_source_that_lacks_a_label():
    figure = au_means({"none negative": pool((1, 1, 2, 2)), "all": pool()})
    assert [len(panel.patches) for panel in figure.axes] == [17, 34, 34]
    assert len(figure.legends[0].get_texts()) == 2
