import numpy as np
import pandas as pd
import pytest

from mie_x_lib.figures.canvas import PAGE, WIDTHS
from mie_x_lib.figures.scores import confusion_matrices, uf1_bars
from mie_x_lib.tables.uf1 import NOT_A_RESULT, confusion_rows, uf1_row, uf1_table
from tests.legible import faults


def scores():
    clips = {"dataset": "samm", "subject": "006", "person": "samm/006", "clip": list("abc"), "label": [0, 1, 2]}
    rows = []
    for row, regime, published in (("A", "real", None), ("B", "synthetic", 40.0), ("B", "synthetic_then_real", None)):
        for classifier, predicted in (("branches", [0, 1, 2]), ("apex", [0, 1, 0])):
            measured = uf1_row([pd.DataFrame(clips | {"predicted": predicted})])
            names = {"table": "1", "row": row, "regime": regime, "classifier": classifier, "variant": "v"}
            names |= {"evaluation": "compmie", "chosen_by": "last_epoch", "labels": ["n", "p", "s"]}
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


def test_published_figures_are_shown_whichever_classifier_comes_first():
    table = scores().sort_values("classifier", kind="stable").reset_index(drop=True)
    table.loc[table["classifier"] == "apex", "published_uf1"] = np.nan
    panel = uf1_bars(table).axes[0]
    published = next(line for line in panel.lines if "published" in line.get_label())
    assert (list(published.get_xdata()), list(published.get_ydata())) == ([40], [1])


def test_uf1_bars_without_any_published_figure():
    panel = uf1_bars(scores().assign(published_uf1=np.nan)).axes[0]
    assert not [line for line in panel.lines if "published" in line.get_label()]


def test_uf1_bars_name_the_test_set_and_mark_what_is_no_result():
    table = scores()
    table.loc[4:, ["evaluation", "chosen_by"]] = ["samm", "test_fold"]
    panel = uf1_bars(table).axes[0]
    names = [tick.get_text() for tick in panel.get_yticklabels()]
    assert names[2].replace("\n", " ") == f"B (synthetic then real) on samm, {NOT_A_RESULT}"
    assert names[2].startswith("B (synthetic then real)\non samm")
    assert [bool(bar.get_hatch()) for bar in panel.patches] == [False, False, True] * 2


def test_the_legend_of_uf1_bars_has_every_classifier_whatever_it_is_called():
    figure = uf1_bars(scores().replace({"classifier": {"apex": "_mine", "branches": "_"}}))
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert [text.partition(",")[0] for text in texts[-2:]] == ["_", "_mine"]
    assert texts[0].startswith("published")
    assert len(texts) == 4


HOSTILE = [
    {
        "A": "$a|b~c_d$ + a name of many words, more than a line has",
        "B": "OneLongWordOfFortyLettersWithoutABlankInIt",
    },
    {"A": "微表情合成数据集的识别网络训练结果" * 2, "B": "W" * 100},
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("names", HOSTILE)
def test_uf1_bars_are_legible_in_a_column_whatever_the_rows_are_called(names):
    assert faults(uf1_bars(scores())) == []
    table = scores().replace({"row": names})
    table.loc[4:, ["evaluation", "chosen_by"]] = ["samm", "test_fold"]
    assert faults(uf1_bars(table)) == []


def confusions(labels=("neg", "pos", "sur"), counts=1):
    clips = {"dataset": "samm", "subject": "006", "person": "samm/006", "clip": list("abcd"), "label": [0, 1, 2, 2]}
    found = []
    for regime in ("real", "synthetic", "synthetic_then_real"):
        for classifier, predicted in (("branches", [0, 1, 2, 0]), ("apex", [0, 1, 0, 0])):
            names = {"table": "1", "row": "A", "regime": regime, "classifier": classifier}
            names |= {"evaluation": "compmie", "chosen_by": "last_epoch"}
            cells = confusion_rows([pd.DataFrame(clips | {"predicted": predicted})], list(labels))
            found += [names | cell for cell in cells if cell["dataset"] == "all"]
    return pd.DataFrame(found).assign(clips=lambda table: counts * table["clips"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("name", [name for names in HOSTILE for name in names.values()])
@pytest.mark.parametrize(
    "labels", [("negative", "positive", "surprise"), ("happiness", "disgust", "repression", "surprise", "others")]
)
def test_confusion_matrices_are_legible_in_a_column(labels, name):
    table = confusions(labels, 122.5).replace({"row": {"A": name}})
    assert faults(confusion_matrices(table)) == []
    table.loc[table["regime"] == "real", "chosen_by"] = "test_fold"
    assert faults(confusion_matrices(table)) == []


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_matrices_of_several_test_sets_are_legible_whose_labels_part_them(rows):
    five = ("happiness", "disgust", "repression", "surprise", "others")
    of_three = confusions(("negative", "positive", "surprise")).assign(evaluation="mine_three")
    pieces = [
        [piece.assign(table=str(number)) for piece in (of_three, confusions(five).assign(evaluation="mine_five"))]
        for number in range(rows)
    ]
    table = pd.concat([pd.concat(pair) for pair in pieces])
    # Panels of the two take turns.
    turns = table.groupby(["table", "regime", "classifier", "evaluation"], sort=True).ngroup()
    figure = confusion_matrices(table.iloc[turns.argsort(kind="stable")])
    # As it is written.
    figure.set_dpi(300)
    assert faults(figure) == []


@pytest.mark.slow
def test_confusion_matrices_one_a_row_and_classifier():
    panels = [panel for panel in confusion_matrices(confusions()).axes if panel.images]
    assert len(panels) == 6
    assert [text.get_text() for text in panels[0].texts] == ["1", "0", "0", "0", "1", "0", "1", "0", "1"]
    (more, *_) = confusion_matrices(confusions(counts=1234.5)).axes
    assert more.texts[0].get_text() == "1234"
    (less, *_) = confusion_matrices(confusions(counts=2 / 3)).axes
    assert less.texts[0].get_text() == "0.67"
    np.testing.assert_allclose(panels[0].images[0].get_array()[2], [0.5, 0, 0.5])
    assert panels[5].get_title() == "A\nsynthetic then real\napex"
    for panel, is_first, is_last in zip(panels, [True, False, False] * 2, [False] * 3 + [True] * 3, strict=True):
        shown = [[tick.get_text() for tick in ticks if tick.get_visible()] for ticks in
                 (panel.get_yticklabels(), panel.get_xticklabels())]  # fmt: skip
        assert shown == [["neg", "pos", "sur"] * is_first, ["neg", "pos", "sur"] * is_last]


def test_labels_of_another_test_set_stand_at_its_own_matrix():
    two = pd.concat([confusions()[:9], confusions(("happy", "sad", "angry"))[:9].assign(evaluation="samm")])
    figure = confusion_matrices(two)
    shown = [[tick.get_text() for tick in panel.get_yticklabels() if tick.get_visible()] for panel in figure.axes[:2]]
    assert shown == [["neg", "pos", "sur"], ["happy", "sad", "angry"]]


def test_rows_of_one_name_in_two_tables_are_told_apart():
    table = confusions()
    both = pd.concat([table, table[table["regime"] == "real"].assign(table="2")])
    titles = [panel.get_title() for panel in confusion_matrices(both).axes if panel.images]
    assert titles[0] == "1: A\nreal\nbranches"
    assert titles[2] == "A\nsynthetic\nbranches"
    assert titles[6] == "2: A\nreal\nbranches"
    bars = pd.concat([scores(), scores()[:1].assign(table="other")], ignore_index=True)
    first, *_, last = [label.get_text() for label in uf1_bars(bars).axes[0].get_yticklabels()]
    assert (first.partition(": ")[2], last.partition(": ")[0]) == (last.partition(": ")[2], "other")


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (4, 2)])
def test_many_confusion_matrices_stand_over_two_columns_and_none_is_higher_than_a_page(rows, columns):
    named = {"A": "MMEW + Oulu + expert"}
    table = pd.concat(confusions().replace({"row": named}).assign(table=str(number)) for number in range(rows))
    figure = confusion_matrices(table)
    width, height = figure.get_size_inches()
    assert width == pytest.approx(WIDTHS[columns])
    assert height <= PAGE
    assert len([panel for panel in figure.axes if panel.images]) == 6 * rows
    assert faults(figure) == []
