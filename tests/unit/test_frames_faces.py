import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mie_x_lib.corpora.simulated import mesh
from mie_x_lib.corpora.simulated.people import make_person
from mie_x_lib.frames.faces import (
    EYE_X,
    EYE_Y,
    FaceBox,
    corners,
    crop,
    level_box,
    share_outside,
    squared_faces,
    turned_away,
)
from tests.drawn_faces import moved, photographs

# Irises, tip of the nose and corners of the mouth.
LANDMARKS = [*mesh.IRISES, 4, 61, 291]


@pytest.fixture(scope="module")
def image():
    return photographs(1)[0]


def test_a_crop_on_the_grid_is_the_image_itself(image):
    box = FaceBox(x=100, y=90, side=64)
    np.testing.assert_array_equal(crop(image, box, 0.0, 64), image[58:122, 68:132])
    np.testing.assert_array_equal(crop(image, box, 0.25, 96), image[42:138, 52:148])


def test_a_crop_that_shrinks_averages_the_image(image):
    expected = image[36:164, 36:164].reshape(32, 4, 32, 4, 3).mean((1, 3))
    shrunk = crop(image, FaceBox(100, 100, 128), 0.0, 32)
    np.testing.assert_allclose(shrunk, expected, atol=0.51)


def test_beyond_the_image_its_edge_is_repeated(image):
    picture = crop(image, FaceBox(x=0, y=100, side=60), 0.0, 60)
    np.testing.assert_array_equal(picture[:, :30], np.repeat(image[70:130, :1], 30, axis=1))


@pytest.mark.parametrize("angle", [0.0, 30.0, -70.0])
def test_corners_are_those_of_the_crop(angle):
    """A dot at each corner lies in that corner of the crop."""
    box, margin = FaceBox(61.0, 47.0, 40.0, angle), 0.1
    for corner, place in zip(corners(box, margin), [(0, 0), (0, 95), (95, 95), (95, 0)], strict=True):
        picture = np.zeros((100, 120, 3), np.uint8)
        cv2.circle(picture, np.rint(corner - 0.5).astype(int).tolist(), 2, (255, 255, 255), -1)
        lit = np.argwhere(crop(picture, box, margin, 96)[..., 0] > 128)
        assert np.abs(lit - place).max(axis=1).min() <= 2


@given(st.floats(-60, 160), st.floats(-60, 140), st.floats(20, 90), st.floats(-180, 180), st.sampled_from([0.0, 0.1]))
def test_the_share_outside_is_that_of_repeated_pixels(x, y, side, angle, margin):
    """Pixels that do not change when what lies beyond the image is another grey."""
    box = FaceBox(x, y, side, angle)
    image = np.full((80, 100, 1), 255, np.uint8)
    surrounded = cv2.copyMakeBorder(image, 300, 300, 300, 300, cv2.BORDER_CONSTANT, value=(0,))
    inside = crop(surrounded, FaceBox(x + 300, y + 300, side, angle), margin, 96).mean() / 255
    assert share_outside(image.shape, box, margin) == pytest.approx(1 - inside, abs=0.03)


def test_nothing_of_a_crop_within_the_image_is_outside(image):
    height, width = image.shape[:2]
    assert share_outside(image.shape, FaceBox(width / 2, height / 2, min(height, width)), 0.0) == 0
    assert share_outside(image.shape, FaceBox(0, height / 2, 50), 0.0) == pytest.approx(0.5)
    assert share_outside(image.shape, FaceBox(-500, 0, 50), 0.0) == 1


def test_a_turned_box_undoes_a_turn(image):
    image = cv2.GaussianBlur(image, (0, 0), 2)
    upright = crop(image, FaceBox(100, 100, 80), 0.0, 80).astype(int)
    turned = moved(image, (0, 0), degrees=12)
    undone = crop(turned, FaceBox(100, 100, 80, angle=12), 0.0, 80).astype(int)
    assert np.abs(undone - upright).mean() < 1.5
    assert np.abs(crop(turned, FaceBox(100, 100, 80), 0.0, 80).astype(int) - upright).mean() > 3


@given(st.floats(-500, 500), st.floats(-500, 500), st.floats(10, 300), st.floats(-np.pi, np.pi))
def test_a_level_box_puts_the_eyes_at_their_places(x, y, distance, angle):
    eyes = np.array([x, y]) + np.array([[-0.5], [0.5]]) * distance * np.array([np.cos(angle), np.sin(angle)])
    box = level_box(eyes)
    cos, sin = np.cos(np.radians(box.angle)), np.sin(np.radians(box.angle))
    in_box = (eyes - (box.x, box.y)) @ np.array([[cos, -sin], [sin, cos]]) / box.side + 0.5
    np.testing.assert_allclose(in_box, [[EYE_X, EYE_Y], [1 - EYE_X, EYE_Y]], atol=1e-6)


def test_rectangles_become_squares_the_largest_first():
    rectangles = np.array([[10, 20, 30, 50], [0, 0, 60, 40], [5, 5, 9, 9]], float)
    landmarks = np.arange(30.0).reshape(3, 5, 2)
    first, second = squared_faces(rectangles, landmarks, least=10)
    assert first.box == FaceBox(x=30, y=20, side=60)
    assert second.box == FaceBox(x=20, y=35, side=30)
    np.testing.assert_array_equal(second.landmarks, landmarks[0])
    assert squared_faces(rectangles[:0], landmarks[:0], least=0) == []


@pytest.mark.parametrize("degrees", [0, 15, 35, 60])
@pytest.mark.parametrize("axis", ["sideways", "up and down"])
def test_how_far_a_face_is_turned_away_is_seen_in_its_landmarks(axis, degrees):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    turn = turn if axis == "sideways" else turn[[1, 0, 2]][:, [1, 0, 2]]
    roll = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    for seed in range(8):
        landmarks = make_person(np.random.default_rng(seed)).neutral[LANDMARKS]
        for sign in (1, -1):
            seen = landmarks @ (turn if sign == 1 else turn.T).T @ roll.T
            assert turned_away(70 * seen[:, :2] + (300, 20)) == pytest.approx(degrees, abs=10)
