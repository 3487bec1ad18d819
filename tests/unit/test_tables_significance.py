from itertools import product

import numpy as np
import pandas as pd
import pytest

from mie_x_lib.tables.metrics import accuracy, confusion, uf1
from mie_x_lib.tables.significance import bootstrap_interval, holm, paired_test, subject_confusions


def predictions(rng, subjects=30, clips=6, right=0.6):
    """Predictions of which a share `right` is right; a subject's clips succeed or fail with some likeness."""
    label = rng.integers(0, 3, subjects * clips)
    luck = np.repeat(rng.uniform(-0.2, 0.2, subjects), clips)
    hit = rng.random(len(label)) < right + luck
    return pd.DataFrame(
        {
            "person": np.repeat([f"samm/{number:03d}" for number in range(subjects)], clips),
            "label": label,
            "predicted": np.where(hit, label, (label + rng.integers(1, 3, len(label))) % 3),
        }
    )


def again(table, rng, right):
    """Other predictions for the same clips."""
    hit = rng.random(len(table)) < right
    return table.assign(predicted=np.where(hit, table["label"], (table["label"] + 1) % 3))


def test_counts_of_subjects_add_up_to_those_of_all():
    rng = np.random.default_rng(0)
    seeds = [predictions(rng), predictions(rng)]
    counts = subject_confusions([seeds[0], seeds[1].sample(frac=1, random_state=0)])
    assert counts.shape == (30, 2, 3, 3)
    for number, table in enumerate(seeds):
        np.testing.assert_array_equal(counts[:, number].sum(axis=0), confusion(table["label"], table["predicted"]))


def test_a_subject_has_one_place_whatever_the_order_of_the_clips():
    table = predictions(np.random.default_rng(0))
    seeds = [table, table.sample(frac=1, random_state=0)]
    np.testing.assert_array_equal(*subject_confusions(seeds).swapaxes(0, 1))


def test_counts_of_more_classes():
    table = pd.DataFrame({"person": list("aab"), "label": [4, 0, 1], "predicted": [4, 3, 1]})
    counts = subject_confusions([table], classes=5)
    assert counts.shape == (2, 1, 5, 5)
    assert (counts[0, 0, 4, 4], counts[0, 0, 0, 3], counts[1, 0, 1, 1], counts.sum()) == (1, 1, 1, 3)


def test_a_person_of_two_datasets_is_one_subject():
    table = predictions(np.random.default_rng(0), subjects=2).assign(dataset="samm")
    both = pd.concat([table, table.assign(dataset="samm_whole")])
    assert len(subject_confusions([both])) == 2
    np.testing.assert_array_equal(subject_confusions([both]), 2 * subject_confusions([table]))


def test_the_interval_holds_the_figure_and_narrows_with_the_subjects():
    rng = np.random.default_rng(1)
    widths = []
    for subjects in (10, 160):
        counts = subject_confusions([predictions(rng, subjects)])
        low, high = bootstrap_interval(counts)
        assert low < uf1(counts.sum(axis=0))[0] < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


def test_the_interval_is_of_the_mean_of_what_each_seed_reaches():
    """All subjects are alike. UF1 of the counts of both seeds together would be 2 / 3."""
    labels = [0, 1, 2] * 5
    right = pd.DataFrame({"person": np.repeat(list("abcde"), 3), "label": labels, "predicted": labels})
    counts = subject_confusions([right, right.assign(predicted=0)])
    assert bootstrap_interval(counts) == pytest.approx(((1 + 1 / 6) / 2,) * 2)


def test_a_single_subject_has_no_interval():
    counts = subject_confusions([predictions(np.random.default_rng(1), subjects=1)] * 3)
    assert np.isnan(bootstrap_interval(counts)).all()


@pytest.mark.slow
@pytest.mark.parametrize(("level", "deviations"), [(0.95, 1.96), (0.8, 1.28)])
def test_bounds_leave_out_as_much_on_either_side(level, deviations):
    """Of 400 subjects with one clip each, the share that is right is nearly normal."""
    table = pd.DataFrame({"person": range(400), "label": 0, "predicted": np.arange(400) % 2})
    low, high = bootstrap_interval(subject_confusions([table]), accuracy, level, draws=20000)
    expected = deviations * np.sqrt(0.5 * 0.5 / 400)
    assert (0.5 - low, high - 0.5) == pytest.approx((expected, expected), rel=0.06)


@pytest.mark.slow
def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(2)
    held = [
        low < 0.6 < high
        for low, high in (
            bootstrap_interval(subject_confusions([predictions(rng, 40)]), accuracy, level=0.8, draws=300)
            for _ in range(200)
        )
    ]
    assert 0.7 < np.mean(held) < 0.88


def test_likeness_within_a_subject_widens_the_interval():
    alone = pd.DataFrame({"person": range(60), "label": [0, 1, 2] * 20, "predicted": [0, 1, 2, 0, 0, 0] * 10})
    together = alone.assign(person=np.arange(60) // 6 + 60 * (np.arange(60) % 6 > 2))
    narrow, wide = (np.ptp(bootstrap_interval(subject_confusions([table]), accuracy)) for table in (alone, together))
    assert wide > narrow


def test_equal_rows_differ_in_nothing():
    counts = subject_confusions([predictions(np.random.default_rng(0))])
    assert paired_test(counts, counts) == 1


def test_a_clear_difference_is_found_and_has_no_side():
    rng = np.random.default_rng(3)
    table = predictions(rng)
    good, bad = (subject_confusions([again(table, rng, right) for _ in range(2)]) for right in (0.9, 0.5))
    assert paired_test(good, bad) < 0.01
    assert paired_test(bad, good) == pytest.approx(paired_test(good, bad))


def test_p_is_the_share_of_draws_as_far_apart_where_the_observed_is_one_of_them():
    """No draw reaches a difference that all of 40 subjects share; of two subjects, both or neither change sides."""
    label, other = np.arange(120) % 3, (np.arange(120) + 1) % 3
    table = pd.DataFrame({"person": np.repeat(range(40), 3), "label": label, "predicted": label})
    right, wrong = subject_confusions([table]), subject_confusions([table.assign(predicted=other)])
    assert paired_test(right, wrong, draws=99) == 1 / 100
    assert paired_test(right[:2], wrong[:2], draws=4000) == pytest.approx(0.5, abs=0.03)


def test_p_is_that_of_all_ways_to_change_sides():
    rng = np.random.default_rng(6)
    table = predictions(rng, subjects=6)
    first, second = (subject_confusions([again(table, rng, right) for _ in range(2)]) for right in (0.75, 0.55))
    found = []
    for swapped in product([False, True], repeat=6):
        changed = np.array(swapped)[:, None, None, None]
        one, other = np.where(changed, second, first).sum(axis=0), np.where(changed, first, second).sum(axis=0)
        found.append(abs(uf1(one).mean() - uf1(other).mean()))
    expected = np.mean(np.array(found) >= found[0] - 1e-12)
    assert 0.05 < expected < 0.6
    assert paired_test(first, second, draws=20000) == pytest.approx(expected, abs=0.015)


@pytest.mark.slow
def test_no_difference_is_found_as_seldom_as_it_should():
    rng = np.random.default_rng(4)
    found = []
    for _ in range(200):
        table = predictions(rng, subjects=20)
        rows = [subject_confusions([again(table, rng, 0.6)]) for _ in range(2)]
        found.append(paired_test(*rows, draws=200) < 0.2)
    assert 0.12 < np.mean(found) < 0.29


def test_rows_of_other_clips_are_refused():
    rng = np.random.default_rng(5)
    with pytest.raises(ValueError, match="same test clips"):
        paired_test(subject_confusions([predictions(rng)]), subject_confusions([predictions(rng)]))


def test_holm_is_the_step_down_correction():
    np.testing.assert_allclose(holm(np.array([0.04, 0.01, 0.03, 0.9])), [0.09, 0.04, 0.09, 0.9])
    assert holm(np.array([0.7, 0.8])).max() == 1
