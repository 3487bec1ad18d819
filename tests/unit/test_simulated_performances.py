from collections import Counter

import numpy as np
import pytest

from mie_x_lib.corpora.simulated import performances
from mie_x_lib.corpora.simulated.performances import EXPRESSIONS, perform
from mie_x_lib.settings.corpora import Casting
from mie_x_lib.terms import AU_NAMES, EMOTION_LABELS

pytestmark = pytest.mark.slow

EMOTIONS = {"happiness": 1, "surprise": 1, "disgust": 1, "sadness": 1}
BLINK = AU_NAMES.index("AU45")


def act(kind, subject=1, seed=0, **settings):
    casting = Casting(**{"kind": kind, "subjects": 1, "size": 32, "emotions": EMOTIONS} | settings)
    return list(perform(subject, casting, np.random.default_rng([seed, subject])))


def course(clip):
    """How far each frame (n,) has gone from the rest to the expression of the apex, blinks left out."""
    aus = np.delete(clip.aus, BLINK, axis=1).astype(np.float64)
    way = aus[clip.apex] - aus[0]
    return (aus - aus[0]) @ way / (way @ way)


@pytest.fixture
def undrawn(monkeypatch):
    """Black pictures, for tests that look at the units alone; drawing takes no random number."""
    monkeypatch.setattr(performances, "draw_face", lambda person, aus, size, *_: np.zeros((size, size, 3), np.float32))


@pytest.fixture
def micro(undrawn):
    return act("micro", clips_per_subject=40, peak=(0.7, 0.8))


def test_clips_are_numbered_and_whole(micro):
    assert [clip.number for clip in micro] == list(range(1, 41))
    for clip in micro:
        assert clip.subject == 1
        assert clip.frames.shape == (len(clip.aus), 32, 32, 3)
        assert clip.frames.dtype == np.uint8
        assert clip.aus.dtype == np.float32
        assert 0 <= clip.aus.min() <= clip.aus.max() <= 1
        assert clip.emotion in EMOTIONS
        assert clip.fps == 30
        assert 12 <= len(clip.aus) <= 18


def test_onset_comes_before_apex_before_offset(micro):
    for clip in micro:
        assert 0 < clip.onset < clip.apex < clip.offset < len(clip.aus)
    assert len({(clip.onset, clip.apex, clip.offset) for clip in micro}) > 10


def test_the_expression_peaks_at_the_apex_within_the_configured_range(micro):
    for clip in micro:
        way = course(clip)
        assert np.argmax(way) == clip.apex
        assert 0.7 - 0.05 < np.delete(clip.aus, BLINK, axis=1)[clip.apex].max() < 0.8 + 0.15
        rising, falling = way[clip.onset : clip.apex + 1], way[clip.apex : clip.offset + 1]
        assert (np.diff(rising) > -0.06).all()
        assert (np.diff(falling) < 0.06).all()


def test_the_face_rests_before_the_onset_and_after_the_offset(micro):
    for clip in micro:
        np.testing.assert_allclose(course(clip)[: clip.onset + 1], 0, atol=0.06)
        np.testing.assert_allclose(course(clip)[clip.offset :], 0, atol=0.06)


def test_units_belong_to_the_emotion(micro):
    for clip in micro:
        raised = clip.aus[clip.apex] - clip.aus[0] > 0.05
        shown = {name for name in np.array(AU_NAMES)[raised]} - {"AU45"}
        assert shown
        assert shown <= set(EXPRESSIONS[clip.emotion])


def test_blinks_stay_away_from_onset_and_apex(micro):
    lids = [clip.aus[:, BLINK] - np.median(clip.aus[:, BLINK]) for clip in micro]
    blinking = [number for number, lid in enumerate(lids) if lid.max() > 0.3]
    assert 0 < len(blinking) < 15
    for clip, lid in zip(micro, lids, strict=True):
        assert lid[[clip.onset, clip.apex]].max() < 0.05


def test_a_faint_peak_is_faint(undrawn):
    for clip in act("micro", clips_per_subject=4, peak=(0.1, 0.12)):
        change = np.delete(clip.aus[clip.apex] - clip.aus[clip.onset], BLINK)
        assert 0.08 < change.max() < 0.15


def test_a_macro_clip_runs_from_neutral_to_the_peak(undrawn):
    for clip in act("macro", clips_per_subject=4, peak=(0.8, 0.9)):
        assert (clip.onset, clip.apex, clip.offset) == (0, len(clip.aus) - 1, len(clip.aus) - 1)
        assert (np.diff(course(clip)) > -0.06).all()
        assert 0.8 - 0.05 < (clip.aus[-1] - clip.aus[0]).max() < 0.9 + 0.05


def test_a_trimmed_clip_begins_at_the_onset_and_ends_at_the_offset():
    # One clip: the next one's random numbers depend on how many frames were filmed.
    (whole,), (trimmed,) = (act("micro", clips_per_subject=1, trimmed=trimmed) for trimmed in (False, True))
    assert (trimmed.onset, trimmed.offset) == (0, len(trimmed.aus) - 1)
    assert trimmed.apex == whole.apex - whole.onset
    np.testing.assert_array_equal(trimmed.aus, whole.aus[whole.onset : whole.offset + 1])
    assert len(trimmed.frames) == len(trimmed.aus)


def test_a_photograph_is_one_faint_frame_without_emotion():
    for subject in range(1, 5):
        (clip,) = act("photograph", subject)
        assert clip.frames.shape == (1, 32, 32, 3)
        assert (clip.emotion, clip.onset, clip.apex, clip.offset) == ("", 0, 0, 0)
        assert clip.aus.max() < 0.3


def test_a_training_clip_starts_at_rest_and_then_shows_any_units(undrawn):
    clips = [clip for subject in range(1, 5) for clip in act("training", subject, clips_per_subject=2)]
    shown = np.concatenate([clip.aus[1:] - clip.aus[0] for clip in clips])
    assert all((clip.aus[0] < 0.15).all() for clip in clips)
    assert ((shown > 0.1).sum(axis=0) > 3).all()
    assert shown.max() > 0.8
    assert np.abs(np.corrcoef(shown.T) - np.eye(len(AU_NAMES))).max() < 0.7


def test_the_camera_adds_noise_to_a_still_face():
    (clip,) = act("micro", clips_per_subject=1)
    wall = clip.frames[:2, :5, :5].astype(np.int16)
    assert 0.9 < (wall[1] - wall[0]).std() < 5


def test_posed_emotions_come_in_turn(undrawn):
    emotions = [clip.emotion for clip in act("macro", clips_per_subject=6, seconds=(0.1, 0.1))]
    assert set(emotions[:4]) == set(EMOTIONS)
    assert emotions[4:] == emotions[:2]


def test_spontaneous_emotions_come_by_their_share(undrawn):
    clips = act("micro", clips_per_subject=80, seconds=(0.1, 0.1), emotions={"happiness": 9, "surprise": 1})
    found = Counter(clip.emotion for clip in clips)
    assert set(found) <= {"happiness", "surprise"}
    assert 60 < found["happiness"] < 80


def test_habits_differ_between_subjects(undrawn):
    """The expressions of one subject resemble each other more than those of somebody else with the same emotion."""

    def halves(subject):
        clips = act("micro", subject, clips_per_subject=60, seconds=(0.1, 0.1), emotions={"happiness": 1})
        shown = np.stack([clip.aus[clip.apex] - clip.aus[clip.onset] for clip in clips])
        return shown[::2].mean(axis=0), shown[1::2].mean(axis=0)

    people = [halves(subject) for subject in (1, 2, 3)]
    within = np.mean([np.abs(first - second).sum() for first, second in people])
    between = np.mean([np.abs(people[one][0] - people[two][1]).sum() for one, two in ((0, 1), (1, 2), (2, 0))])
    assert between > 1.5 * within


def test_the_performance_is_a_function_of_the_seed():
    (one,), (again,), (other,) = (act("micro", seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.frames, again.frames)
    np.testing.assert_array_equal(one.aus, again.aus)
    assert one.frames.shape != other.frames.shape or not np.array_equal(one.frames, other.frames)


def test_every_emotion_of_the_datasets_can_be_performed(undrawn):
    assert {*EXPRESSIONS, "negative"} == set(EMOTION_LABELS)
    (clip,) = act("micro", emotions={"negative": 1}, peak=(0.7, 0.8))
    behind = set().union(*(EXPRESSIONS[emotion] for emotion in ("disgust", "anger", "fear", "sadness")))
    raised = np.array(AU_NAMES)[clip.aus[clip.apex] - clip.aus[0] > 0.05]
    assert set(raised) - {"AU45"} <= behind
