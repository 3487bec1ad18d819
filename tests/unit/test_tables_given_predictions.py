import numpy as np
import pandas as pd
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.tables.given_predictions import read, take

CLASSES = ["negative", "positive", "surprise"]
SCORES = [f"score_{name}" for name in CLASSES]
CLIPS = pd.DataFrame(
    {
        "dataset": ["casme2", "casme2", "smic"],
        "subject": ["006", "6", "s1"],
        "clip": ["a", "b", "a"],
        "emotion": ["disgust", "happiness", "surprise"],
        "label": [0, 1, 2],
        "person": ["p1", "p2", "p3"],
        "fold": [0, 1, 1],
    }
)
GIVEN = CLIPS[["dataset", "subject", "clip"]].assign(predicted=["negative", "surprise", "surprise"])
# As it is read: the first row of a file names the columns.
GIVEN.index = range(2, 5)


def test_every_test_clip_gets_what_was_said_of_it_in_whatever_order():
    taken = take(GIVEN.iloc[[2, 0, 1]], CLIPS, CLASSES, "mine.csv")
    assert taken["predicted"].tolist() == [0, 2, 2]
    pd.testing.assert_frame_equal(taken[list(CLIPS)], CLIPS)
    assert taken[[f"score_{name}" for name in CLASSES]].isna().all(axis=None)


def test_the_highest_score_counts():
    scores = np.array([[0.1, 0.7, 0.2], [3, 1, 2], [-1, -2, 0]])
    given = GIVEN.drop(columns="predicted").assign(
        **{f"score_{name}": scores[:, n] for n, name in enumerate(CLASSES)}, fold=[0, 1, 1]
    )
    taken = take(given, CLIPS, CLASSES, "mine.csv")
    assert taken["predicted"].tolist() == [1, 0, 2]
    assert taken["score_positive"].tolist() == [0.7, 1, -2]


def test_columns_of_scores_may_stand_in_any_order():
    scores = {"score_surprise": [2, 2, 9], "score_negative": [3, 1, 0], "score_positive": [1, 0, 5]}
    given = GIVEN.drop(columns="predicted").assign(**scores)
    assert take(given, CLIPS, CLASSES, "mine.csv")["predicted"].tolist() == [0, 2, 2]


def test_equal_scores_are_not_decided_for_the_first_class():
    given = GIVEN.drop(columns="predicted").assign(score_negative=[3, 1, 0], score_positive=[1, 2, 0])
    with pytest.raises(InputError, match=r"mine\.csv, row 3: positive and surprise have the highest score"):
        take(given.assign(score_surprise=[1, 2, 9]), CLIPS, CLASSES, "mine.csv")


@pytest.mark.parametrize("predicted", [["negative", "surprise", "surprise"], ["0", "2", "2"]])
def test_what_is_predicted_agrees_with_the_highest_score_and_decides_between_equal_ones(predicted):
    given = GIVEN.assign(
        predicted=predicted, score_negative=[3, 1, 0], score_positive=[1, 2, 0], score_surprise=[1, 2, 9]
    )
    taken = take(given.iloc[[2, 0, 1]], CLIPS, CLASSES, "mine.csv")
    assert taken["predicted"].tolist() == [0, 2, 2]
    assert taken["score_surprise"].tolist() == [1, 2, 9]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop(columns="subject"), "mine.csv: has no column subject"),
        (lambda t: t.drop(columns="predicted"), "no column predicted, or of score_negative, score_positive"),
        (lambda t: t.assign(score_suprise=1), "has the columns score_suprise; expected score_negative, score_positive"),
        (lambda t: t.assign(score_negative=1, score_positive=0), "has the columns score_negative, score_positive; exp"),
        (
            lambda t: t.assign(**dict.fromkeys(SCORES, 0), score_others=1),
            "has the columns score_negative, score_positive, score_surprise, score_others; expected",
        ),
        (
            lambda t: t.drop(columns="predicted").assign(score_negative=1),
            "has the columns score_negative; expected score_negative, score_positive, score_surprise, one for each",
        ),
        (lambda t: t.assign(subject=["006", "006", "s1"]), "row 3: casme2/006/b is no test clip here; copy dataset,"),
        (lambda t: pd.concat([t, t[1:2].set_axis([5])]), "row 5: casme2/6/b stands there twice; keep one row"),
        (lambda t: t[1:], "1 of 3 test clips are missing, first casme2/006/a"),
        (
            lambda t: t.assign(predicted=["negative", "anger", "surprise"]),
            "row 3: 'anger' is no class; expected one of",
        ),
        (lambda t: t.assign(predicted=["negative", None, "surprise"]), "row 3: '' is no class"),
        (lambda t: t.assign(fold=[0, 1, 0]), "row 4: fold 0, but the clip is of fold 1"),
        (lambda t: t.assign(fold=["0", "1", "x"]), "row 4: fold x, but the clip is of fold 1"),
        (lambda t: t.assign(fold=["0", "", "1"]), "row 3: fold '', but the clip is of fold 1"),
        (
            lambda t: t.assign(score_negative=[1, 2, 3], score_positive=[0, "x", 0], score_surprise=0.5),
            "row 3: a score is no number",
        ),
        (
            lambda t: t.assign(score_negative=[3, 2, 1], score_positive=2, score_surprise=[1, 1, 3]),
            "row 3: predicted is surprise, but negative has the highest score",
        ),
        (
            lambda t: t.assign(predicted=["0", "1", "x"], score_negative=[3, 0, 1], score_positive=2, score_surprise=0),
            "row 4: 'x' is no class; expected one of negative, positive, surprise",
        ),
        (
            lambda t: t[::-1].assign(score_negative=[2, 1, 1], score_positive=0, score_surprise=1),
            "row 4: predicted is surprise, but negative has the highest score",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_its_row(change, said):
    with pytest.raises(InputError) as raised:
        take(change(GIVEN), CLIPS, CLASSES, "mine.csv")
    assert said in str(raised.value)


def test_scores_may_have_decimal_commas(tmp_path):
    rows = ["casme2;006;a;0,7;0,2;,1", "casme2;6;b;1e-3;0,5;0,25", "smic;s1;a;-1,5;-2;-0,5"]
    (tmp_path / "mine.csv").write_text("\n".join(["dataset;subject;clip;" + ";".join(SCORES), *rows]) + "\n")
    taken = take(read(tmp_path / "mine.csv"), CLIPS, CLASSES, "mine.csv")
    assert taken["predicted"].tolist() == [0, 1, 2]
    assert taken[SCORES].to_numpy().tolist() == [[0.7, 0.2, 0.1], [0.001, 0.5, 0.25], [-1.5, -2, -0.5]]


def test_folds_are_compared_as_numbers():
    """Programs write numbers of a column that once had a gap as 0.0."""
    taken = take(GIVEN.assign(fold=["0.0", "1.0", "1"]), CLIPS, CLASSES, "mine.csv")
    assert taken["fold"].tolist() == [0, 1, 1]


def test_a_fold_is_that_of_the_clip_in_its_row_in_whatever_order():
    given = GIVEN.assign(fold=CLIPS["fold"].tolist())[::-1]
    assert take(given, CLIPS, CLASSES, "mine.csv")["fold"].tolist() == [0, 1, 1]


def test_a_file_of_a_spreadsheet_is_read_with_its_rows_and_subjects_as_text(tmp_path):
    text = "dataset;subject;clip;predicted\n\ncasme2;006;a;negative\ncasme2;6;b;positive\nsmic;s1;a;joy\n"
    (tmp_path / "mine.csv").write_text(text)
    given = read(tmp_path / "mine.csv")
    assert given["subject"].tolist() == ["006", "6", "s1"]
    with pytest.raises(InputError, match=r"row 5: 'joy' is no class"):
        take(given, CLIPS, CLASSES, "mine.csv")
    (tmp_path / "mine.csv").write_text(text.replace("joy", "surprise"))
    assert take(read(tmp_path / "mine.csv"), CLIPS, CLASSES, "mine.csv")["predicted"].tolist() == [0, 1, 2]
