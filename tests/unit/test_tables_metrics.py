import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mie_x_lib.tables.metrics import accuracy, confusion, uar, uf1

LABELS = arrays(np.int64, st.shared(st.integers(1, 40), key="n"), elements=st.integers(0, 2))


@pytest.mark.slow
@given(label=LABELS, predicted=LABELS)
def test_against_an_independent_implementation(label, predicted):
    from sklearn import metrics

    counts = confusion(label, predicted)
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(label, predicted, labels=[0, 1, 2]))
    assert uf1(counts) == pytest.approx(metrics.f1_score(label, predicted, average="macro"))
    assert accuracy(counts) == pytest.approx(np.mean(label == predicted))
    present = [np.mean(predicted[label == c] == c) for c in range(3) if (label == c).any()]
    assert uar(counts) == pytest.approx(np.mean(present))
    if len(present) == 3:
        assert uar(counts) == pytest.approx(metrics.balanced_accuracy_score(label, predicted))


FIVE = arrays(np.int64, st.shared(st.integers(1, 40), key="n"), elements=st.integers(0, 4))


@pytest.mark.slow
@given(label=FIVE, predicted=FIVE)
def test_any_number_of_classes(label, predicted):
    from sklearn import metrics

    counts = confusion(label, predicted, classes=5)
    np.testing.assert_array_equal(counts, metrics.confusion_matrix(label, predicted, labels=range(5)))
    assert uf1(counts) == pytest.approx(metrics.f1_score(label, predicted, average="macro"))
    assert uar(counts) == pytest.approx(np.mean([np.mean(predicted[label == c] == c) for c in set(label)]))


@given(label=LABELS, predicted=LABELS, cut=st.integers(0, 40))
def test_folds_add_up_before_the_ratio(label, predicted, cut):
    parts = confusion(label[:cut], predicted[:cut]) + confusion(label[cut:], predicted[cut:])
    np.testing.assert_array_equal(parts, confusion(label, predicted))


def test_by_hand():
    counts = np.array([[3, 1, 0], [0, 2, 0], [2, 0, 0]])
    assert uf1(counts) == pytest.approx((6 / 9 + 4 / 5 + 0 / 2) / 3)
    assert uar(counts) == pytest.approx((3 / 4 + 1 + 0) / 3)


def test_a_class_that_never_occurs_is_left_out_but_a_false_alarm_counts():
    assert uf1(np.diag([4, 2, 0])) == 1
    assert uar(np.diag([4, 2, 0])) == 1
    false_alarm = np.array([[3, 0, 1], [0, 2, 0], [0, 0, 0]])
    assert uf1(false_alarm) == pytest.approx((6 / 7 + 1 + 0) / 3)
    assert uar(false_alarm) == pytest.approx((3 / 4 + 1) / 2)


def test_nothing_to_measure_on():
    for metric in (uf1, uar):
        # By itself, and among others.
        for counts in (confusion([], []), np.stack([confusion([0, 1], [0, 1]), confusion([], [])])):
            with pytest.raises(ValueError, match="no clip"):
                metric(counts)


@pytest.mark.parametrize(
    ("label", "predicted"),
    [([0], [0, 1]), ([3], [0]), ([0], [-1]), ([0, 3], [0, 0]), ([0, 0], [0, -1]), ([[0]], [[0]])],
)
def test_what_is_no_label(label, predicted):
    with pytest.raises(ValueError, match="expected"):
        confusion(label, predicted)


def test_many_confusions_at_once_give_what_each_gives_alone():
    counts = np.random.default_rng(0).integers(0, 3, (50, 2, 3, 3)) + np.eye(3, dtype=int)[0] * np.eye(3, dtype=int)
    for metric in (uf1, uar, accuracy):
        each = [[metric(one) for one in pair] for pair in counts]
        np.testing.assert_allclose(metric(counts), each)
