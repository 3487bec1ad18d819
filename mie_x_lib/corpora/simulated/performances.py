"""What simulated people do: habits, micro- and macro-expressions over time, and the nuisances of filming them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.corpora.simulated.drawing import draw_face
from mie_x_lib.corpora.simulated.people import Person, make_person
from mie_x_lib.settings.corpora import Casting
from mie_x_lib.terms import AU_NAMES

# How likely people show an action unit with an emotion, and how strong it is beside the others: (probability, weight).
# Core units after EMFACS (Ekman and Friesen, 1983); the frequent AU7 and AU14 after Fig. 1 of MiE-X's supplementary.
EXPRESSIONS = {
    "happiness": {
        "AU12": (0.95, 1.0),
        "AU06": (0.6, 0.8),
        "AU14": (0.35, 0.6),
        "AU25": (0.3, 0.6),
        "AU07": (0.4, 0.5),
        "AU10": (0.15, 0.4),
    },
    "surprise": {"AU01": (0.9, 1.0), "AU02": (0.9, 1.0), "AU05": (0.55, 0.8), "AU25": (0.4, 0.6), "AU26": (0.35, 0.7)},
    "disgust": {"AU09": (0.6, 0.9), "AU10": (0.6, 0.9), "AU04": (0.6, 0.7), "AU07": (0.6, 0.7), "AU17": (0.4, 0.7)},
    "anger": {"AU04": (0.95, 1.0), "AU07": (0.65, 0.8), "AU05": (0.2, 0.5), "AU23": (0.5, 0.9), "AU17": (0.3, 0.6)},
    "fear": {
        "AU01": (0.6, 0.7),
        "AU04": (0.75, 0.9),
        "AU05": (0.4, 0.6),
        "AU20": (0.7, 0.9),
        "AU25": (0.35, 0.6),
        "AU26": (0.15, 0.4),
    },
    "sadness": {"AU01": (0.6, 0.7), "AU04": (0.8, 0.9), "AU15": (0.8, 1.0), "AU17": (0.5, 0.7)},
    "contempt": {"AU14": (0.95, 1.0), "AU10": (0.2, 0.5), "AU07": (0.3, 0.5), "AU04": (0.2, 0.4)},
    "repression": {"AU14": (0.5, 0.8), "AU15": (0.6, 0.8), "AU17": (0.7, 0.9), "AU23": (0.4, 0.7)},
}
# Sets that annotate only the label let their people show the emotions behind it.
EXPRESSIONS["positive"] = EXPRESSIONS["happiness"]
_BEHIND_NEGATIVE = ("disgust", "anger", "fear", "sadness")
# How far a head is from straight (standard deviations): shift in face widths; yaw, pitch and roll in radians.
_SHIFT, _ANGLES = (0.03, 0.03), (0.05, 0.04, 0.03)
# Noise of cameras in grey levels: least and most standard deviation.
_NOISE = (0.8, 2.5)


@dataclass(frozen=True)
class _Habits:
    """How a person expresses, (17,) each: `liking` of a unit, its `vigour`, and its level at `rest`."""

    liking: np.ndarray
    vigour: np.ndarray
    rest: np.ndarray


def _make_habits(rng: np.random.Generator) -> _Habits:
    return _Habits(
        liking=rng.normal(0, 0.18, len(AU_NAMES)),
        vigour=rng.lognormal(0, 0.22, len(AU_NAMES)),
        rest=np.abs(rng.normal(0, 0.03, len(AU_NAMES))) * (rng.random(len(AU_NAMES)) < 0.5),
    )


def _expression(emotion: str, habits: _Habits, peak: float, rng: np.random.Generator) -> np.ndarray:
    """Units (17,) of an expression at its apex whose strongest unit is `peak`; never empty."""
    if emotion == "negative":
        emotion = _BEHIND_NEGATIVE[rng.integers(len(_BEHIND_NEGATIVE))]
    units = np.zeros(len(AU_NAMES))
    for name, (probability, weight) in EXPRESSIONS[emotion].items():
        index = AU_NAMES.index(name)
        if rng.random() < np.clip(probability + habits.liking[index], 0.02, 0.99):
            units[index] = weight * habits.vigour[index] * rng.uniform(0.7, 1.3)
    if not units.any():
        units[AU_NAMES.index(next(iter(EXPRESSIONS[emotion])))] = 1.0
    return units * peak / units.max()


def _random_units(rng: np.random.Generator) -> np.ndarray:
    """Units (17,) of a training frame: any few together, faint as often as strong, sometimes none."""
    active = rng.random(len(AU_NAMES)) < rng.choice([0.0, 0.12, 0.25, 0.45], p=[0.06, 0.34, 0.4, 0.2])
    return active * rng.uniform(0, rng.choice([0.4, 1.0]), len(AU_NAMES))


def _drift(frames: int, rng: np.random.Generator, spread, step) -> np.ndarray:
    """A slow wander (frames, k) around a random start: the head of a person who tries to sit still."""
    spread, step = np.atleast_1d(spread), np.atleast_1d(step)
    return rng.normal(0, spread) + np.cumsum(rng.normal(0, step, (frames, len(step))), axis=0)


def _film(person: Person, aus: np.ndarray, size: int, rng: np.random.Generator, steady: bool = True) -> np.ndarray:
    """Frames (n, size, size, 3) uint8 of a person going through units (n, 17) with head motion, flicker and noise."""
    steps = 1.0 if steady else 4.0
    shift = _drift(len(aus), rng, _SHIFT, (0.0010 * steps, 0.0010 * steps))
    angles = _drift(len(aus), rng, _ANGLES, (0.0016 * steps, 0.0016 * steps, 0.0010 * steps))
    noise = rng.uniform(*_NOISE)
    frames = np.empty((len(aus), size, size, 3), np.uint8)
    for index, units in enumerate(aus):
        picture = draw_face(person, np.clip(units, 0, 1), size, shift[index], angles[index])
        picture = picture * (1 + rng.normal(0, 0.004)) + noise * rng.standard_normal(picture.shape, np.float32)
        frames[index] = np.clip(np.round(picture), 0, 255)
    return frames


def pose(person: Person, aus: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Pictures (n, size, size, 3) uint8 of a person who shows units (n, 17) 0..1, and of whom nothing else changes.

    Head and camera are as in a photograph; head and noise are the same in all pictures, as they are in renders.
    """
    shift, angles = rng.normal(0, _SHIFT), rng.normal(0, _ANGLES)
    noise = rng.uniform(*_NOISE) * rng.standard_normal((size, size, 3), np.float32)
    pictures = [draw_face(person, units, size, shift, angles) + noise for units in aus]
    return np.clip(np.round(pictures), 0, 255).astype(np.uint8)


def _ease(share: np.ndarray) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(share, 0, 1))


def _micro(
    habits: _Habits, emotion: str, casting: Casting, rng: np.random.Generator
) -> tuple[np.ndarray, int, int, int]:
    """Units over time of a micro-expression: rest, onset, apex, offset, rest; and now and then a blink."""
    length = max(9, round(rng.uniform(*casting.seconds) * casting.fps))
    onset = int(rng.integers(1, max(2, length // 5) + 1))
    apex = onset + int(rng.integers(max(2, length // 5), max(3, length // 2 - 1)))
    offset = min(length - 1, apex + int(rng.integers(max(2, length // 4), length // 2 + 1)))
    time = np.arange(length)
    course = np.where(time <= apex, _ease((time - onset) / (apex - onset)), 1 - _ease((time - apex) / (offset - apex)))
    units = _expression(emotion, habits, rng.uniform(*casting.peak), rng)
    aus = habits.rest + course[:, None] * units + rng.normal(0, 0.004, (length, len(AU_NAMES)))
    if rng.random() < 0.15:
        blink = rng.integers(0, length)
        aus[:, AU_NAMES.index("AU45")] += np.exp(-(((time - blink) / 1.2) ** 2)) * (
            abs(blink - apex) > 3 and abs(blink - onset) > 3
        )
    return aus, onset, apex, offset


def _macro(
    habits: _Habits, emotion: str, casting: Casting, rng: np.random.Generator
) -> tuple[np.ndarray, int, int, int]:
    """Units over time of a macro-expression from neutral to its peak."""
    length = max(8, round(rng.uniform(*casting.seconds) * casting.fps))
    course = _ease(np.arange(length) / (length - 1))
    units = _expression(emotion, habits, rng.uniform(*casting.peak), rng)
    aus = habits.rest + course[:, None] * units + rng.normal(0, 0.004, (length, len(AU_NAMES)))
    return aus, 0, length - 1, length - 1


def _programme(casting: Casting, rng: np.random.Generator) -> list[str]:
    """The emotion of each clip of a subject: by its share where spontaneous (micro), in turn where posed (macro)."""
    emotions = list(casting.emotions)
    if casting.kind == "macro":
        order = [emotions[index] for index in rng.permutation(len(emotions))]
        return [order[clip % len(order)] for clip in range(casting.clips_per_subject)]
    if casting.kind == "micro":
        shares = np.array(list(casting.emotions.values()), np.float64)
        return [str(emotion) for emotion in rng.choice(emotions, casting.clips_per_subject, p=shares / shares.sum())]
    return []


def perform(subject: int, casting: Casting, rng: np.random.Generator) -> Iterator[SimulatedClip]:
    """The clips of one simulated person, from one generator of random numbers."""
    person, habits = make_person(rng), _make_habits(rng)
    emotions = _programme(casting, rng)
    for number in range(1, casting.clips_per_subject + 1):
        emotion, onset, apex, offset = "", 0, 0, 0
        if casting.kind == "photograph":
            aus = (habits.rest + _expression(rng.choice(list(EXPRESSIONS)), habits, rng.uniform(0, 0.15), rng))[None]
        elif casting.kind == "training":
            length = round(rng.uniform(*casting.seconds) * casting.fps)
            aus = np.stack([habits.rest, *(habits.rest + _random_units(rng) for _ in range(length - 1))])
        else:
            emotion = emotions[number - 1]
            course = _micro if casting.kind == "micro" else _macro
            aus, onset, apex, offset = course(habits, emotion, casting, rng)
        if casting.trimmed:
            aus, onset, apex, offset = aus[onset : offset + 1], 0, apex - onset, offset - onset
        aus = np.clip(aus, 0, 1).astype(np.float32)
        frames = _film(person, aus, casting.size, rng, steady=casting.kind != "training")
        yield SimulatedClip(subject, number, emotion, frames, onset, apex, offset, casting.fps, aus)
