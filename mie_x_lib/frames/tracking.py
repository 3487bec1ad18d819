"""Where a face has gone since the onset, to a fraction of a pixel, whatever it expresses meanwhile."""

from collections.abc import Callable, Iterable, Iterator
from itertools import tee

import cv2
import numpy as np

from mie_x_lib.frames.faces import FaceBox, crop, share_outside

# What is followed is the box, without margin, on a copy of this many pixels; all that follows is in pixels of it.
PATCH_SIDE = 128
# Points whose displacement is measured, a grid within the part of the box that is face, by windows of this many pixels.
GRID, RADIUS_X, RADIUS_Y, WINDOW = 19, 0.53, 0.52, 15
# How far a head reaches from its middle, sideways, down and to the viewer, as shares of the side of the box: an
# ellipsoid, as heads are followed by since Basu, Essa and Pentland (ICPR 1996).
HEAD = (0.62, 0.8, 0.5)
# Where eyes and corners of the mouth lie, in shares of the side from the middle of the box: the box goes with these.
FEATURES = np.array([(-0.19, -0.12), (0.19, -0.12), (-0.15, 0.26), (0.15, 0.26)])
# Spreads of the displacements about that of the head that still count, from the first estimate to the last.
SPREADS = (0.8, 0.4, 0.2)
# The share of all points that has to agree to three times the last spread. On simulated people, 16 % or more do at the
# apex of any macro-expression, and 6 % or less where the face is gone or another; of a real head that turned, 11 %
# agreed to a motion that was off by 3 % of the box.
LEAST_AGREEING = 0.15
# A head that keeps its distance and its side to the viewer shifts and turns in the picture alone. That it does, is
# believed where this share of all points agrees, and what else it may do lets no more than so many times as many agree:
# otherwise what an expression moves would be taken for it.
PLAIN, PLAIN_SHARE, WORTH = 3, 0.2, 1.2
# From one frame to the next the box grows or shrinks by less than this, unless something else is followed.
MOST_GROWTH = 1.2
# How many of the faces seen on the way are looked for, beside that of the onset.
RECENT = 2


def _grid() -> np.ndarray:
    places = np.linspace(0.04, 0.96, GRID)
    x, y = (axis.ravel() for axis in np.meshgrid(places, places))
    inside = ((x - 0.5) / RADIUS_X) ** 2 + ((y - 0.5) / RADIUS_Y) ** 2 < 1
    return (np.column_stack([x, y])[inside] * PATCH_SIDE - 0.5).astype(np.float32)


def _depth(places: np.ndarray) -> np.ndarray:
    """How far the head reaches to the viewer at places (n, 2), shares of the side from the middle of the box: (n,)."""
    return HEAD[2] * np.sqrt(np.maximum(1 - ((places / HEAD[:2]) ** 2).sum(axis=1), 0))


def _design(points: np.ndarray) -> np.ndarray:
    """What moves each point, (n, 2, 6): shift right and down, turn, growth, and the head turning right and down.

    The last two move what is nearer to the viewer by more (weak perspective).
    """
    places = points + 0.5 - PATCH_SIDE / 2
    (x, y), ones, zeros = places.T, np.ones(len(points)), np.zeros(len(points))
    depth = PATCH_SIDE * (_depth(places / PATCH_SIDE) - _depth(FEATURES).mean())
    right = np.stack([ones, zeros, -y, x, depth, zeros], axis=1)
    return np.stack([right, np.stack([zeros, ones, x, y, zeros, depth], axis=1)], axis=1)


POINTS = _grid()
DESIGN = _design(POINTS)


def face_patch(image: np.ndarray, box: FaceBox) -> np.ndarray:
    """What `follow` compares: the box of an image (H, W, 3) uint8 RGB as (PATCH_SIDE, PATCH_SIDE) uint8, grey."""
    return cv2.cvtColor(crop(image, box, 0.0, PATCH_SIDE), cv2.COLOR_RGB2GRAY)


def windows_from(
    onset: int,
    box: FaceBox,
    frames: Iterable[int],
    picture: Callable[[int], np.ndarray],
    shows_face: Callable[[np.ndarray, FaceBox], bool],
) -> Iterator[tuple[int, np.ndarray, FaceBox | None]]:
    """Each of some frames of a clip, its picture and the box that goes with the head; None, and no more, if it is lost.

    box: that of the onset. picture: gives (H, W, 3) uint8 RGB of a frame. shows_face: as for `follow_all`. The frames
    from the onset on come first, ascending, then those before it, descending; all on the way to them are looked at.
    """
    frames = set(frames)
    behind = range(onset, max([onset, *frames]) + 1)
    ahead = range(onset, min([onset, *frames]) - 1, -1)
    for walk in (behind, ahead):
        pictures, followed = tee(map(picture, walk))
        for frame, image, window in zip(walk, pictures, follow_all(followed, box, shows_face), strict=False):
            if window is None or (frame in frames and (frame != onset or walk is behind)):
                yield frame, image, window


def head_motion(patch: np.ndarray, other: np.ndarray) -> float:
    """How far the head has moved from one `face_patch` to another, whatever it expresses, as a share of the box.

    It is how far the points of the face move on average, if the head shifts, turns or comes nearer; NaN if the face is
    not found again.
    """
    motion = _common_motion(patch, other, turns=False)
    return np.nan if motion is None else float(np.hypot(*(DESIGN @ motion).T).mean() / PATCH_SIDE)


def follow_all(
    images: Iterable[np.ndarray], box: FaceBox, shows_face: Callable[[np.ndarray, FaceBox], bool]
) -> Iterator[FaceBox | None]:
    """The box in each picture, from the first on, whose box is given; None, and no more, where the face is lost.

    images: consecutive frames, one or more, (H, W, 3) uint8 RGB. shows_face: whether a box of a picture has a face.

    Followed is the face of the first picture, so that no errors add up. A head that turns comes to look so different
    that it is not found any more: then the face of the picture before, which has to show one, is followed from there.
    """
    pictures = iter(images)
    before = next(pictures)
    onset, turned = face_patch(before, box), list[np.ndarray]()
    yield box
    for image in pictures:
        tries = (follow(patch, image, box, turns=True) for patch in reversed(turned[-RECENT:]))
        found = follow(onset, image, box) or next(filter(None, tries), None)
        if found is None and shows_face(before, box):
            turned.append(face_patch(before, box))
            found = follow(turned[-1], image, box, turns=True)
        yield found
        if found is None:
            return
        before, box = image, found


def follow(patch: np.ndarray, image: np.ndarray, box: FaceBox, turns: bool = False) -> FaceBox | None:
    """The box, shifted, turned and scaled to where the face of a patch is in an image, or None where it is lost.

    patch: `face_patch` of another picture. image: (H, W, 3) uint8 RGB. box: where the face was last, within a quarter
    of its side of where it is. turns: whether the head is known to turn away or come nearer.

    Displacements of a grid of points by Lucas and Kanade (IJCAI 1981; in pyramids, Bouguet 2000), and the motion of a
    head that most of them share: an M-estimate with Welsch's weights of falling spread. An expression moves parts of
    the face against each other, so a mean, a correlation or an alignment of the whole would follow it.
    """
    for _ in range(2):
        motion = _common_motion(patch, face_patch(image, box), turns)
        if motion is None:
            return None
        right, down, turn, growth = motion[:4]
        cos, sin = np.cos(np.radians(box.angle)), np.sin(np.radians(box.angle))
        scale = box.side / PATCH_SIDE
        factor = float(np.hypot(1 + growth, turn))
        box = FaceBox(
            x=box.x + scale * (cos * right - sin * down),
            y=box.y + scale * (sin * right + cos * down),
            side=box.side * factor,
            angle=box.angle + float(np.degrees(np.arctan2(turn, 1 + growth))),
        )
        if not 1 / MOST_GROWTH < factor < MOST_GROWTH or share_outside(image.shape, box, 0.0) > 0.5:
            return None
    return box


def _common_motion(before: np.ndarray, after: np.ndarray, turns: bool) -> np.ndarray | None:
    """What moves a head from one patch to the other, (6,), as `_design` has it: pixels of the patch, and shares."""
    found, seen, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload]  # the stubs want points for None
        before, after, POINTS, None, winSize=(WINDOW, WINDOW), maxLevel=2
    )
    seen = seen[:, 0] == 1
    if seen.mean() < LEAST_AGREEING:
        return None
    moved, design = (found - POINTS)[seen].astype(np.float64), DESIGN[seen]
    start = np.zeros(DESIGN.shape[2])
    start[:2] = np.median(moved, axis=0)
    plain, agreeing = _fit(moved, design[..., :PLAIN], start[:PLAIN])
    motion, more = _fit(moved, design, np.pad(plain, (0, len(start) - PLAIN)))
    if not turns and agreeing >= PLAIN_SHARE * len(POINTS) and more < WORTH * agreeing:
        motion, more = np.pad(plain, (0, len(start) - PLAIN)), agreeing
    return motion if more >= LEAST_AGREEING * len(POINTS) else None


def _fit(moved: np.ndarray, design: np.ndarray, motion: np.ndarray) -> tuple[np.ndarray, int]:
    """The motion that most displacements (n, 2) share, from a first estimate, and how many agree to it."""
    size = len(motion)
    # All that moves points to the right, and behind it down: NumPy is slow at many rows of two.
    flat, wanted = design.swapaxes(0, 1).reshape(-1, size), moved.T.ravel()
    # What each point adds to the normal equations, matrix and right side, at a weight of 1: (n, size * (size + 1)).
    added = (design.swapaxes(1, 2) @ np.concatenate([design, moved[..., None]], axis=2)).reshape(len(moved), -1)
    ridge = 1e-6 * np.eye(size)

    def squared_errors() -> np.ndarray:
        right, down = np.square(wanted - flat @ motion).reshape(2, -1)
        return right + down

    for spread in SPREADS:
        for _ in range(30):
            equations = (np.exp(squared_errors() / (-2 * spread**2)) @ added).reshape(size, size + 1)
            before, motion = motion, np.linalg.solve(equations[:, :size] + ridge, equations[:, size])
            if np.abs(motion - before).max() < 1e-5:
                break
    return motion, int((squared_errors() < (3 * SPREADS[-1]) ** 2).sum())
