import numpy as np
import pytest

from mie_x_lib.corpora.simulated.performances import Casting, perform
from mie_x_lib.frames.faces import crop, face_box
from mie_x_lib.frames.spotting import EYE_ROW, SPOTTING_SIDE, face_difference, spot_apex, spot_onset
from mie_x_lib.terms import AU_NAMES

# People on whom no constant of the method was chosen.
SUBJECTS = range(900, 910)


def cut(frames, box):
    return np.stack([crop(frame, box, 0, SPOTTING_SIDE) for frame in frames])


@pytest.fixture(scope="module")
def clips():
    casting = Casting("micro", 1, 1, {"happiness": 1, "surprise": 1, "disgust": 1, "sadness": 1}, peak=(0.15, 0.4))
    played = [next(perform(subject, casting, np.random.default_rng(subject))) for subject in SUBJECTS]
    return [(clip, cut(clip.frames, face_box(clip.frames[clip.onset]))) for clip in played]


def test_the_apex_is_found_between_onset_and_offset(clips):
    errors = [spot_apex(crops[clip.onset : clip.offset + 1]) + clip.onset - clip.apex for clip, crops in clips]
    assert np.mean(np.abs(errors)) <= 1.5
    assert np.max(np.abs(errors)) <= 4


def test_onset_and_apex_are_found_in_a_whole_clip(clips):
    onsets, apexes = [], []
    for clip, crops in clips:
        apex = spot_apex(crops)
        apexes.append(apex - clip.apex)
        onsets.append(spot_onset(crops, apex) - clip.onset)
    assert np.median(np.abs(apexes)) <= 1
    assert np.median(np.abs(onsets)) <= 2
    assert (np.array(onsets) + [clip.onset for clip, _ in clips] < np.array(apexes) + [c.apex for c, _ in clips]).all()


def test_a_blink_is_not_taken_for_the_apex(clips):
    """The eyes close, over the whole row of blocks that holds them, right after the onset."""
    moved = 0
    rows = slice(SPOTTING_SIDE * EYE_ROW // 6 + 4, SPOTTING_SIDE * (EYE_ROW + 1) // 6 - 4)
    for clip, crops in clips:
        blinking = crops[clip.onset : clip.offset + 1].copy()
        before = spot_apex(blinking)
        blinking[2:4, rows] = blinking[2:4, rows].mean(axis=(2, 3), keepdims=True).astype(np.uint8)
        moved += abs(spot_apex(blinking) - before) > 1
    assert moved == 0


def test_the_difference_is_smallest_at_the_ends(clips):
    for clip, crops in clips:
        curve = face_difference(crops[clip.onset : clip.offset + 1])
        assert curve.shape == (clip.offset - clip.onset + 1,)
        assert curve.max() > 1.1 * max(curve[0], curve[-1])


def test_light_that_changes_evenly_hardly_counts(clips):
    _, crops = clips[0]
    still = np.repeat(crops[:1], 6, axis=0)
    assert face_difference(still).max() == 0
    lit = still.copy()
    lit[2:4] = (still[2:4] * 0.95).round().astype(np.uint8)
    assert face_difference(lit).max() < 0.5 * face_difference(crops).max()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_clips_have_an_apex(clips, count):
    crops = clips[0][1][:count]
    apex = spot_apex(crops)
    assert 0 <= spot_onset(crops, apex) <= apex < count


def test_the_eyes_lie_in_the_row_that_is_left_out():
    """The blink of a simulated person shows mostly in the excluded row, one sixth of the face."""
    from mie_x_lib.corpora.simulated.drawing import draw_face
    from mie_x_lib.corpora.simulated.people import make_person

    shares = []
    for seed in range(4):
        person = make_person(np.random.default_rng(seed))
        aus = np.zeros((2, len(AU_NAMES)))
        aus[1, AU_NAMES.index("AU45")] = 1
        opened, closed = (draw_face(person, units, 200).round().clip(0, 255).astype(np.uint8) for units in aus)
        first, second = cut([opened, closed], face_box(opened)).astype(int)
        change = np.abs(first - second).sum(axis=(1, 2))
        side = SPOTTING_SIDE / 6
        shares.append(change[int(EYE_ROW * side) : int((EYE_ROW + 1) * side)].sum() / change.sum())
    assert np.mean(shares) > 0.6
