"""A picture of a simulated person with given action units: painter's algorithm on the mesh, texture that follows it."""

from functools import cache

import cv2
import numpy as np

from mie_x_lib.corpora.simulated import mesh
from mie_x_lib.corpora.simulated.people import Person, texture_points

# Drawn at twice the size and averaged down: motions far below a pixel stay visible, as in a camera.
_OVERSAMPLING = 2
_SHIFT = 4  # fractional bits of OpenCV's polygon corners


def _fill(image: np.ndarray, polygon: np.ndarray, colour) -> None:
    points = np.round(polygon * (1 << _SHIFT)).astype(np.int32)
    cv2.fillPoly(image, [points], tuple(float(c) for c in colour), cv2.LINE_AA, shift=_SHIFT)


def _ellipse(centre, radii, start: float = 0.0, end: float = 2 * np.pi) -> np.ndarray:
    return centre + radii * _arc(start, end)


@cache
def _arc(start: float, end: float) -> np.ndarray:
    angle = np.linspace(start, end, 48)
    return np.column_stack([np.cos(angle), np.sin(angle)])


@cache
def _texture_triangles() -> np.ndarray:
    """Texture pixels (T, 3, 2) of the corners of each triangle."""
    face = mesh.face_mesh()
    return texture_points(face.neutral[face.triangles][..., :2]).astype(np.float32)


def _normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    corners = vertices[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    across *= np.where(across[:, 2:] < 0, -1, 1)
    corner, count = triangles.ravel(), len(vertices)
    normals = np.stack([np.bincount(corner, np.repeat(axis, 3), count) for axis in across.T], axis=1)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)


def _behind_the_face(person: Person, size: int, to_pixels) -> np.ndarray:
    """Wall, shoulders, neck, ears and hair, (size, size, 3) float32 RGB 0..1."""
    ramp = np.linspace(0, 1, size, dtype=np.float32)[:, None, None]
    wall = (person.background[0] * (1 - ramp) + person.background[1] * ramp).astype(np.float32)
    image = cv2.repeat(wall, 1, size)
    shade = person.skin * (person.ambient * 0.75)
    _fill(image, to_pixels(_ellipse((0, 1.28), (0.95, 0.42))), person.clothes)
    _fill(image, to_pixels(np.array([[-0.25, 0.4], [0.25, 0.4], [0.29, 1.0], [-0.29, 1.0]])), shade * 0.8)
    _fill(image, to_pixels(_ellipse((0, 0.02), (0.52 * person.hair_volume, 0.58 * person.hair_volume))), person.hair)
    for side in (-1, 1):
        _fill(image, to_pixels(_ellipse((side * 0.50, 0.10), (0.06, 0.13))), shade)
    _fill(image, to_pixels(_ellipse((0, 0.12), (0.505, 0.62))), shade)
    return image


def _eyes(image: np.ndarray, person: Person, vertices: np.ndarray, to_pixels, scale: float) -> None:
    for (upper, lower), iris in zip((mesh.RIGHT_EYE, mesh.LEFT_EYE), mesh.IRISES, strict=True):
        opening = to_pixels(vertices[[*upper, *lower[::-1]], :2])
        x, y = np.floor(opening.min(axis=0)).astype(int) - 2
        right, bottom = np.ceil(opening.max(axis=0)).astype(int) + 3
        patch = image[y:bottom, x:right]
        if patch.size == 0:
            continue
        eye = np.full(patch.shape, 0.82 * person.ambient + 0.18, np.float32)
        centre = to_pixels(vertices[iris : iris + 1, :2] + person.gaze)[0] - (x, y)
        _fill(eye, _ellipse(centre, (0.036 * scale, 0.036 * scale)), person.iris)
        _fill(eye, _ellipse(centre, (0.015 * scale, 0.015 * scale)), (0.02, 0.02, 0.02))
        _fill(eye, _ellipse(centre - 0.010 * scale, (0.006 * scale, 0.006 * scale)), (0.95, 0.95, 0.95))
        lid = opening[: len(upper), 1].min() - y
        eye *= np.clip(0.55 + (np.arange(len(eye)) - lid) / (0.05 * scale), 0.55, 1)[:, None, None]
        patch[:] = eye


def _mouth(image: np.ndarray, person: Person, vertices: np.ndarray, to_pixels) -> None:
    upper, lower = mesh.INNER_LIPS
    opening = vertices[[*upper, *lower[::-1]], :2]
    _fill(image, to_pixels(opening), (0.16, 0.04, 0.05))
    # Upper teeth belong to the skull, lower teeth to the jaw: only the lips move over them.
    skull, jaw = person.neutral[13, 1], vertices[14, 1]
    width = 0.8 * abs(person.neutral[308, 0])
    upper_teeth = _trapezium(skull - 0.03, width, skull + 0.022, 0.9 * width)
    _fill(image, to_pixels(upper_teeth), np.array([0.86, 0.84, 0.78]) * (0.4 + 0.5 * person.ambient))
    if jaw - skull > 0.06:
        lower_teeth = _trapezium(jaw - 0.014, 0.7 * width, jaw + 0.03, 0.7 * width)
        _fill(image, to_pixels(lower_teeth), np.array([0.70, 0.68, 0.62]) * (0.4 + 0.5 * person.ambient))


def _trapezium(top: float, top_half: float, bottom: float, bottom_half: float) -> np.ndarray:
    """Corners (4, 2) of a trapezium about the midline, by the y and half the width of its edges."""
    return np.array([[-top_half, top], [top_half, top], [bottom_half, bottom], [-bottom_half, bottom]])


def _skin(image: np.ndarray, person: Person, vertices: np.ndarray, pixels: np.ndarray, aus: np.ndarray) -> None:
    """Paint the mesh, textured, folded and lit, into the picture."""
    triangles = mesh.face_mesh().triangles
    corner = np.maximum(np.floor(pixels.min(axis=0)).astype(int), 0)
    image = image[corner[1] : int(np.ceil(pixels[:, 1].max())) + 1, corner[0] : int(np.ceil(pixels[:, 0].max())) + 1]
    corners = (pixels - corner)[triangles]
    owner = np.full((len(image), image.shape[1]), -1, np.int32)
    polygons = np.round(corners * (1 << _SHIFT)).astype(np.int32)
    order = np.argsort(vertices[triangles, 2].mean(axis=1))
    for index, polygon in zip(order.tolist(), polygons[order], strict=True):
        cv2.fillConvexPoly(owner, polygon, index, cv2.LINE_8, _SHIFT)

    # Inside a triangle texture place and light are affine in the pixel: one (3, 3) map a triangle.
    light = person.ambient + (1.15 - person.ambient) * np.maximum(_normals(vertices, triangles) @ person.light, 0)
    values = np.concatenate([_texture_triangles(), light[triangles][..., None]], axis=2)
    places = np.concatenate([corners, np.ones((*corners.shape[:2], 1))], axis=2)
    places[np.abs(np.linalg.det(places)) < 1e-6] = np.eye(3)  # seen edge-on, it owns no pixel
    affine = np.ascontiguousarray((np.linalg.inv(places) @ values).astype(np.float32).T).take(owner, axis=2)
    rows, columns = np.indices(owner.shape, np.float32)
    across, down, lit = affine[:, 0] * columns + affine[:, 1] * rows + affine[:, 2]

    active = np.flatnonzero(aus)
    fold = np.tensordot(np.asarray(aus, np.float32)[active], person.folds[active], axes=1)
    texture = person.albedo * (1 - np.clip(fold, -0.5, 0.75))[..., None]
    albedo = cv2.remap(texture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    shading = cv2.cvtColor(np.clip(lit, 0, 1.3), cv2.COLOR_GRAY2RGB)
    cv2.copyTo(albedo * shading, (owner >= 0).astype(np.uint8), image)


def _lashes(image: np.ndarray, person: Person, vertices: np.ndarray, to_pixels, scale: float) -> None:
    for upper, _ in (mesh.RIGHT_EYE, mesh.LEFT_EYE):
        points = np.round(to_pixels(vertices[list(upper), :2]) * (1 << _SHIFT)).astype(np.int32)
        colour = tuple(float(c) for c in 0.35 * person.hair + 0.02)
        cv2.polylines(image, [points], False, colour, max(1, round(0.012 * scale)), cv2.LINE_AA, _SHIFT)


def draw_face(
    person: Person,
    aus: np.ndarray,
    size: int,
    shift: np.ndarray | tuple[float, float] = (0.0, 0.0),
    angles: np.ndarray | tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> np.ndarray:
    """Picture (size, size, 3) float32 RGB 0..255 of a person with action units `aus` (17,) 0..1.

    shift: motion of the head in face widths; angles: its yaw, pitch and roll in radians.
    """
    canvas = size * _OVERSAMPLING
    scale = person.face_scale * canvas
    yaw, pitch, roll = angles
    turn = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    lean = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    origin = np.array([0.5, 0.44]) * canvas

    def to_pixels(points: np.ndarray) -> np.ndarray:
        return origin + (points @ lean.T + shift) * scale - 0.5

    deformed = mesh.deform(person.neutral, mesh.face_mesh().motion, np.asarray(aus, np.float64))
    vertices = deformed @ turn.T @ nod.T
    image = _behind_the_face(person, canvas, to_pixels)
    _eyes(image, person, vertices, to_pixels, scale)
    _mouth(image, person, vertices, to_pixels)
    _skin(image, person, vertices, to_pixels(vertices[:, :2]), aus)
    _lashes(image, person, vertices, to_pixels, scale)
    fringe = np.vstack(
        [
            _ellipse((0, 0.02), (0.53 * person.hair_volume, 0.60 * person.hair_volume), np.pi * 1.06, np.pi * 1.94),
            _ellipse((0, 0.06), (0.49, 0.06 - person.hairline), np.pi * 1.94, np.pi * 1.06),
        ]
    )
    _fill(image, to_pixels(fringe), person.hair)
    image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
    return np.clip(image, 0, 1) * 255
