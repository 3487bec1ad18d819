"""How still the crop of a face is, by way of cutting it, on simulated people.

A person is drawn again and again, each time with sensor noise of its own: still, with a head that moves, with an
expression. What is counted is how far the middle of the window lies from where the head is, in pixels of a crop.
"""

import argparse
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from mie_x_lib.corpora.simulated.drawing import draw_face
from mie_x_lib.corpora.simulated.people import make_person
from mie_x_lib.frames.detectors import eyes_of, load_detector
from mie_x_lib.frames.faces import FaceBox, level_box
from mie_x_lib.frames.tracking import face_patch, follow
from mie_x_lib.terms import AU_NAMES

SIZE, NOISE = 160, 2.5
CROP, MARGIN = 128, 0.1
EXPRESSIONS = {
    "surprise": ("AU01", "AU02", "AU05", "AU26"),
    "happiness": ("AU06", "AU12", "AU25"),
    "disgust": ("AU04", "AU09", "AU10"),
    "sadness": ("AU01", "AU04", "AU15", "AU17"),
    "fear": ("AU01", "AU04", "AU20", "AU25"),
    "blink": ("AU45",),
}

find_faces = load_detector("haar")


def box_of(image: np.ndarray) -> FaceBox | None:
    return next((face.box for face in find_faces(image, 0.2)), None)


def level_box_of(image: np.ndarray) -> FaceBox | None:
    for face in find_faces(image, 0.2)[:1]:
        eyes = eyes_of(image, face)
        return None if eyes is None else level_box(eyes)
    return None


# What makes a window of the onset, and what makes one of another frame of it.
WAYS: dict[str, tuple[Callable, Callable]] = {
    "fixed": (box_of, lambda onset, box, image: box),
    "tracked": (box_of, lambda onset, box, image: follow(face_patch(onset, box), image, box)),
    "box, found again": (box_of, lambda onset, box, image: box_of(image)),
    "eyes, found again": (level_box_of, lambda onset, box, image: level_box_of(image)),
}


def film(seed: int) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What happens, a picture of it, and the shift of the head in pixels; the onset first."""
    rng = np.random.default_rng(seed)
    person = make_person(rng)

    def picture(units: tuple[str, ...] = (), strength: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)):
        aus = np.zeros(len(AU_NAMES))
        aus[[AU_NAMES.index(name) for name in units]] = strength
        drawn = draw_face(person, aus, SIZE, np.array(shift) / (person.face_scale * SIZE))
        noisy = drawn * (1 + rng.normal(0, 0.004)) + NOISE * rng.standard_normal(drawn.shape)
        return np.clip(np.round(noisy), 0, 255).astype(np.uint8), np.array(shift)

    yield "onset", *picture()
    for _ in range(4):
        yield "still", *picture()
    for angle in rng.uniform(0, 2 * np.pi, 4):
        yield "head moved by 4 px", *picture(shift=(4 * np.cos(angle), 4 * np.sin(angle)))
    for units in EXPRESSIONS.values():
        yield "faint expression", *picture(units, 0.3)
        yield "full expression", *picture(units, 1.0)


def measure(seed: int) -> Iterator[dict]:
    """`motion` of the window, in pixels of a crop, of each way in each picture; NaN where nothing is found."""
    (_, onset, _), *others = film(seed)
    for way, (start, go_on) in WAYS.items():
        box = start(onset)
        if box is None:
            continue
        for what, image, shift in others:
            window = go_on(onset, box, image)
            motion = np.nan
            if window is not None:
                off = np.array([window.x - box.x, window.y - box.y]) - shift
                motion = np.hypot(*off) / (box.side * (1 + 2 * MARGIN) / CROP)
            yield {"way": way, "what": what, "motion": motion}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60)
    rows = pd.DataFrame([row for seed in range(parser.parse_args().people) for row in measure(seed)])
    measured = rows.groupby(["what", "way"], sort=False)["motion"]
    table = pd.DataFrame(
        {
            "median": measured.median(),
            "95 %": measured.quantile(0.95),
            "most": measured.max(),
            "within 0.2": measured.apply(lambda motion: (motion < 0.2).mean()).map("{:.0%}".format),
            "not found": measured.apply(lambda motion: motion.isna().mean()).map("{:.0%}".format),
        }
    )
    print(table.to_string(float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
