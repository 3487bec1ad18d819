import numpy as np
import pytest

from mie_x_lib.quality.fidelity import au_fidelity, au_strength, identity_kept
from mie_x_lib.terms import AU_NAMES


@pytest.fixture
def wanted():
    return np.random.default_rng(0).random((2, 50, 17))


def test_a_render_that_does_what_was_asked_has_fidelity_one(wanted):
    onset, apex = wanted
    found = au_fidelity(onset, apex, 0.1 + 0.5 * onset, 0.1 + 0.5 * apex)
    assert found == {"au_fidelity": pytest.approx(1)} | {name: pytest.approx(1) for name in AU_NAMES}


def test_fidelity_is_pearsons_correlation_of_the_change(wanted):
    onset, apex = wanted
    measured = np.random.default_rng(1).random((2, 50, 17))
    found = au_fidelity(onset, apex, *measured)
    expected = np.corrcoef((apex - onset)[:, 4], (measured[1] - measured[0])[:, 4])[0, 1]
    assert found["AU06"] == pytest.approx(expected)
    assert found["au_fidelity"] == pytest.approx(np.mean([found[name] for name in AU_NAMES]))


def test_an_action_unit_that_was_never_asked_for_has_no_fidelity(wanted):
    onset, apex = wanted
    apex[:, 0] = onset[:, 0]
    found = au_fidelity(onset, apex, onset, apex)
    assert np.isnan(found["AU01"])
    assert found["au_fidelity"] == pytest.approx(1)
    assert np.isnan(au_fidelity(onset, onset, onset, apex)["au_fidelity"])


def test_no_pair_has_no_fidelity(wanted):
    onset, apex = wanted[:, :0]
    assert np.isnan(au_fidelity(onset, apex, onset, apex)["au_fidelity"])


def test_strength_is_the_share_of_what_was_asked_for_that_shows(wanted):
    onset, apex = wanted
    assert au_strength(apex - onset, 0.4 * (apex - onset)) == pytest.approx(0.4)
    assert au_strength(apex - onset, 0 * onset) == 0
    assert np.isnan(au_strength(0 * onset, onset))


@pytest.fixture
def people():
    return np.random.default_rng(0).integers(0, 256, (6, 20, 24, 3), dtype=np.uint8)


def test_renders_of_the_right_person_are_found_in_another_light(people):
    rows = np.array([0, 3, 5])
    pairs = np.stack([people[rows] // 2 + 40, people[rows] // 3], axis=1)
    assert identity_kept(pairs, rows, people).tolist() == [1, 1, 1]


def test_a_person_is_told_by_the_pattern_of_a_face_and_not_by_its_brightness():
    """The render of the first is as bright as the photograph of the last."""
    faces = np.random.default_rng(0).integers(40, 160, (3, 32, 32, 3), dtype=np.uint8)
    faces[2] += 90
    frames = faces[:2] + np.array([90, 0], np.uint8)[:, None, None, None]
    assert identity_kept(np.stack([frames, frames], axis=1), np.arange(2), faces).tolist() == [1, 1]


def test_a_frame_of_somebody_else_counts_as_lost(people):
    rows = np.array([0, 3])
    pairs = np.stack([people[rows], people[[0, 4]]], axis=1)
    assert identity_kept(pairs, rows, people).tolist() == [1, 0.5]


def test_a_face_without_contrast_is_nobody(people):
    flat = np.full((1, 2, 20, 24, 3), 128, np.uint8)
    assert identity_kept(flat, np.array([3]), people).tolist() == [0]


def test_no_pairs_have_no_identity(people):
    assert identity_kept(np.empty((0, 2, 20, 24, 3), np.uint8), np.empty(0, int), people).shape == (0,)
