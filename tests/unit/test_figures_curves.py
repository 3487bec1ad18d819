import numpy as np
import pandas as pd
import pytest

from mie_x_lib.figures.canvas import PAGE, WIDTHS
from mie_x_lib.figures.curves import loss_curves, training_curves
from tests.legible import faults


@pytest.fixture
def curves():
    """Two trainings of each of two rows and classifiers, of which those of the second row watched."""
    runs = []
    for row in ("first", "second"):
        for classifier in ("branches", "apex"):
            for run in (0, 1):
                curve = pd.DataFrame({"epoch": [1, 2, 3], "loss": [1.0, 0.5, run], "uf1": [0.2, 0.3, 0.4 + run / 10]})
                if row == "second":
                    curve["watched_uf1"] = [0.1, 0.2, 0.1]
                runs.append(curve.assign(row=row, classifier=classifier, run=f"{run}"))
    return pd.concat(runs, ignore_index=True)


def test_each_row_has_its_loss_and_its_uf1_in_a_colour_a_classifier(curves):
    figure = training_curves(curves)
    assert len(figure.axes) == 4
    loss, score = figure.axes[:2]
    assert [panel.get_ylabel() for panel in figure.axes] == ["loss", "UF1 in training"] * 2
    assert [panel.get_title("left") for panel in figure.axes] == ["first", "", "second", ""]
    np.testing.assert_array_equal(loss.lines[1].get_xydata(), [[1, 1], [2, 0.5], [3, 1]])
    np.testing.assert_allclose(loss.lines[2].get_xydata(), [[1, 1], [2, 0.5], [3, 0.5]])
    np.testing.assert_allclose(score.lines[2].get_ydata(), [0.2, 0.3, 0.45])
    assert len({line.get_color() for line in loss.lines[:3]}) == 1
    assert loss.lines[3].get_color() != loss.lines[0].get_color()


def test_what_was_watched_is_shown_where_it_was(curves):
    figure = training_curves(curves)
    assert [len(panel.lines) for panel in figure.axes] == [6, 6, 6, 12]
    np.testing.assert_array_equal(figure.axes[3].lines[5].get_ydata(), [0.1, 0.2, 0.1])
    assert [line.get_linestyle() for line in figure.axes[3].lines[:6]] == ["-"] * 3 + ["--"] * 3
    assert "UF1 of watched clips" in [text.get_text() for text in figure.legends[0].get_texts()]
    alone = training_curves(curves[curves["row"] == "first"].drop(columns="watched_uf1"))
    assert "UF1 of watched clips" not in [text.get_text() for text in alone.legends[0].get_texts()]


def test_trainings_of_one_epoch_are_seen(curves):
    """A line through one point has no length."""
    figure = training_curves(curves[curves["epoch"] == 1])
    assert all(line.get_marker() != "None" for panel in figure.axes for line in panel.lines)
    for panel in figure.axes:
        low, high = panel.get_xlim()
        assert [tick for tick in panel.get_xticks() if low <= tick <= high] == [1]
    longer = training_curves(curves)
    assert all(line.get_marker() == "None" for panel in longer.axes for line in panel.lines)


def test_curves_are_legible_in_a_column(curves):
    long = "$CompMiE | CK+ ~ expert_table$, synthetic then real, epoch chosen on the test fold: not a result"
    assert faults(training_curves(curves.replace({"row": {"first": long}}))) == []


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "columns"), [(3, 1), (13, 2)])
def test_the_curves_of_many_rows_stand_over_two_columns_and_are_not_higher_than_a_page(curves, rows, columns):
    names = [f"{number}: CompMiE + CK+ ~ expert_table, synthetic then real" for number in range(rows)]
    figure = training_curves(pd.concat(curves[curves["row"] == "second"].assign(row=name) for name in names))
    width, height = figure.get_size_inches()
    assert width == pytest.approx(WIDTHS[columns])
    assert height <= PAGE
    panels = [panel for panel in figure.axes if panel.axison]
    assert [panel.get_title("left").replace("\n", " ") for panel in panels[::2]] == names
    # The lowest of each column.
    assert [panel.get_xlabel() for panel in panels] == [""] * 2 * (rows - columns) + ["epoch"] * 2 * columns
    assert faults(figure) == []


def test_losses_have_a_panel_a_term():
    losses = pd.DataFrame({"step": [50, 100], "paired": [3.0, 2.0], "mask_mean": [0.1, 0.2], "held_out": [1.0, 0.5]})
    figure = loss_curves(losses)
    assert [panel.get_title("left") for panel in figure.axes] == ["paired", "mask mean", "held out", ""]
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xydata(), [[50, 3], [100, 2]])
    assert [panel.get_xlabel() for panel in figure.axes] == ["", "step", "step", ""]
    assert faults(figure) == []


def test_a_training_that_was_logged_once_is_seen():
    (panel, _) = loss_curves(pd.DataFrame({"step": [5], "cycle": [0.2]})).axes
    assert panel.lines[0].get_marker() == "."
    low, high = panel.get_xlim()
    assert [tick for tick in panel.get_xticks() if low <= tick <= high] == [5]
