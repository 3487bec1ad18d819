import cv2
import numpy as np
import pytest

from mie_x_lib.corpora.simulated.performances import Casting, perform
from mie_x_lib.frames.faces import EYE_X, EYE_Y, FaceBox, crop, face_box, level_box


@pytest.fixture(scope="module")
def photographs():
    casting = Casting("photograph", subjects=8, size=200)
    return [next(perform(s, casting, np.random.default_rng(s))).frames[0] for s in range(1, 9)]


def moved(image, shift, scale=1.0, degrees=0.0):
    """The image turned (clockwise in the picture) and scaled about its middle, then shifted, its edge repeated."""
    middle = (image.shape[1] / 2 - 0.5, image.shape[0] / 2 - 0.5)
    matrix = cv2.getRotationMatrix2D(middle, -degrees, scale)
    matrix[:, 2] += shift
    return cv2.warpAffine(image, matrix, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def test_every_simulated_face_is_found(photographs):
    for image in photographs:
        box = face_box(image)
        assert 0.25 * 200 < box.side < 0.8 * 200
        assert abs(box.x - 100) < 40
        assert abs(box.y - 100) < 40


def test_no_face_no_box():
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    assert face_box(noise) is None
    assert face_box(np.full((100, 100, 3), 128, np.uint8)) is None


def test_the_box_follows_the_face(photographs):
    differences = []
    for image in photographs:
        box = face_box(image)
        for shift, scale in (((7, -5), 1.0), ((-4, 6), 1.12), ((3, 3), 0.9)):
            found = face_box(moved(image, shift, scale))
            expected = np.array(
                [(box.x - 100) * scale + 100 + shift[0], (box.y - 100) * scale + 100 + shift[1], box.side * scale]
            )
            differences.append((np.array([found.x, found.y, found.side]) - expected) / expected[2])
    # The windows of the cascade alone scatter by more than 3 % in width.
    assert (np.median(np.abs(differences), axis=0) < 0.02).all()


def test_the_largest_face_wins(photographs):
    small = cv2.resize(photographs[0], (100, 100), interpolation=cv2.INTER_AREA)
    image = np.full((200, 320, 3), 90, np.uint8)
    image[:, 120:] = photographs[1]
    image[50:150, :100] = small
    assert face_box(image, 0.1).x > 120


def test_a_face_smaller_than_asked_for_is_not_found(photographs):
    assert face_box(photographs[0], 0.95) is None


def test_a_crop_on_the_grid_is_the_image_itself(photographs):
    image = photographs[0]
    box = FaceBox(x=100, y=90, side=64)
    np.testing.assert_array_equal(crop(image, box, 0.0, 64), image[58:122, 68:132])
    np.testing.assert_array_equal(crop(image, box, 0.25, 96), image[42:138, 52:148])


def test_a_crop_that_shrinks_averages_the_image(photographs):
    image = photographs[0]
    expected = image[36:164, 36:164].reshape(32, 4, 32, 4, 3).mean((1, 3))
    shrunk = crop(image, FaceBox(100, 100, 128), 0.0, 32)
    np.testing.assert_allclose(shrunk, expected, atol=0.51)


def test_beyond_the_image_its_edge_is_repeated(photographs):
    image = photographs[0]
    picture = crop(image, FaceBox(x=0, y=100, side=60), 0.0, 60)
    np.testing.assert_array_equal(picture[:, :30], np.repeat(image[70:130, :1], 30, axis=1))


def test_a_turned_box_undoes_a_turn(photographs):
    image = cv2.GaussianBlur(photographs[0], (0, 0), 2)
    upright = crop(image, FaceBox(100, 100, 80), 0.0, 80).astype(int)
    turned = moved(image, (0, 0), degrees=12)
    undone = crop(turned, FaceBox(100, 100, 80, angle=12), 0.0, 80).astype(int)
    assert np.abs(undone - upright).mean() < 1.5
    assert np.abs(crop(turned, FaceBox(100, 100, 80), 0.0, 80).astype(int) - upright).mean() > 3


def test_the_eyes_of_a_tilted_face_are_levelled(photographs):
    errors = []
    for image in photographs:
        upright, tilted = (level_box(view, face_box(view)) for view in (image, moved(image, (0, 0), degrees=7)))
        errors.append(tilted.angle - upright.angle - 7)
    assert np.median(np.abs(errors)) < 2.5


def test_level_boxes_put_the_eyes_at_their_places(photographs):
    places = []
    for image in photographs:
        box = face_box(image)
        level = level_box(image, box)
        again = level_box(crop(image, level, 0.5, 200), FaceBox(100, 100, 100))
        places.append((again.x - 100, again.y - 100, again.side - 100, again.angle))
    assert 0 < EYE_X < 0.5
    assert 0 < EYE_Y < 0.5
    assert (np.median(np.abs(places), axis=0) < 4).all()


def test_without_eyes_there_is_no_level_box():
    assert level_box(np.full((100, 100, 3), 128, np.uint8), FaceBox(50, 50, 60)) is None
