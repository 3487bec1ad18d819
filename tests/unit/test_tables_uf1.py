import numpy as np
import pandas as pd
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.tables import uf1
from mie_x_lib.tables.markup import latex_table, markdown_table
from mie_x_lib.tables.uf1 import (
    COLUMNS,
    NOT_A_RESULT,
    PUBLISHED_NOTE,
    comparisons,
    confusion_rows,
    dataset_rows,
    presented,
    row_names,
    summarise,
    uf1_row,
    uf1_table,
    with_distinct_names,
)

LABELS = [0, 0, 1, 1, 2, 2]


def predictions(predicted, labels=LABELS):
    return pd.DataFrame(
        {
            "dataset": "samm",
            "subject": [f"{number // 2:03d}" for number in range(len(labels))],
            "clip": [f"c{number}" for number in range(len(labels))],
            "person": [f"samm/{number // 2:03d}" for number in range(len(labels))],
            "label": labels,
            "predicted": predicted,
        }
    )


def test_mean_and_spread_over_seeds_in_percent():
    row = uf1_row([predictions(LABELS), predictions([0, 0, 1, 1, 0, 0])])
    other = 100 * (4 / 6 + 1 + 0) / 3
    assert row["seeds"] == 2
    assert row["uf1_mean"] == pytest.approx((100 + other) / 2)
    assert row["uf1_std"] == pytest.approx(np.std([100, other], ddof=1))
    assert row["uar_mean"] == pytest.approx((100 + 200 / 3) / 2)
    assert row["uar_std"] == pytest.approx(np.std([100, 200 / 3], ddof=1))


def test_the_mean_of_three_seeds_is_no_median():
    row = uf1_row([predictions(LABELS), predictions(LABELS), predictions([0, 0, 1, 1, 0, 0])])
    assert row["uf1_mean"] == pytest.approx((200 + 100 * (4 / 6 + 1 + 0) / 3) / 3)


def test_one_seed_has_no_spread():
    row = uf1_row([predictions(LABELS)])
    assert row["uf1_mean"] == 100
    assert np.isnan(row["uf1_std"])


def test_folds_are_summed_before_the_ratio():
    # Fold by fold, UF1 of a fold with one label would be 100 and their mean with it.
    whole = predictions([0, 1, 1, 1, 2, 2])
    folds = pd.concat([whole[4:], whole[:2], whole[2:4]])
    assert uf1_row([folds]) == pytest.approx(uf1_row([whole]), nan_ok=True)


def test_the_order_of_the_clips_and_the_type_of_the_text_do_not_count(tmp_path):
    write_csv(predictions(LABELS), tmp_path / "a.csv")
    row = uf1_row([predictions(LABELS)[::-1], read_csv(tmp_path / "a.csv")])
    assert (row["uf1_mean"], row["uf1_std"]) == (100, 0)


def test_predictions_that_do_not_belong_together():
    good = predictions(LABELS)
    with pytest.raises(InputError, match=r"seed 2: clip samm/000/c0 twice"):
        uf1_row([good, pd.concat([good, good[:1]])])
    with pytest.raises(InputError, match=r"seed 2: 5 clips, expected the 6"):
        uf1_row([good, good[:5]])
    with pytest.raises(InputError, match=r"seed 2"):
        uf1_row([good, predictions(LABELS, labels=[0, 0, 1, 1, 2, 0])])
    with pytest.raises(InputError, match="at least one seed"):
        uf1_row([])


def table_row(**changes):
    row = {"table": "2", "row": "z_MiE MMEW", "classifier": "branches", "regime": "synthetic", "variant": "mmew"}
    row |= {"evaluation": "compmie", "chosen_by": "last_epoch", "labels": ["negative", "positive", "surprise"]}
    row |= {"id_sources": ["emotionnet"], "au_sources": ["mmew", "oulu"], "training_samples": 690}
    return row | uf1_row([predictions(LABELS)] * 2) | {"published_uf1": 37.2, "published_std": 1.4} | changes


def test_rows_in_order_with_every_column(tmp_path):
    table = uf1_table([table_row(), table_row(row="no figure", published_uf1=None, published_std=None, au_sources=[])])
    assert tuple(table.columns) == COLUMNS
    assert list(table["row"]) == ["z_MiE MMEW", "no figure"]
    assert list(table["au_sources"]) == ["mmew + oulu", ""]
    assert list(table["published_note"]) == [PUBLISHED_NOTE, ""]
    assert table["published_uf1"].tolist()[0] == 37.2
    assert np.isnan(table["published_uf1"].iloc[1])
    write_csv(table, tmp_path / "t.csv")
    assert read_csv(tmp_path / "t.csv")["uf1_mean"].tolist() == [100, 100]


def test_no_published_figure_at_all():
    table = uf1_table([table_row(published_uf1=None, published_std=None)])
    assert table["published_note"].tolist() == [""]
    assert table["published_uf1"].dtype == np.float64


def test_figures_of_each_dataset_and_of_all():
    two = predictions([0, 1, 1, 1, 2, 2]).assign(dataset=["casme2"] * 2 + ["samm"] * 4)
    rows = dataset_rows([two, two.assign(predicted=LABELS)])
    assert [(row["dataset"], row["clips"]) for row in rows] == [("casme2", 2), ("samm", 4), ("all", 6)]
    assert [row["accuracy_mean"] for row in rows] == pytest.approx([75, 100, 100 * (5 / 6 + 1) / 2])
    assert rows[2]["uf1_mean"] == pytest.approx(uf1_row([two, two.assign(predicted=LABELS)])["uf1_mean"])


def test_datasets_stand_in_the_order_of_their_names_and_all_comes_last():
    two = predictions(LABELS).assign(dataset=["samm"] * 4 + ["casme2"] * 2)
    assert [row["dataset"] for row in dataset_rows([two])] == ["casme2", "samm", "all"]


def test_confusions_are_means_over_seeds_by_dataset_and_of_all():
    two = predictions([0, 1, 1, 1, 2, 2]).assign(dataset=["casme2"] * 2 + ["samm"] * 4)
    rows = pd.DataFrame(confusion_rows([two, two.assign(predicted=LABELS)], ["n", "p", "s"]))
    assert rows["dataset"].unique().tolist() == ["casme2", "samm", "all"]
    assert len(rows) == 27
    clips = rows.set_index(["dataset", "label", "predicted"])["clips"]
    assert (clips["casme2", "n", "n"], clips["casme2", "n", "p"], clips["samm", "n", "n"]) == (1.5, 0.5, 0)
    assert clips["all"].sum() == 6
    assert len(confusion_rows([two], ["n", "p", "s", "other", "more"])) == 75


def test_more_classes_than_occur_change_nothing():
    assert uf1_row([predictions(LABELS)], classes=5) == pytest.approx(uf1_row([predictions(LABELS)]), nan_ok=True)
    five = predictions([0, 1, 2, 3, 4, 4], labels=[0, 1, 2, 3, 4, 3])
    assert uf1_row([five], classes=5)["uf1_mean"] == pytest.approx(100 * (3 + 2 / 3 + 2 / 3) / 5)


def named(row, networks, table="1", **changes):
    usual = {"regime": "synthetic", "evaluation": "compmie", "chosen_by": "last_epoch"}
    return usual | {"table": table, "row": row, "predictions": {0: [networks]}} | changes


def test_rows_of_the_same_networks_carry_the_names_of_all():
    rows = [named("EmotionNet", "a"), named("CelebA", "b"), named("MMEW + Oulu + expert", "a", table="2")]
    same = "EmotionNet, synthetic = MMEW + Oulu + expert, synthetic"
    assert row_names(rows) == [same, "CelebA, synthetic", same]


def test_rows_of_other_networks_never_share_a_name():
    rows = [named("all", "a"), named("all", "b", table="2"), named("all", "c", evaluation="samm")]
    rows += [named("all", "d", chosen_by="test_fold"), named("all", "e", chosen_by="held_out_subjects")]
    assert row_names(rows) == [
        "1: all, synthetic, on compmie",
        "2: all, synthetic, on compmie",
        "all, synthetic, on samm",
        f"all, synthetic, on compmie, {NOT_A_RESULT}",
        "all, synthetic, on compmie, epoch chosen on held-out subjects",
    ]


def test_a_name_has_its_table_before_it_where_another_table_calls_other_networks_so():
    rows = [named("mine", "a"), named("mine", "b", table="2"), named("mine", "c", table="2", regime="real")]
    assert [row["row"] for row in with_distinct_names(rows, ["v", "w", "none"])] == ["1: mine", "2: mine", "mine"]
    assert [row["row"] for row in with_distinct_names(rows, ["v", "v", "none"])] == ["mine"] * 3


def test_a_row_is_named_with_its_test_set_only_where_rows_have_several():
    row = named("all", "a", evaluation="samm")
    assert row_names([row, named("some", "b", evaluation="samm")]) == ["all, synthetic", "some, synthetic"]


def test_rows_are_summed_up_and_compared_with_those_of_their_evaluation_and_classifier():
    sources = {"variant": "v", "id_sources": ["celeba"], "au_sources": ["mmew"], "labels": ["n", "p", "s"]}
    rows = [
        named(name, name, classifier=classifier, evaluation=evaluation) | sources
        for name, classifier, evaluation in (
            ("a", "apex", "compmie"),
            ("b", "apex", "compmie"),
            ("b", "branches", "compmie"),
            ("c", "apex", "samm"),
        )
    ]
    seeds = [predictions(LABELS).assign(fold=0, training_samples=9), predictions([0, 0, 1, 1, 0, 0]).assign(fold=0)]
    summary = summarise(rows, [seeds] * 4)
    assert summary.table["training_samples"].tolist() == [9] * 4
    assert summary.table["uf1_mean"].tolist() == [uf1_row(seeds)["uf1_mean"]] * 4
    assert summary.datasets["dataset"].tolist() == ["samm", "all"] * 4
    assert len(summary.confusions) == 4 * 2 * 9
    assert summary.comparisons[["first", "second", "classifier", "evaluation"]].to_numpy().tolist() == [
        ["a, synthetic", "b, synthetic", "apex", "compmie"]
    ]


def test_training_samples_are_the_mean_over_the_folds_however_many_clips_these_test():
    sources = {"variant": "v", "id_sources": [], "au_sources": [], "labels": ["n", "p", "s"]}
    seed = predictions(LABELS).assign(fold=[0] * 4 + [1] * 2, training_samples=[10] * 4 + [30] * 2)
    summary = summarise([named("a", "a", classifier="apex") | sources], [[seed]])
    assert summary.table["training_samples"].tolist() == [20]


def test_an_epoch_chosen_on_the_test_fold_is_marked_wherever_it_is_shown():
    table = uf1_table([table_row(), table_row(chosen_by="test_fold", evaluation="samm")])
    assert table["remark"].tolist() == ["", NOT_A_RESULT]
    texts = presented(table)
    assert texts["Remark"].tolist() == ["", NOT_A_RESULT]
    assert texts["Test set"].tolist() == ["compmie", "samm"]
    assert NOT_A_RESULT in markdown_table(texts)
    assert NOT_A_RESULT in latex_table(texts)
    assert not {"Remark", "Test set"} & set(presented(table[:1]).columns)
    # A column without any text, as it comes back from a file.
    assert "Remark" not in presented(table[:1].assign(remark=pd.array([pd.NA], "string")))


def test_a_single_subject_has_no_interval():
    """What one subject gives when it is drawn again and again is certain of nobody else."""
    one = predictions([0, 1, 2, 0], [0, 1, 2, 1]).assign(person="casme2/sub01")
    found = uf1_row([one, one])
    assert np.isnan([found["uf1_low"], found["uf1_high"]]).all()
    other = one.assign(predicted=[1, 2, 0, 1])
    assert comparisons({"one": [one, one], "other": [other, other]})[["p", "p_holm"]].isna().all(axis=None)
    texts = presented(uf1_table([table_row(uf1_low=np.nan, uf1_high=np.nan), table_row()]))
    assert texts["95 % interval"].tolist() == ["", "100.0 to 100.0"]


def test_every_two_rows_are_compared_and_p_is_corrected_for_their_number():
    labels = [0, 1, 2] * 20
    right, wrong = predictions(labels, labels), predictions([1, 2, 0] * 20, labels)
    table = comparisons({"right": [right], "wrong": [wrong], "also right": [right]})
    assert list(zip(table["first"], table["second"], strict=True)) == [
        ("right", "wrong"),
        ("right", "also right"),
        ("wrong", "also right"),
    ]
    assert table["difference"].tolist() == [100, 0, -100]
    assert table["p"].iloc[1] == 1
    assert table["p"].iloc[0] < 0.01
    assert table["p_holm"].tolist() == pytest.approx(
        [3 * table["p"].iloc[0]] * 1 + [1, 3 * table["p"].iloc[0]], abs=3e-4
    )


def test_rows_of_more_classes_are_compared_by_the_uf1_of_all_of_them():
    labels = [0, 1, 2, 3, 4] * 4
    right, same = predictions(labels, labels), predictions([0] * 20, labels)
    table = comparisons({"right": [right], "same": [same]}, classes=5)
    assert table["difference"].tolist() == pytest.approx([100 - 100 * (1 / 3) / 5])


@pytest.mark.slow
def test_the_luck_of_trainings_is_no_difference_of_rows():
    """Trainings of both rows are right of half of the clips or of all; of the second, one more happens to be of all."""
    labels = [0, 1, 2] * 40
    good, bad = predictions(labels, labels), predictions([0, 1, 2, 1, 2, 0] * 20, labels)
    table = comparisons({"first": [good, bad, bad], "second": [good, bad, good]})
    assert table["difference"].iloc[0] == pytest.approx(-100 / 6)
    assert table["p"].iloc[0] > 0.2
    # Rows need not have as many trainings as each other, but more than one.
    numbers = comparisons({"one": [good], "two": [good, bad], "three": [good, bad, bad], "another": [bad]})
    assert numbers["p"].isna().tolist() == [True, True, False, False, True, True]


@pytest.mark.slow
def test_given_predictions_stand_beside_all_others_and_say_what_is_unknown():
    labels = [0, 1, 2] * 20
    trained = predictions(labels, labels).assign(fold=0, training_samples=40)
    given = predictions([1, 2, 0] * 20, labels).assign(fold=0)
    common = {"evaluation": "compmie", "chosen_by": "last_epoch", "labels": ["a", "b", "c"], "variant": "none"}
    common |= {"id_sources": [], "au_sources": [], "table": "1"}
    rows = [
        {"row": "real clips", "regime": "real", "classifier": "apex", "predictions": "a", **common},
        {"row": "real clips", "regime": "real", "classifier": "branches", "predictions": "b", **common},
        {"row": "mine", "regime": "given", "classifier": "given", "predictions": "c", **common},
    ]
    summary = summarise(rows, [[trained], [trained], [given, given]])
    assert summary.table["uf1_mean"].tolist() == [100, 100, 0]
    assert summary.table["remark"].tolist() == ["", "", uf1.GIVEN]
    assert summary.table["training_samples"].isna().tolist() == [False, False, True]
    compared = summary.comparisons[["first", "second", "classifier", "difference"]].to_numpy().tolist()
    assert compared == [["real clips, real", "mine, given", name, 100] for name in ("apex", "branches")]
    # How much trainings differ by chance, one alone does not say.
    assert summary.comparisons[["p", "p_holm"]].isna().all(axis=None)
    assert uf1.GIVEN in markdown_table(presented(summary.table))


@pytest.mark.slow
def test_two_rows_of_given_predictions_are_compared_once():
    """Their p, corrected for all comparisons of a classifier, would be another for each classifier."""
    labels = [0, 1, 2] * 20
    right, wrong = predictions(labels, labels).assign(fold=0), predictions([1, 2, 0] * 20, labels).assign(fold=0)
    common = {"labels": ["a", "b", "c"], "variant": "none", "id_sources": [], "au_sources": []}
    rows = [
        named("real clips", classifier, regime="real", classifier=classifier) | common
        for classifier in ("apex", "branches")
    ]
    rows += [named(name, name, regime="given", classifier="given") | common for name in ("mine", "theirs")]
    compared = summarise(rows, [[right], [right], [wrong], [right]]).comparisons
    found = compared[["first", "second", "classifier"]].to_numpy().tolist()
    assert found == [
        *(["real clips, real", f"{name}, given", "apex"] for name in ("mine", "theirs")),
        *(["real clips, real", f"{name}, given", "branches"] for name in ("mine", "theirs")),
        ["mine, given", "theirs, given", "given"],
    ]
    p = compared["p"].tolist()
    assert compared["p_holm"].tolist() == pytest.approx([2 * p[0], 1, 2 * p[2], 1, p[4]])


def test_a_paper_can_show_it():
    texts = presented(uf1_table([table_row(row="A & B_1")]))
    assert texts["UF1"].tolist() == ["100.0 ± 0.0"]
    assert texts["Published UF1 (other data)"].tolist() == ["37.2 ± 1.4"]
    lines = markdown_table(texts).splitlines()
    assert len(lines) == 3
    assert "| 100.0 ± 0.0 |" in lines[2].replace("  ", " ")
    written = latex_table(texts)
    assert r"A \& B\_1" in written
    assert r"100.0 $\pm$ 0.0" in written
    assert r"95 \% interval" in written
    assert written.count(r"\\") == 2


def test_each_metric_stands_in_its_own_column():
    seed = predictions([0, 0, 0, 1, 1, 1], labels=[0, 0, 0, 0, 1, 2])
    (texts,) = presented(uf1_table([table_row(**uf1_row([seed, seed]))])).to_dict("records")
    assert (texts["UF1"], texts["UAR"], texts["Accuracy"]) == ("45.2 ± 0.0", "58.3 ± 0.0", "66.7 ± 0.0")


def test_texts_and_tables_are_each_rounded_once(tmp_path):
    """Of each class 14 of 26 clips are right, 53.846 %: 53.85 in the table, and in a text 53.8, not 53.9."""
    labels = np.repeat([0, 1, 2], 26)
    predicted = np.where(np.tile(np.arange(26), 3) < 14, labels, (labels + 1) % 3)
    write_csv(predictions(predicted, labels).assign(fold=0), tmp_path / "0.csv")
    row = table_row(predictions={0: [tmp_path / "0.csv"]})
    names = {"table": "t.csv", "datasets": "d.csv", "confusions": "c.csv", "comparisons": "p.csv"}
    outputs = {name: tmp_path / file for name, file in (names | {"markdown": "t.md", "latex": "t.tex"}).items()}
    uf1.write_tables([row], {"samples": 9, "samples_of": "variant"}, outputs)
    found = read_csv(outputs["table"])[["uf1_mean", "uar_mean", "accuracy_mean"]].iloc[0].tolist()
    assert found == [53.85] * 3
    assert read_csv(outputs["datasets"])["uf1_mean"].tolist() == [53.85] * 2
    for text in ("markdown", "latex"):
        written = outputs[text].read_text()
        assert written.count("53.8 ") == 3
        assert "53.9" not in written


def test_no_sign_of_a_name_is_a_command_of_latex():
    written = latex_table(uf1_table([table_row(row=r"a\b~c^d|e<f>g{h}$")]).pipe(presented))
    expected = r"a\textbackslash{}b\textasciitilde{}c\textasciicircum{}d\textbar{}e\textless{}f\textgreater{}g\{h\}\$"
    assert expected in written


def test_no_sign_of_a_name_is_a_mark_of_markdown():
    written = markdown_table(uf1_table([table_row(row="a|b $x$ ~c~ <b> *")]).pipe(presented))
    assert r"| a\|b \$x\$ \~c\~ \<b> \* |" in " ".join(written.split())


@pytest.mark.parametrize(("samples_of", "words"), [("au_source", "as published"), ("variant", "a control")])
def test_a_table_says_how_large_its_training_sets_are(samples_of, words):
    note = uf1.size_note(15000, samples_of)
    texts = pd.DataFrame({"UF1": ["50 %"]})
    assert "15000" in note
    assert words in note
    assert markdown_table(texts, note).endswith(f"|\n\n{note}\n")
    assert latex_table(texts, note).endswith(f"{note.replace('_', chr(92) + '_')}\n")


def test_a_table_whose_variants_all_ask_for_a_number_names_none_that_no_training_set_has():
    note = uf1.size_note(None, "variant")
    assert "as many samples as their variants ask for" in note
    assert not any(map(str.isdigit, note))
