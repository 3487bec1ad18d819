import cv2
import numpy as np
import pytest

from mie_x_lib.corpora.simulated.performances import perform
from mie_x_lib.frames.detectors.haar import find_faces
from mie_x_lib.frames.faces import crop
from mie_x_lib.frames.stillness import STILLNESS_SIDE, moves
from mie_x_lib.settings.corpora import Casting
from tests.drawn_faces import photographs

pytestmark = pytest.mark.slow


def looked_at(*frames, box):
    return [crop(frame, box, 0, STILLNESS_SIDE) for frame in frames]


def filmed(picture, seed, noise=1.5, quality=None, flicker=0.004):
    """A picture as a camera sees it again: another noise, another light, and compressed."""
    rng = np.random.default_rng(seed)
    frame = picture * (1 + rng.normal(0, flicker)) + noise * rng.standard_normal(picture.shape)
    frame = frame.round().clip(0, 255).astype(np.uint8)
    if quality is None:
        return frame
    return cv2.imdecode(cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def displaced(picture, box, pixels):
    """The picture with the brow at the left pulled up, most at its middle, and all else where it was."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    middle = (box.x - 0.18 * box.side, box.y - 0.2 * box.side)
    distance = ((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / (0.1 * box.side) ** 2
    return cv2.remap(
        picture.astype(np.float32), x, (y + pixels * np.exp(-distance / 2)).astype(np.float32), cv2.INTER_CUBIC
    )


@pytest.fixture(scope="module")
def people():
    return [(person, find_faces(person)[0].box) for person in photographs(3, 240)]


@pytest.mark.parametrize("noise", [0.0, 1.0, 2.5, 5.0])
@pytest.mark.parametrize("quality", [None, 95])
def test_a_face_that_is_filmed_twice_does_not_move(people, noise, quality):
    for seed, (person, box) in enumerate(people):
        frames = [filmed(person, 2 * seed + again, noise, quality) for again in (0, 1)]
        assert not moves(*looked_at(*frames, box=box))


def test_equal_pictures_and_blank_ones_do_not_move(people):
    person, box = people[0]
    (cut,) = looked_at(person, box=box)
    assert not moves(cut, cut)
    blank = np.full_like(cut, 90)
    assert not moves(blank, blank)
    assert not moves(blank, blank + 10)


@pytest.mark.parametrize("noise", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("quality", [None, 95, 75])
def test_a_brow_that_rises_by_less_than_half_a_hundredth_of_the_face_moves(people, noise, quality):
    for seed, (person, box) in enumerate(people):
        raised = displaced(person, box, 0.004 * box.side)
        frames = [filmed(person, 2 * seed, noise, quality), filmed(raised, 2 * seed + 1, noise, quality)]
        assert moves(*looked_at(*frames, box=box))


def test_the_faintest_micro_expressions_that_are_drawn_move():
    emotions = {"happiness": 1, "surprise": 1, "disgust": 1, "repression": 1, "contempt": 1, "sadness": 1}
    casting = Casting(kind="micro", subjects=1, clips_per_subject=3, emotions=emotions, peak=(0.1, 0.1))
    for subject in range(1, 5):
        for clip in perform(subject, casting, np.random.default_rng(subject)):
            onset, apex = clip.frames[clip.onset], clip.frames[clip.apex]
            box = find_faces(onset)[0].box
            assert moves(*looked_at(onset, apex, box=box))
