import numpy as np
import pytest

from mie_x_lib.corpora.simulated.drawing import draw_face
from mie_x_lib.corpora.simulated.people import make_person
from mie_x_lib.frames.detectors.haar import find_faces
from mie_x_lib.terms import AU_NAMES

pytestmark = pytest.mark.slow

SIZE = 96
# Where the Facial Action Coding System sees each unit (a vertex on the left of the picture), and where it does not.
BROW, LID, MOUTH = 105, 159, 13
PLACES = {
    "AU01": (107, MOUTH),
    "AU02": (63, MOUTH),
    "AU04": (107, MOUTH),
    "AU05": (LID, MOUTH),
    "AU06": (145, MOUTH),
    "AU07": (145, MOUTH),
    "AU09": (129, MOUTH),
    "AU10": (37, BROW),
    "AU12": (61, BROW),
    "AU14": (61, BROW),
    "AU15": (61, BROW),
    "AU17": (199, BROW),
    "AU20": (61, BROW),
    "AU23": (0, BROW),
    "AU25": (14, BROW),
    "AU26": (17, BROW),
    "AU45": (LID, MOUTH),
}


def units(**values):
    return np.array([values.get(name, 0.0) for name in AU_NAMES])


@pytest.fixture(scope="module")
def people():
    return [make_person(np.random.default_rng(seed)) for seed in range(5)]


@pytest.fixture(scope="module")
def neutral(people):
    return [draw_face(person, units(), SIZE) for person in people]


def near(person, vertex):
    """Pixels (SIZE, SIZE) bool within 0.08 face widths of a vertex and of its mirror image, head upright."""
    x, y = (np.arange(SIZE) + 0.5)[None] / SIZE - 0.5, (np.arange(SIZE) + 0.5)[:, None] / SIZE - 0.44
    x, y = x / person.face_scale, y / person.face_scale
    there_x, there_y = person.neutral[vertex, :2]
    return np.minimum((x - there_x) ** 2, (x + there_x) ** 2) + (y - there_y) ** 2 < 0.08**2


def test_a_picture_is_a_function_of_the_person_and_the_units(people, neutral):
    assert neutral[0].shape == (SIZE, SIZE, 3)
    assert neutral[0].dtype == np.float32
    assert 0 <= neutral[0].min() < 60
    assert 100 < neutral[0].max() <= 255
    np.testing.assert_array_equal(draw_face(people[0], units(), SIZE), neutral[0])
    assert np.abs(neutral[0] - neutral[1]).mean() > 5


@pytest.mark.parametrize("au", AU_NAMES)
def test_a_unit_changes_the_picture_where_facs_says(people, neutral, au):
    home, elsewhere = PLACES[au]
    changes = [
        np.abs(draw_face(person, units(**{au: 1.0}), SIZE) - rest).mean(axis=2)
        for person, rest in zip(people, neutral, strict=True)
    ]
    here = np.mean([change[near(person, home)].mean() for person, change in zip(people, changes, strict=True)])
    there = np.mean([change[near(person, elsewhere)].mean() for person, change in zip(people, changes, strict=True)])
    assert here > 4
    assert here > there
    if home in (107, 63, LID, 145):
        assert here > 20 * there


@pytest.mark.parametrize("au", AU_NAMES)
def test_a_faint_unit_is_seen_and_a_stronger_one_more(people, neutral, au):
    faint, strong = (
        np.abs(draw_face(people[0], units(**{au: intensity}), SIZE) - neutral[0]).mean() for intensity in (0.1, 0.5)
    )
    assert 0.01 < faint < strong / 2


def test_nothing_but_the_head_changes_with_the_units(people, neutral):
    picture = draw_face(people[0], np.ones(len(AU_NAMES)), SIZE)
    np.testing.assert_array_equal(picture[:, :5], neutral[0][:, :5])
    np.testing.assert_array_equal(picture[:5], neutral[0][:5])
    np.testing.assert_array_equal(picture[-5:], neutral[0][-5:])


def test_shut_lids_hide_the_white_of_the_eye(people, neutral):
    for person, rest in zip(people, neutral, strict=True):
        shut = draw_face(person, units(AU45=1.0), SIZE)
        eye = near(person, 468)
        assert np.ptp(rest.mean(axis=2)[eye]) > np.ptp(shut.mean(axis=2)[eye])
        assert not np.allclose(shut[eye], rest[eye], atol=20)


def test_a_dropped_jaw_shows_the_dark_of_the_mouth(people, neutral):
    for person, rest in zip(people, neutral, strict=True):
        dropped = draw_face(person, units(AU25=1.0, AU26=1.0), SIZE)
        mouth = near(person, 14)
        assert dropped[mouth].min() < 0.7 * rest[mouth].min()


def test_a_shift_far_below_a_pixel_is_seen_in_proportion(people, neutral):
    for person, rest in zip(people, neutral, strict=True):
        tenth, whole = (
            np.abs(draw_face(person, units(), SIZE, shift=np.array([pixels / (person.face_scale * SIZE), 0])) - rest)
            for pixels in (0.1, 1.0)
        )
        assert 0.05 < tenth.mean() / whole.mean() < 0.2


def test_a_shift_moves_the_picture_of_the_face(people, neutral):
    pixels = 6
    moved = draw_face(people[0], units(), SIZE, shift=np.array([pixels / (people[0].face_scale * SIZE), 0.0]))
    face = slice(30, 70)
    assert np.abs(moved[face, face] - neutral[0][face, 30 - pixels : 70 - pixels]).mean() < 1.5
    assert np.abs(moved[face, face] - neutral[0][face, face]).mean() > 5


@pytest.mark.parametrize("angles", [(0.2, 0.0, 0.0), (0.0, 0.2, 0.0), (0.0, 0.0, 0.2)], ids=["yaw", "pitch", "roll"])
def test_the_head_turns_about_three_axes(people, neutral, angles):
    turned = draw_face(people[0], units(), SIZE, angles=np.array(angles))
    back = draw_face(people[0], units(), SIZE, angles=-np.array(angles))
    assert np.abs(turned - neutral[0]).mean() > 2
    assert np.abs(turned - back).mean() > np.abs(turned - neutral[0]).mean()


def test_the_face_detector_finds_simulated_faces(people, neutral):
    for person, picture in zip(people, neutral, strict=True):
        box = find_faces(picture.astype(np.uint8))[0].box
        assert abs(box.x - SIZE / 2) < 0.06 * SIZE
        assert abs(box.side / (person.face_scale * SIZE) - 1) < 0.35
