"""Simulated people: what stays the same about a face, and its skin as a texture that follows the mesh."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import ArrayLike

from mie_x_lib.corpora.simulated import mesh
from mie_x_lib.terms import AU_NAMES

TEXTURE = 256
# The part of the frontal plane that the texture covers, in face widths: left, top, and its side.
_LEFT, _TOP, _SIDE = -0.62, -0.45, 1.30


@dataclass(frozen=True)
class Person:
    """One simulated person.

    neutral: (478, 3) vertices in face widths. albedo: (256, 256, 3) float32 0..1 RGB, the skin with brows and lips.
    folds: (17, 256, 256) float32, how an action unit at full intensity darkens (> 0) or lights (< 0) the skin.
    The colours are RGB 0..1. face_scale: face width as a share of the picture's height. light: unit vector to the lamp.
    """

    neutral: np.ndarray
    albedo: np.ndarray
    folds: np.ndarray
    skin: np.ndarray
    hair: np.ndarray
    iris: np.ndarray
    clothes: np.ndarray
    background: np.ndarray
    light: np.ndarray
    ambient: float
    hairline: float
    hair_volume: float
    gaze: np.ndarray
    face_scale: float


def texture_points(points: np.ndarray) -> np.ndarray:
    """Frontal positions (..., 2) of the average face, in face widths, to texture pixels."""
    return (points - [_LEFT, _TOP]) / _SIDE * TEXTURE


def _blur(image: np.ndarray, widths: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), widths / _SIDE * TEXTURE)


def _groove(paths: Sequence[ArrayLike], width: float, depth: float) -> np.ndarray:
    """Shading of skin grooves along paths of frontal points, mirrored to both sides: dark line, light lip below it."""
    lines = np.zeros((TEXTURE, TEXTURE), np.float32)
    for path in paths:
        for side in (-1, 1):
            points = texture_points(np.asarray(path, np.float64) * [side, 1])
            cv2.polylines(lines, [np.round(points * 16).astype(np.int32)], False, 1.0, 2, cv2.LINE_AA, shift=4)
    dark = _blur(lines, width)
    light = np.roll(_blur(lines, 1.6 * width), round(2.2 * width / _SIDE * TEXTURE), axis=0)
    shading = dark / max(dark.max(), 1e-6) - 0.45 * light / max(light.max(), 1e-6)
    return (depth * shading).astype(np.float32)


def _spot(centre: tuple[float, float], radius: float, depth: float) -> np.ndarray:
    """A soft dark (depth > 0) or light spot on both sides of the face."""
    y, x = np.mgrid[:TEXTURE, :TEXTURE] / TEXTURE * _SIDE
    x, y = x + _LEFT, y + _TOP
    spots = sum(np.exp(-((x - side * centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * radius**2)) for side in (-1, 1))
    return (depth * spots / (2 if abs(centre[0]) < 1e-6 else 1)).astype(np.float32)


def _fold_atlas(face: np.ndarray) -> np.ndarray:
    """Wrinkles and folds (17, 256, 256) that each unit brings, placed after the appearance changes listed by FACS.

    face: (478, 3) neutral average mesh.
    """

    def at(vertex: int, dx: float = 0.0, dy: float = 0.0) -> tuple[float, float]:
        return abs(face[vertex, 0]) + dx, face[vertex, 1] + dy

    def arc(start: tuple, middle: tuple, end: tuple) -> np.ndarray:
        t = np.linspace(0, 1, 12)[:, None]
        return (1 - t) ** 2 * np.array(start) + 2 * t * (1 - t) * np.array(middle) + t**2 * np.array(end)

    # Landmarks: under the eye, its outer end, the wing of the nose and the corner of the mouth.
    lid, eye_end, wing, corner = 145, 33, 129, 61
    brow, outer_brow, lip_top, lip_bottom, chin = face[[107, 63, 0, 17, 199], 1]
    folds = {name: np.zeros((TEXTURE, TEXTURE), np.float32) for name in AU_NAMES}
    for y in (brow - 0.045, brow - 0.085, brow - 0.125):
        folds["AU01"] += _groove([arc((0, y), (0.05, y - 0.01), (0.10, y + 0.012))], 0.007, 0.34)
    for y in (outer_brow - 0.05, outer_brow - 0.09):
        folds["AU02"] += _groove([arc((0.14, y), (0.22, y - 0.03), (0.31, y + 0.03))], 0.007, 0.34)
    folds["AU04"] += _groove([arc((0.028, brow - 0.055), (0.022, brow), (0.030, brow + 0.05))], 0.007, 0.45)
    folds["AU04"] += _spot((0.0, brow + 0.01), 0.045, 0.16)
    folds["AU05"] += _groove([arc(at(173, 0, -0.035), at(159, 0, -0.050), at(246, 0, -0.030))], 0.008, -0.30)
    for rise in (-0.035, 0.0, 0.035):
        folds["AU06"] += _groove([[at(eye_end, 0.02, 0.4 * rise), at(eye_end, 0.085, 1.4 * rise + 0.01)]], 0.006, 0.32)
    folds["AU06"] += _groove([arc(at(133, -0.005, 0.05), at(lid, 0, 0.075), at(eye_end, 0.02, 0.05))], 0.009, 0.30)
    folds["AU06"] += _spot(at(50, 0, -0.01), 0.055, -0.14)
    folds["AU07"] += _groove([arc(at(133, 0, 0.018), at(lid, 0, 0.026), at(eye_end, -0.005, 0.020))], 0.006, 0.42)
    folds["AU07"] += _spot(at(lid, 0, 0.010), 0.022, -0.16)
    for drop in (0.0, 0.03, 0.06):
        folds["AU09"] += _groove([arc((0.0, 0.01 + drop), (0.03, -0.002 + drop), (0.055, 0.014 + drop))], 0.006, 0.36)
    folds["AU09"] += _groove([arc(at(wing, -0.012, -0.05), at(wing, 0.025, -0.02), at(wing, 0.03, 0.03))], 0.009, 0.42)
    folds["AU10"] += _groove([arc(at(wing, 0.02, 0.005), at(wing, 0.075, 0.06), at(wing, 0.08, 0.115))], 0.010, 0.46)
    folds["AU10"] += _spot((0.045, (face[wing, 1] + lip_top) / 2 + 0.02), 0.030, -0.14)
    folds["AU12"] += _groove(
        [arc(at(wing, 0.045, 0.03), at(corner, 0.075, -0.09), at(corner, 0.08, 0.03))], 0.011, 0.44
    )
    folds["AU12"] += _spot(at(205, 0.03, -0.05), 0.055, -0.14)
    folds["AU14"] += _groove([arc(at(corner, 0.03, -0.045), at(corner, 0.052), at(corner, 0.03, 0.045))], 0.011, 0.50)
    folds["AU14"] += _spot(at(corner, 0.030), 0.018, 0.24)
    folds["AU15"] += _groove(
        [arc(at(corner, 0.01, 0.012), at(corner, 0.035, 0.05), at(corner, 0.032, 0.1))], 0.009, 0.46
    )
    y = lip_bottom + 0.022
    folds["AU17"] += _groove([arc((0.0, y), (0.07, y), (0.11, lip_bottom + 0.055))], 0.010, 0.44)
    rng = np.random.default_rng(17)  # the pebbled chin is one pattern for all, as the muscle is
    for x, y in rng.uniform([0, chin - 0.03], [0.09, chin + 0.07], (14, 2)):
        folds["AU17"] += _spot((x, y), 0.011, 0.14)
    stretched = [[at(corner, 0.02, y), at(corner, 0.09, end)] for y, end in ((0.02, 0.045), (-0.01, -0.005))]
    folds["AU20"] += _groove(stretched, 0.008, 0.36)
    for x in np.linspace(0.008, 0.105, 6):
        edge = 0.75 * (x / 0.12) ** 2 * 0.03
        folds["AU23"] += _groove([[(x, lip_top - 0.030 + edge), (x, lip_top + 0.004 + edge)]], 0.004, 0.26)
        folds["AU23"] += _groove([[(x, lip_bottom - 0.004 - edge), (x, lip_bottom + 0.028 - edge)]], 0.004, 0.26)
    folds["AU26"] += _groove(
        [arc(at(corner, 0.07, -0.05), at(corner, 0.105, 0.05), at(corner, 0.075, 0.14))], 0.016, 0.22
    )
    folds["AU45"] += _spot((at(lid)[0], face[159, 1] - 0.02), 0.030, -0.05)
    return np.stack([folds[name] for name in AU_NAMES])


@cache
def _atlas() -> np.ndarray:
    return _fold_atlas(mesh.face_mesh().neutral)


def _shape(neutral: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A personal face: features moved and scaled around the average, the whole warped smoothly, a little asymmetric."""
    face = neutral.copy()
    xy = neutral[:, :2]

    def pull(vertices: tuple[int, ...], radius: float, change) -> None:
        for vertex in vertices:
            weight = np.exp(-((xy - xy[vertex]) ** 2).sum(axis=1) / (2 * radius**2))[:, None]
            face[:, :2] += weight * change(xy - xy[vertex], np.sign(xy[vertex, 0]))

    eye_scale, nose_width, mouth_width, lip_scale = rng.normal(0, [0.12, 0.14, 0.08, 0.16])
    brow_height, nose_length, jaw, spacing, mouth_height = rng.normal(0, [0.010, 0.014, 0.06, 0.008, 0.012])
    pull((159, 386), 0.07, lambda d, _: np.clip(eye_scale, -0.2, 0.25) * d)
    pull((159, 386), 0.10, lambda _, side: [side * spacing, 0.0])
    pull((1,), 0.09, lambda d, _: np.clip(nose_width, -0.25, 0.3) * d * [1, 0])
    pull((1,), 0.09, lambda _, __: [0.0, nose_length])
    pull(
        (13,),
        0.11,
        lambda d, _: np.clip(mouth_width, -0.15, 0.15) * d * [1, 0] + np.clip(lip_scale, -0.3, 0.3) * d * [0, 1],
    )
    pull((13,), 0.15, lambda _, __: [0.0, mouth_height])
    pull((105, 334), 0.08, lambda _, __: [0.0, brow_height])
    low = np.clip((xy[:, 1] - 0.1) / 0.5, 0, 1)
    face[:, 0] *= 1 + jaw * low
    face[:, 1] *= 1 + rng.normal(0, 0.04)
    face[:, 2] *= 1 + rng.normal(0, 0.10)
    for _ in range(6):
        centre, radius = rng.uniform([-0.45, -0.3], [0.45, 0.7]), rng.uniform(0.12, 0.3)
        weight = np.exp(-((xy - centre) ** 2).sum(axis=1) / (2 * radius**2))[:, None]
        face += weight * rng.normal(0, 0.006, 3)
    return face


def _skin_texture(skin: np.ndarray, hair: np.ndarray, face: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Albedo (256, 256, 3): blotches, pores, moles, brows and lips on the skin colour."""
    noise = np.sum(
        [
            amount * _blur(rng.normal(size=(TEXTURE, TEXTURE)).astype(np.float32), width) / width * 0.004
            for width, amount in ((0.004, 0.020), (0.02, 0.02), (0.08, 0.03))
        ],
        axis=0,
    )
    albedo = skin[None, None] * (1 + noise[..., None])
    albedo *= 1 - _spot(tuple(np.abs(face[50, :2])), 0.07, rng.uniform(0.0, 0.10))[..., None] * [-0.6, 1.0, 0.8]
    albedo *= 1 - _spot((abs(face[145, 0]), face[145, 1] + 0.03), 0.035, rng.uniform(0.04, 0.16))[..., None]
    for x, y in rng.uniform([-0.4, -0.25], [0.4, 0.65], (rng.integers(0, 6), 2)):
        cv2.circle(
            albedo, tuple(int(v) for v in texture_points(np.array([x, y]))), 1, (0.5 * skin).tolist(), -1, cv2.LINE_AA
        )

    lips: np.ndarray = np.zeros((TEXTURE, TEXTURE), np.float32)
    contour = [*mesh.OUTER_LIPS[0], *mesh.OUTER_LIPS[1][::-1]]
    cv2.fillPoly(lips, [np.round(texture_points(face[contour, :2])).astype(np.int32)], 1.0, cv2.LINE_AA)
    lips = np.clip(_blur(lips, 0.006) * 1.1, 0, 1)[..., None] * rng.uniform(0.55, 0.95)
    albedo = albedo * (1 - lips) + lips * (skin * rng.uniform([0.80, 0.45, 0.45], [1.0, 0.68, 0.70]))

    brows: np.ndarray = np.zeros((TEXTURE, TEXTURE), np.float32)
    for lower, upper in (mesh.RIGHT_BROW, mesh.LEFT_BROW):
        outline = face[[*lower, *upper[::-1]], :2]
        centre = outline.mean(axis=0)
        outline = centre + (outline - centre) * [1.0, rng.uniform(0.7, 1.15)]
        cv2.fillPoly(brows, [np.round(texture_points(outline)).astype(np.int32)], 1.0, cv2.LINE_AA)
    hairs = 0.75 + 0.5 * _blur(rng.normal(size=(TEXTURE, TEXTURE)).astype(np.float32), 0.004)
    brows = np.clip(_blur(brows, 0.007) * rng.uniform(0.6, 1.0) * hairs, 0, 1)[..., None]
    return np.clip(albedo * (1 - brows) + brows * hair * 0.8, 0.02, 1).astype(np.float32)


def make_person(rng: np.random.Generator) -> Person:
    """Draw a person at random."""
    average = mesh.face_mesh().neutral
    face = _shape(average, rng)
    tone = rng.beta(1.6, 1.2)
    skin = (1 - tone) * np.array([0.36, 0.22, 0.15]) + tone * np.array([0.95, 0.76, 0.65])
    skin = np.clip(skin * rng.normal(1, [0.04, 0.04, 0.05]), 0.1, 1)
    hairs = np.array(
        [
            [0.06, 0.05, 0.05],
            [0.16, 0.10, 0.06],
            [0.30, 0.19, 0.10],
            [0.55, 0.42, 0.22],
            [0.40, 0.16, 0.07],
            [0.55, 0.54, 0.52],
        ]
    )
    hair = hairs[rng.choice(len(hairs), p=[0.34, 0.28, 0.16, 0.10, 0.05, 0.07])] * rng.uniform(0.8, 1.2)
    irises = np.array([[0.20, 0.12, 0.07], [0.30, 0.22, 0.10], [0.25, 0.38, 0.50], [0.30, 0.40, 0.28]])
    strength = rng.uniform(0.6, 1.5) * rng.uniform(0.75, 1.25, (len(AU_NAMES), 1, 1))
    light = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.7, -0.05), 1.0])
    return Person(
        neutral=face,
        albedo=_skin_texture(skin, hair, average, rng),
        folds=(_atlas() * strength).astype(np.float32),
        skin=skin,
        hair=hair,
        iris=irises[rng.choice(4, p=[0.45, 0.25, 0.18, 0.12])] * rng.uniform(0.8, 1.2),
        clothes=rng.uniform(0.1, 0.6) * rng.uniform(0.7, 1.3, 3),
        background=rng.uniform(0.25, 0.75) * rng.uniform(0.75, 1.25, (2, 3)),
        light=light / np.linalg.norm(light),
        ambient=rng.uniform(0.45, 0.7),
        hairline=rng.uniform(-0.37, -0.30),
        hair_volume=rng.uniform(1.03, 1.22),
        gaze=rng.normal(0, [0.006, 0.003]),
        face_scale=rng.uniform(0.50, 0.58),
    )
