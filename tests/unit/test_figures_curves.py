import numpy as np
import pandas as pd

from mie_x_lib.figures.curves import training_curve


def test_training_curve_has_a_panel_a_column():
    curve = pd.DataFrame({"epoch": [1, 2, 3], "loss": [3.0, 2.0, 1.0], "training_accuracy": [0.1, 0.2, 0.3]})
    figure = training_curve(curve)
    assert [panel.get_ylabel() for panel in figure.axes] == ["loss", "training accuracy"]
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[1, 3], [2, 2], [3, 1]])
    assert figure.axes[-1].get_xlabel() == "epoch"
