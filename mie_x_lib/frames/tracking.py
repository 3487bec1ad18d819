"""Where a face has gone since the onset, to a fraction of a pixel, whatever it expresses meanwhile."""

import cv2
import numpy as np

from mie_x_lib.frames.faces import FaceBox, crop

# What is followed is the box, without margin, on a copy of this many pixels; all that follows is in pixels of it.
PATCH_SIDE = 128
# Points whose displacement is measured, a grid within the part of the box that is face, by windows of this many pixels.
GRID, RADIUS_X, RADIUS_Y, WINDOW = 19, 0.53, 0.52, 15
# Spreads of the displacements about that of the head that still count, from the first estimate to the last.
SPREADS = (0.8, 0.4, 0.2)
# The share of all points that has to agree to three times the last spread. On simulated people, 16 % or more do at the
# apex of any macro-expression, and 6 % or less where the face is gone or another.
LEAST_AGREEING = 0.1


def _grid() -> np.ndarray:
    places = np.linspace(0.04, 0.96, GRID)
    x, y = (axis.ravel() for axis in np.meshgrid(places, places))
    inside = ((x - 0.5) / RADIUS_X) ** 2 + ((y - 0.5) / RADIUS_Y) ** 2 < 1
    return (np.column_stack([x, y])[inside] * PATCH_SIDE - 0.5).astype(np.float32)


POINTS = _grid()


def face_patch(image: np.ndarray, box: FaceBox) -> np.ndarray:
    """What `follow` compares: the box of an image (H, W, 3) uint8 RGB as (PATCH_SIDE, PATCH_SIDE) uint8, grey."""
    return cv2.cvtColor(crop(image, box, 0.0, PATCH_SIDE), cv2.COLOR_RGB2GRAY)


def follow(patch: np.ndarray, image: np.ndarray, box: FaceBox) -> FaceBox | None:
    """The box, shifted and turned to where the face of a patch is in an image, or None where it is lost.

    patch: `face_patch` of the onset. image: (H, W, 3) uint8 RGB. box: where the face was last, within a quarter of its
    side of where it is.

    Displacements of a grid of points by Lucas and Kanade (IJCAI 1981; in pyramids, Bouguet 2000), and the shift and
    turn that most of them share: an M-estimate with Welsch's weights of falling spread. An expression moves parts of
    the face against each other, so a mean, a correlation or an alignment of the whole would follow it.
    """
    for _ in range(2):
        motion = _common_motion(patch, face_patch(image, box))
        if motion is None:
            return None
        right, down, turn = motion
        cos, sin = np.cos(np.radians(box.angle)), np.sin(np.radians(box.angle))
        scale = box.side / PATCH_SIDE
        box = FaceBox(
            x=box.x + scale * (cos * right - sin * down),
            y=box.y + scale * (sin * right + cos * down),
            side=box.side,
            angle=box.angle + float(np.degrees(turn)),
        )
    return box


def _common_motion(before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
    """Shift to the right and down, in pixels of the patch, and turn about its middle, in radians clockwise: (3,)."""
    found, seen, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload]  # the stubs want points for None
        before, after, POINTS, None, winSize=(WINDOW, WINDOW), maxLevel=2
    )
    seen = seen[:, 0] == 1
    if seen.mean() < LEAST_AGREEING:
        return None
    moved = (found - POINTS)[seen]
    x, y = (POINTS[seen] + 0.5 - PATCH_SIDE / 2).T
    zeros, ones = np.zeros_like(x), np.ones_like(x)
    design = np.stack([np.stack([ones, zeros, -y], axis=1), np.stack([zeros, ones, x], axis=1)], axis=1)
    motion = np.array([*np.median(moved, axis=0), 0.0])
    for spread in SPREADS:
        for _ in range(30):
            distances = ((moved - design @ motion) ** 2).sum(axis=1)
            weights = np.exp(-distances / (2 * spread**2))
            normal = np.einsum("n,nik,nil->kl", weights, design, design) + 1e-6 * np.eye(3)
            step = np.linalg.solve(normal, np.einsum("n,nik,ni->k", weights, design, moved)) - motion
            motion += step
            if np.abs(step).max() < 1e-5:
                break
    agreeing = ((moved - design @ motion) ** 2).sum(axis=1) < (3 * SPREADS[-1]) ** 2
    return motion if agreeing.sum() >= LEAST_AGREEING * len(POINTS) else None
