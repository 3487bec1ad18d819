import numpy as np
import pytest

from mie_x_lib.corpora.simulated.performances import perform
from mie_x_lib.frames.detectors.haar import find_faces
from mie_x_lib.frames.faces import crop
from mie_x_lib.frames.spotting import (
    EYE_ROW,
    REACH,
    SPOTTING_SIDE,
    _difference,
    face_difference,
    spot_apex,
    spot_expressions,
    spot_onset,
)
from mie_x_lib.settings.corpora import Casting
from mie_x_lib.terms import AU_NAMES

# People on whom no constant of the method was chosen.
pytestmark = pytest.mark.slow

SUBJECTS = range(900, 910)


def cut(frames, box):
    return np.stack([crop(frame, box, 0, SPOTTING_SIDE) for frame in frames])


def apex_of(crops):
    return spot_apex(face_difference(crops))


@pytest.fixture(scope="module")
def clips():
    casting = Casting(
        kind="micro",
        subjects=1,
        clips_per_subject=1,
        emotions={"happiness": 1, "surprise": 1, "disgust": 1, "sadness": 1},
        peak=(0.15, 0.4),
    )
    played = [next(perform(subject, casting, np.random.default_rng(subject))) for subject in SUBJECTS]
    return [(clip, cut(clip.frames, find_faces(clip.frames[clip.onset])[0].box)) for clip in played]


def test_the_apex_is_found_between_onset_and_offset(clips):
    errors = [apex_of(crops[clip.onset : clip.offset + 1]) + clip.onset - clip.apex for clip, crops in clips]
    assert np.mean(np.abs(errors)) <= 1.5
    assert np.max(np.abs(errors)) <= 4


def test_onset_and_apex_are_found_in_a_whole_clip(clips):
    onsets, apexes = [], []
    for clip, crops in clips:
        curve = face_difference(crops)
        apex = spot_apex(curve)
        apexes.append(apex - clip.apex)
        onsets.append(spot_onset(curve, apex) - clip.onset)
    assert np.median(np.abs(apexes)) <= 1
    assert np.median(np.abs(onsets)) <= 2
    assert (np.array(onsets) + [clip.onset for clip, _ in clips] < np.array(apexes) + [c.apex for c, _ in clips]).all()


def test_a_blink_is_not_taken_for_the_apex(clips):
    """The eyes close, over the whole row of blocks that holds them, right after the onset."""
    moved = 0
    rows = slice(SPOTTING_SIDE * EYE_ROW // 6 + 4, SPOTTING_SIDE * (EYE_ROW + 1) // 6 - 4)
    for clip, crops in clips:
        blinking = crops[clip.onset : clip.offset + 1].copy()
        before = apex_of(blinking)
        blinking[2:4, rows] = blinking[2:4, rows].mean(axis=(2, 3), keepdims=True).astype(np.uint8)
        moved += abs(apex_of(blinking) - before) > 1
    assert moved == 0


def test_the_difference_is_smallest_at_the_ends(clips):
    for clip, crops in clips:
        curve = face_difference(crops[clip.onset : clip.offset + 1])
        assert curve.shape == (clip.offset - clip.onset + 1,)
        assert curve.max() > 1.1 * max(curve[0], curve[-1])


def test_the_difference_is_the_mean_of_the_third_of_the_blocks_that_differ_most():
    rest, pattern = np.zeros((6, 4)), np.zeros((6, 4))
    pattern[:, 0] = [1, 9, 2, 3, 5, 4]
    assert _difference(pattern, [rest], [rest]) == (9 + 5) / 2


def test_light_that_changes_evenly_hardly_counts(clips):
    _, crops = clips[0]
    still = np.repeat(crops[:1], 6, axis=0)
    assert face_difference(still).max() == 0
    lit = still.copy()
    lit[2:4] = (still[2:4] * 0.95).round().astype(np.uint8)
    assert face_difference(lit).max() < 0.5 * face_difference(crops).max()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_clips_have_an_apex(clips, count):
    curve = face_difference(clips[0][1][:count])
    apex = spot_apex(curve)
    assert 0 <= spot_onset(curve, apex) <= apex < count


def test_crops_are_taken_one_at_a_time(clips):
    _, crops = clips[0]
    np.testing.assert_array_equal(face_difference(iter(crops)), face_difference(crops))


def test_a_clip_of_one_expression_has_one(clips):
    assert [len(spot_expressions(face_difference(crops))) for _, crops in clips] == [1] * len(clips)


REST = 60


def filmed_for_long(clip, crops, expressions, seed=0):
    """Crops of a person who rests, shows the expression of a clip and rests, so many times; and the true apexes.

    The head wanders over three pixels meanwhile.
    """
    still = np.repeat(crops[clip.onset][None], REST, axis=0)
    once = crops[clip.onset : clip.offset + 1]
    film = np.concatenate([still, *[once, still] * expressions])
    noisy = film + np.random.default_rng(seed).normal(0, 2, film.shape)
    wander = np.rint(np.linspace(0, 3, len(film))).astype(int)
    film = np.stack([np.roll(frame, shift, axis=1) for frame, shift in zip(noisy, wander, strict=True)])
    starts = REST + (REST + len(once)) * np.arange(expressions)
    return film.clip(0, 255).astype(np.uint8), starts + clip.apex - clip.onset


@pytest.mark.parametrize("expressions", [1, 2, 3])
def test_the_expressions_of_a_long_clip_are_told_apart(clips, expressions):
    clip, crops = max(clips, key=lambda pair: face_difference(pair[1]).max())
    film, apexes = filmed_for_long(clip, crops, expressions)
    curve = face_difference(film)
    np.testing.assert_allclose(spot_expressions(curve), apexes, atol=3)
    assert spot_apex(curve) in spot_expressions(curve)
    apex = spot_apex(curve)
    begun = apexes[np.argmin(np.abs(apexes - apex))] - (clip.apex - clip.onset)
    # The smoothing is as wide as the expression.
    assert begun - 8 <= spot_onset(curve, apex) < apex


def peaks(frames, **heights):
    """A curve of (n,) that rises to a height at each place, above a level of 10 that waves a little."""
    time = np.arange(frames)
    curve = 10 + 0.2 * np.sin(time / 7)
    for place, height in heights.items():
        curve += height * np.exp(-(((time - int(place[1:])) / 5) ** 2))
    return curve


@pytest.mark.parametrize(
    ("frames", "heights", "found"),
    [
        (300, {"f100": 10}, [100]),
        (300, {"f100": 10, "f200": 9}, [100, 200]),
        (300, {"f100": 10, "f200": 6}, [100, 200]),
        (300, {"f100": 10, "f200": 4}, [100]),
        (300, {"f100": 10, "f200": 3}, [100]),
        (300, {"f0": 10, "f299": 9}, [0, 299]),
        (300, {"f100": 10, "f115": 9}, [100]),
        (90, {"f45": 10}, [45]),
    ],
)
def test_an_expression_is_a_peak_that_stands_out(frames, heights, found):
    curve = peaks(frames, **heights)
    np.testing.assert_allclose(spot_expressions(curve), found, atol=1)
    assert spot_apex(curve) == pytest.approx(found[0], abs=1)


def test_an_expression_has_begun_at_three_tenths_of_the_way_to_its_peak():
    curve = np.concatenate([np.zeros(10), np.linspace(0.01, 1.01, 11)])
    onset = spot_onset(curve, 20)
    assert curve[onset] < 0.3 * curve[20] < curve[onset + 1]


def test_the_onset_of_a_late_expression_is_not_sought_at_the_start():
    """Where the curve is low because the frame itself is what it is compared with."""
    curve = peaks(300, f250=5)
    curve[:10] = 3
    assert 250 - REACH // 2 < spot_onset(curve, 250) < 250


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
        first, second = cut([opened, closed], find_faces(opened)[0].box).astype(int)
        change = np.abs(first - second).sum(axis=(1, 2))
        side = SPOTTING_SIDE / 6
        shares.append(change[int(EYE_ROW * side) : int((EYE_ROW + 1) * side)].sum() / change.sum())
    assert np.mean(shares) > 0.6
