import numpy as np
import pandas as pd
import pytest

from mie_x_lib.figures.scores import uf1_bars
from mie_x_lib.tables import uf1_row, uf1_table


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
    figure = uf1_bars(scores())
    panel = figure.axes[0]
    names = [tick.get_text() for tick in panel.get_yticklabels()]
    assert names == ["A (real)", "B (synthetic)", "B (synthetic then real)"]
    widths = [bar.get_width() for bar in panel.patches]
    assert widths == pytest.approx([100] * 3 + [100 * (2 / 3 + 1) / 3] * 3, abs=0.01)
    published = next(line for line in panel.lines if "published" in line.get_label())
    assert (list(published.get_xdata()), list(published.get_ydata())) == ([40], [1])


def test_uf1_bars_without_any_published_figure():
    panel = uf1_bars(scores().assign(published_uf1=np.nan)).axes[0]
    assert not [line for line in panel.lines if "published" in line.get_label()]
