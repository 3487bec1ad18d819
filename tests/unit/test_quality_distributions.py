import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm

from mie_x_lib.quality.distributions import (
    between_halves,
    effective_number,
    frechet,
    mean_pairwise_distance,
    wasserstein,
)


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_wasserstein_of_a_shift_is_the_shift(random):
    values = random.random((30, 3))
    np.testing.assert_allclose(wasserstein(values, values + np.array([0, 0.2, -1])), [0, 0.2, 1], atol=1e-12)


def test_wasserstein_tells_another_spread_apart(random):
    values = random.normal(size=(200, 1))
    assert wasserstein(values, 2 * values)[0] > 0.5


def test_distances_need_something_to_compare():
    assert np.isnan(wasserstein(np.empty((0, 2)), np.ones((3, 2)))).all()
    assert np.isnan(frechet(np.ones((1, 2)), np.ones((3, 2))))


def test_frechet_of_a_shift_is_its_square(random):
    values = random.normal(size=(50, 4))
    assert frechet(values, values) == pytest.approx(0, abs=1e-9)
    assert frechet(values, values + np.array([3, 0, 0, 4])) == pytest.approx(25)


def test_frechet_is_that_of_the_formula(random):
    first, second = random.normal(size=(40, 3)), random.normal(size=(60, 3)) @ random.normal(size=(3, 3)) + 1
    one, two = np.cov(first.T), np.cov(second.T)
    expected = ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert frechet(first, second) == pytest.approx(expected)
    assert frechet(second, first) == pytest.approx(expected)


def test_frechet_of_one_column_and_of_few_rows(random):
    values = random.normal(size=(500, 1))
    assert frechet(values, 3 * values) == pytest.approx((2 * values.mean()) ** 2 + (2 * values.std(ddof=1)) ** 2)
    # Fewer rows than columns: covariances without an inverse.
    assert frechet(random.normal(size=(5, 17)), random.normal(size=(6, 17))) > 0


def test_halves_are_of_subjects_and_always_the_same(random):
    subjects = np.repeat(np.arange(10), 3)
    halves = []

    def note(first, second):
        halves.append((set(first[:, 0]), set(second[:, 0])))
        return 1.0

    values = subjects[:, None].astype(float)
    assert between_halves(values, subjects, note) == 1
    assert all(not first & second and len(first) == len(second) == 5 for first, second in halves)
    assert len({tuple(sorted(first)) for first, _ in halves}) > 5
    noise = random.normal(size=(30, 2))
    assert between_halves(noise, subjects, frechet) == between_halves(noise, subjects, frechet)


def test_one_subject_has_no_halves():
    assert np.isnan(between_halves(np.ones((3, 2)), ["a", "a", "a"], frechet))


@settings(deadline=None)
@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=40))
def test_the_effective_number_is_at_most_that_of_the_names(names):
    assert 1 - 1e-9 <= effective_number(names) <= len(set(names)) + 1e-9
    assert effective_number(list("abc")) == pytest.approx(3)


def test_the_effective_number_falls_where_one_name_prevails():
    assert effective_number(["a"] * 98 + ["b", "c"]) < 1.2
    assert effective_number([]) == 0


def test_mean_pairwise_distance():
    assert mean_pairwise_distance(np.array([[0.0, 0], [3, 4], [3, 4]])) == pytest.approx(10 / 3)
    assert mean_pairwise_distance(np.ones((5, 2))) == 0
    assert np.isnan(mean_pairwise_distance(np.ones((1, 2))))
    many = np.random.default_rng(0).normal(size=(3000, 2))
    assert mean_pairwise_distance(many) == pytest.approx(np.sqrt(np.pi), rel=0.05)
