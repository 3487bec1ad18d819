from dataclasses import fields

import numpy as np
import pytest

from mie_x_lib.corpora.simulated import mesh
from mie_x_lib.corpora.simulated.people import TEXTURE, make_person, texture_points
from mie_x_lib.terms import AU_NAMES

# Vertices at which a unit folds the skin; at the middle of the face, or one of two mirrored places.
FOLDED = {"AU01": 9, "AU04": 9, "AU07": 145, "AU14": 61, "AU15": 61, "AU17": 199, "AU23": 0}
ELSEWHERE = {"AU01": 61, "AU04": 61, "AU07": 61, "AU14": 107, "AU15": 107, "AU17": 107, "AU23": 107}


@pytest.fixture(scope="module")
def people():
    return [make_person(np.random.default_rng(seed)) for seed in range(4)]


def test_a_person_is_a_function_of_the_seed(people):
    again = make_person(np.random.default_rng(1))
    for field in fields(again):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(people[1], field.name))


@pytest.mark.parametrize("name", [field.name for field in fields(make_person.__annotations__["return"])])
def test_no_two_people_share_anything(people, name):
    values = [getattr(person, name) for person in people]
    for number, value in enumerate(values):
        assert not any(np.array_equal(value, other) for other in values[:number])


def test_shapes_and_ranges(people):
    for person in people:
        assert person.neutral.shape == (478, 3)
        assert person.albedo.shape == (TEXTURE, TEXTURE, 3)
        assert person.albedo.dtype == person.folds.dtype == np.float32
        assert person.folds.shape == (len(AU_NAMES), TEXTURE, TEXTURE)
        assert 0 < person.albedo.min() < person.albedo.max() <= 1
        assert np.linalg.norm(person.light) == pytest.approx(1)
        for colour in (person.skin, person.hair, person.iris, person.clothes, *person.background):
            assert colour.shape == (3,)
            assert (colour >= 0).all()
            assert (colour <= 1).all()


def test_faces_differ_in_shape_and_stay_faces(people):
    average = mesh.face_mesh().neutral
    for person in people:
        distance = np.linalg.norm(person.neutral - average, axis=1)
        assert 0.005 < distance.mean() < 0.06
        for upper, lower in (mesh.RIGHT_EYE, mesh.LEFT_EYE):
            assert (person.neutral[list(lower), 1] - person.neutral[list(upper), 1]).max() > 0.02


def test_brows_and_lips_lie_on_their_vertices(people):
    neutral = mesh.face_mesh().neutral

    def colour(person, vertices):
        columns, rows = np.round(texture_points(neutral[vertices, :2]).mean(axis=0)).astype(int)
        return person.albedo[rows - 2 : rows + 3, columns - 2 : columns + 3].mean(axis=(0, 1))

    for person in people:
        brow, forehead = (np.abs(colour(person, at) - 0.8 * person.hair).sum() for at in ([52, 105], [9, 151]))
        assert brow < 0.7 * forehead
        lips, cheek = colour(person, [17, 14]), colour(person, [50])
        assert lips[1] / lips[0] < cheek[1] / cheek[0]


def test_folds_lie_where_the_unit_acts(people):
    neutral = mesh.face_mesh().neutral
    for au, vertex in FOLDED.items():
        fold = np.abs(people[0].folds[AU_NAMES.index(au)])

        def around(vertex, fold=fold):
            column, row = np.round(texture_points(neutral[vertex, :2])).astype(int)
            return fold[row - 8 : row + 9, column - 8 : column + 9].max()

        assert around(vertex) > 0.1 > 10 * around(ELSEWHERE[au])


def test_people_fold_more_or_less_but_in_the_same_places(people):
    one, two = people[0].folds, people[1].folds
    for au in np.flatnonzero(np.abs(one).max(axis=(1, 2))):
        ratio = np.abs(two[au]).max() / np.abs(one[au]).max()
        assert ratio != pytest.approx(1, abs=1e-3)
        np.testing.assert_allclose(two[au], ratio * one[au], rtol=1e-3, atol=1e-6)
