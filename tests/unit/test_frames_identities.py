import re

import cv2
import numpy as np
import pandas as pd
import pytest

from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.frames import clip, decode, identities
from mie_x_lib.frames.detectors.haar import find_faces
from mie_x_lib.frames.faces import Face, FaceBox, crop, level_box
from mie_x_lib.frames.identities import (
    THUMBNAIL_SIDE,
    extract_identities,
    find_identities,
    number_people,
    refuse_duplicates,
)
from mie_x_lib.settings.frames import FrameSettings, IdentityLimits
from tests.drawn_faces import moved, photographs
from tests.videos import damage, film, interlace

pytestmark = pytest.mark.slow

SETTINGS = FrameSettings(size=64, margin=0.1)
LIMITS = IdentityLimits()
CORRELATION = 0.993
# People whose thumbnails are compared with each other.
CROWD = 60


@pytest.fixture(scope="module")
def people():
    return photographs(6)


@pytest.fixture
def album(tmp_path):
    """Write pictures as photographs, and list them."""

    def write(*pictures):
        paths = [tmp_path / f"{number:03}.png" for number in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            assert cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        names = {"subject": [f"x{path.stem}" for path in paths], "clip": [path.stem for path in paths]}
        return (
            pd.DataFrame({"dataset": "faces", **names, "path": [str(path) for path in paths]})
            .astype("string")
            .assign(onset=pd.array([None] * len(paths), "Int64"))
        )

    return write


def judge(pictures, settings=SETTINGS, limits=LIMITS):
    return find_identities(number_people(pictures), settings, limits)


def problems(pictures, limits=LIMITS, settings=SETTINGS):
    return judge(pictures, settings, limits).faces["problem"].tolist()


def test_simulated_photographs_have_no_problem(album, people):
    faces, thumbnails = judge(album(*people))
    assert faces["problem"].tolist() == [""] * 6
    assert faces["number"].tolist() == list(range(6))
    assert thumbnails.shape == (6, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3)
    assert thumbnails.dtype == np.uint8
    box = find_faces(people[1])[0].box
    assert faces.loc[1, ["centre_x", "centre_y", "side", "angle"]].tolist() == [box.x, box.y, box.side, 0.0]


def test_a_photograph_without_a_face_is_reported_and_has_no_thumbnail(album, people):
    faces, thumbnails = judge(album(people[0], np.full_like(people[0], 120)))
    assert faces["problem"].tolist() == ["", "no face"]
    assert faces["side"].isna().tolist() == [False, True]
    assert len(thumbnails) == 1


def beside(first, second, scale):
    """Two photographs of one height in one, the second scaled."""
    second = cv2.resize(second, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    image = np.full((first.shape[0], first.shape[1] + second.shape[1], 3), 100, np.uint8)
    image[:, : first.shape[1]] = first
    image[: len(second), first.shape[1] :] = second
    return image


def test_a_second_face_half_as_large_is_one_too_many(album, people):
    pictures = album(beside(*people[:2], 0.8), beside(*people[:2], 0.3), people[0])
    faces = judge(pictures, FrameSettings(size=64, smallest_face=0.1)).faces
    first, *others = faces["problem"]
    ratio = faces.loc[0, "other_face"]
    assert 0.7 < ratio < 0.9
    assert first == f"another face, {ratio:.2f} times as large"
    assert others == ["", ""]
    assert problems(pictures, IdentityLimits(one_face=False))[0] == ""


def test_a_face_found_twice_is_one(monkeypatch, album, people):
    faces = [Face(FaceBox(100, 90, 100)), Face(FaceBox(110, 120, 60))]
    monkeypatch.setattr(clip, "load_detector", lambda *chosen: lambda image, smallest: faces)
    pictures = album(people[0])
    assert problems(pictures) == [""]
    faces[1] = Face(FaceBox(160, 90, 60))
    assert problems(pictures) == ["another face, 0.60 times as large"]


def test_a_small_face_is_refused(album, people):
    small = [cv2.resize(image, (100, 100), interpolation=cv2.INTER_AREA) for image in people]
    sides = [find_faces(image)[0].box.side for image in small]
    assert problems(album(*small)) == [""] * 6
    assert problems(album(*small), IdentityLimits(smallest_side=80)) == [f"face of {side:.0f} pixels" for side in sides]


def test_a_blurred_face_is_refused(album, people):
    blurred = [cv2.GaussianBlur(image, (0, 0), 0.04 * find_faces(image)[0].box.side) for image in people]
    assert all(problem.startswith("blurred (0.") for problem in problems(album(*blurred)))
    assert problems(album(*blurred), IdentityLimits(largest_blur=1)) == [""] * 6


def test_an_enlarged_face_is_blurred(album, people):
    small = [cv2.resize(image, (48, 48), interpolation=cv2.INTER_AREA) for image in people]
    enlarged = [cv2.resize(image, (200, 200), interpolation=cv2.INTER_CUBIC) for image in small]
    found = problems(album(*enlarged), settings=FrameSettings(size=128))
    assert all("blurred" in problem or problem == "no face" for problem in found)
    assert sum("blurred" in problem for problem in found) > 2


@pytest.mark.parametrize("degrees", [14, -14])
def test_a_face_that_is_tilted_to_either_side_is_refused(album, people, degrees):
    pictures = album(*(moved(image, (0, 0), degrees=degrees) for image in people))
    found = judge(pictures, limits=IdentityLimits(largest_tilt=8)).faces
    tilted = found["tilt"].dropna()
    assert len(tilted) > 2
    assert tilted.median() == pytest.approx(degrees, abs=4)
    for row in found[found["tilt"].abs() > 8].itertuples():
        assert row.problem == f"tilted by {abs(row.tilt):.0f} degrees"
    assert not any("tilted" in problem for problem in problems(pictures, IdentityLimits(largest_tilt=25)))


def test_a_face_whose_eyes_are_not_found_is_not_known_to_be_tilted(monkeypatch, album, people):
    monkeypatch.setattr(identities, "eyes_of", lambda image, face: None)
    pictures = album(people[0])
    assert problems(pictures) == [""]
    assert problems(pictures, settings=FrameSettings(size=64, alignment="eyes")) == ["no eyes"]


def test_a_face_that_looks_away_is_refused_where_there_are_landmarks(monkeypatch, album, people):
    ahead = np.array([(75, 80), (125, 80), (100, 100), (80, 130), (120, 130)], float)
    away = ahead + np.array([(0, 0), (-8, 0), (25, 0), (0, 0), (0, 0)])
    # One look at each photograph.
    found = iter([Face(FaceBox(100, 100, 100), landmarks) for landmarks in (ahead, away)])
    monkeypatch.setattr(clip, "load_detector", lambda *chosen: lambda image, smallest: [next(found)])
    found = judge(album(*people[:2]), FrameSettings(size=64, detector="yunet")).faces
    assert found.loc[0, "turn"] < 10
    assert found["problem"].tolist() == ["", f"turned away by {found.loc[1, 'turn']:.0f} degrees"]


def test_a_network_counts_second_faces_that_are_too_small_to_be_rendered(monkeypatch, album, people):
    """In a group, one face may be large enough, and the others hardly smaller."""
    landmarks = np.array([(75, 80), (125, 80), (100, 100), (80, 130), (120, 130)], float)
    faces = [Face(FaceBox(100, 100, 60), landmarks), Face(FaceBox(200, 100, 40), landmarks)]
    shorter = min(people[0].shape[:2])
    settings = FrameSettings(size=64, detector="yunet", smallest_face=50 / shorter)

    def network(image, smallest):
        return [face for face in faces if face.box.side >= smallest * shorter]

    monkeypatch.setattr(clip, "load_detector", lambda *chosen: network)
    assert problems(album(people[0]), IdentityLimits(smallest_side=32, largest_blur=1), settings) == [
        "another face, 0.67 times as large"
    ]
    faces[0] = Face(FaceBox(100, 100, 45), landmarks)
    assert problems(album(people[0]), IdentityLimits(smallest_side=32, largest_blur=1), settings) == ["no face"]


def test_a_crop_that_lies_half_outside_the_photograph_is_refused(album, people):
    """Its edges would be smeared rows; a tight portrait whose crop keeps within it is none."""
    box = find_faces(people[0])[0].box
    left, top, side = (round(value) for value in (box.x - box.side / 2, box.y - box.side / 2, box.side))
    tight = people[0][top : top + side, left : left + side]
    loose = people[0][max(0, top - side // 5) : top + side + side // 5, max(0, left - side // 5) :][:, : side * 7 // 5]
    pictures = album(tight, loose, people[1])
    found = judge(pictures, FrameSettings(size=64, margin=0.3), IdentityLimits(largest_outside=0.4)).faces
    assert found.loc[0, "outside"] > 0.45
    assert found["problem"].tolist() == [f"{found.loc[0, 'outside']:.0%} of the crop outside the photograph", "", ""]
    assert problems(pictures, IdentityLimits(largest_outside=1.0), FrameSettings(size=64, margin=0.3)) == [""] * 3
    assert judge(pictures[2:]).faces.loc[0, "outside"] == pytest.approx(0, abs=1e-6)


def copies_of(image):
    height, width = image.shape[:2]
    half = cv2.resize(image, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return {
        "compressed": cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 35])[1], cv2.IMREAD_COLOR),
        "smaller": half,
        "larger": cv2.resize(image, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC),
        "brighter": np.clip(image * 1.1 + 5, 0, 255).astype(np.uint8),
        "grey": np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2),
        "mirrored": image[:, ::-1],
        "mirrored and smaller": half[:, ::-1],
    }


def refused(faces, thumbnails, known=None):
    known = faces[faces["problem"] == ""] if known is None else known
    return refuse_duplicates(faces, known, thumbnails, CORRELATION)["problem"].tolist()


def test_a_copy_of_a_photograph_is_refused(album, people):
    for image in people[:3]:
        copies = copies_of(image)
        faces, thumbnails = judge(album(image, people[4], *copies.values()))
        assert faces["problem"].tolist() == [""] * (2 + len(copies))
        assert refused(faces, thumbnails) == ["", "", *["duplicate of 000"] * len(copies)]


def test_different_people_are_no_copies_of_each_other(album):
    crowd = photographs(CROWD, size=96)
    thumbnails = np.stack(
        [cv2.resize(image, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA) for image in crowd]
    )
    names = [str(number) for number in range(CROWD)]
    faces = pd.DataFrame({"subject": names, "clip": names, "number": range(CROWD), "problem": ""})
    assert refused(faces, thumbnails) == [""] * CROWD
    # Nor by a little.
    assert refuse_duplicates(faces, faces, thumbnails, 0.985)["problem"].tolist() == [""] * CROWD


def test_a_copy_of_a_photograph_of_an_earlier_shard_is_refused(album, people):
    pictures = album(*people[:3], people[1], people[4])
    before, earlier = find_identities(number_people(pictures)[:3], SETTINGS, LIMITS)
    faces, thumbnails = find_identities(number_people(pictures)[3:], SETTINGS, LIMITS)
    known = pd.concat([before, faces])
    assert refused(faces, np.concatenate([earlier, thumbnails]), known) == ["duplicate of 001", ""]
    # And the earlier shard knows nothing of the later.
    assert refused(before, earlier) == ["", "", ""]


def test_of_a_persons_photographs_the_first_without_a_problem_counts(album, people):
    nobody = np.full_like(people[0], 120)
    pictures = album(nobody, people[0], nobody, people[1], people[2], nobody)
    pictures["subject"] = ["anna", "ben", "anna", "anna", "anna", "carl"]
    faces, thumbnails = judge(pictures)
    assert faces[["subject", "clip", "number", "problem"]].to_numpy().tolist() == [
        ["anna", "000", 0, "no face"],
        ["anna", "002", 0, "no face"],
        ["anna", "003", 0, ""],
        ["ben", "001", 1, ""],
        ["carl", "005", 2, "no face"],
    ]
    assert refused(faces, thumbnails) == ["no face", "no face", "", "", "no face"]
    _, crops, report = extract_identities(faces, SETTINGS)
    assert crops[["identity", "clip", "number"]].to_numpy().tolist() == [["anna", "003", 0], ["ben", "001", 1]]
    assert report["clip"].tolist() == ["000", "002", "003", "001", "005"]


def test_people_are_numbered_in_the_order_of_their_first_photographs(album, people):
    pictures = album(*people[:4])
    pictures["subject"] = ["ben", "anna", "ben", "carl"]
    assert number_people(pictures)["number"].tolist() == [0, 1, 0, 2]


def test_a_photograph_that_was_refused_itself_takes_the_place_of_none(album, people):
    small = cv2.resize(people[0], (44, 44), interpolation=cv2.INTER_AREA)
    faces, thumbnails = judge(album(small, people[0]))
    assert [bool(problem) for problem in faces["problem"]] == [True, False]
    assert len(thumbnails) == 1
    assert refused(faces, thumbnails)[1] == ""


def test_crops_are_cut_of_photographs_without_a_problem(album, people, tmp_path):
    pictures = album(people[0], np.full_like(people[0], 120), people[0], people[2])
    faces, thumbnails = find_identities(pictures.assign(number=range(240, 244)), SETTINGS, LIMITS)
    faces = refuse_duplicates(faces, faces[faces["problem"] == ""], thumbnails, CORRELATION)
    images, crops, report = extract_identities(faces, SETTINGS)
    assert crops.columns.tolist() == ["dataset", "identity", "clip", "number"]
    assert crops["identity"].tolist() == ["x000", "x003"]
    assert crops["number"].tolist() == [240, 243]
    assert report["problem"].tolist() == ["", "no face", "duplicate of 000", ""]
    for image, person in zip(images, (people[0], people[2]), strict=True):
        np.testing.assert_array_equal(image, crop(person, find_faces(person)[0].box, 0.1, 64))
    box = find_faces(people[2])[0].box
    assert report.loc[3, ["x", "width", "height"]].tolist() == pytest.approx(
        [box.x - box.side / 2, box.side, box.side], abs=0.01
    )
    # Nothing of a box is lost on the way through a file.
    write_csv(faces, tmp_path / "faces.csv")
    again = extract_identities(read_csv(tmp_path / "faces.csv"), SETTINGS)
    np.testing.assert_array_equal(again.images, images)
    assert again.table.equals(crops.astype(again.table.dtypes))


def test_crops_are_turned_where_the_eyes_are_levelled(album, people):
    settings = FrameSettings(size=64, margin=0.1, alignment="eyes")
    image = moved(people[0], (0, 0), degrees=6)
    faces, _ = judge(album(image), settings)
    (cut,) = extract_identities(faces, settings).images
    eyes = identities.eyes_of(image, find_faces(image)[0])
    np.testing.assert_array_equal(cut, crop(image, level_box(eyes), 0.1, 64))


def test_threads_do_not_change_the_result(album, people):
    pictures = album(*people)
    one = judge(pictures)
    three = judge(pictures, FrameSettings(size=64, margin=0.1, threads=3))
    pd.testing.assert_frame_equal(one.faces, three.faces)
    np.testing.assert_array_equal(one.thumbnails, three.thumbnails)


def test_no_photographs_give_empty_tables(album):
    faces, thumbnails = judge(album()[:0])
    assert thumbnails.shape == (0, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3)
    images, crops, report = extract_identities(refuse_duplicates(faces, faces, thumbnails, CORRELATION), SETTINGS)
    assert (len(images), len(crops), len(report)) == (0, 0, 0)


def test_photographs_that_cannot_be_read_are_reported_and_counted(album, people, tmp_path):
    """An empty file, a web page, and a picture that ends too early, which a decoder would fill with grey."""
    pictures = album(*people[:6])
    for number, content in ((1, b""), (2, b"<html>404</html>")):
        (tmp_path / f"{number:03}.png").write_bytes(content)
    jpeg = cv2.imencode(".jpg", cv2.cvtColor(people[3], cv2.COLOR_RGB2BGR))[1].tobytes()
    (tmp_path / "003.png").write_bytes(jpeg[: len(jpeg) * 2 // 3])
    pictures.loc[4, "path"] = "gone.jpg"
    told = []
    faces, thumbnails = find_identities(number_people(pictures), SETTINGS, LIMITS, told.append)
    problems = faces["problem"].tolist()
    assert [bool(problem) for problem in problems] == [False, True, True, True, True, False]
    assert all(name in problem for name, problem in zip(("001", "002", "003", "gone"), problems[1:5], strict=True))
    assert problems[3].endswith("is cut off; copy it again.")
    assert told == ["Warning: 4 of 6 photographs of faces left out, which cannot be read: 001, 002, 003, ..."]
    faces = refuse_duplicates(faces, faces[faces["problem"] == ""], thumbnails, CORRELATION)
    extraction = extract_identities(faces, SETTINGS)
    assert extraction.table["number"].tolist() == [0, 5]
    assert extraction.report["problem"].tolist() == problems


def test_people_of_one_video_are_found_and_cut_in_one_walk_each(album, people, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(decode, "_open_video", lambda path: opened.append(path) or cv2.VideoCapture(str(path)))
    # Somebody whose first photograph shows no face, and who has another elsewhere.
    blank = np.full_like(people[0], 128)
    path = film(tmp_path / "many.avi", "MJPG", [*people[:4], blank])
    pictures = album(*people[:4], blank, people[4]).assign(onset=pd.array([2, 0, 3, 1, 4, 0], "Int64"))
    pictures["path"] = [str(path)] * 5 + [pictures["path"].iloc[5]]
    pictures.loc[5, "subject"] = pictures["subject"].iloc[4]
    faces = judge(pictures).faces
    assert opened == [path]
    assert faces["frame"].tolist() == [2, 0, 3, 1, 4, 0]
    assert faces["problem"].tolist() == ["", "", "", "", "no face", ""]
    opened.clear()
    crops = extract_identities(faces, SETTINGS).images
    assert opened == [path]
    for row, cut in zip((0, 1, 2, 3, 5), crops, strict=True):
        alone = pictures.iloc[[row]].reset_index(drop=True)
        np.testing.assert_array_equal(cut, extract_identities(judge(alone).faces, SETTINGS).images[0])


def test_of_a_video_the_onset_is_taken_where_one_is_annotated(album, people, tmp_path):
    path = film(tmp_path / "two.avi", "MJPG", [people[0]] * 3 + [people[1]] * 3)
    pictures = album(*people[:2]).assign(path=str(path), onset=pd.array([None, 3], "Int64"))
    faces = judge(pictures).faces
    assert faces["frame"].tolist() == [0, 3]
    crops, _, report = extract_identities(faces, SETTINGS)
    assert report["onset"].tolist() == [0, 3]
    for cut, box, person in zip(crops, faces[list(identities.WINDOW)].to_numpy(), people, strict=False):
        np.testing.assert_allclose(cut, crop(person, FaceBox(*box), SETTINGS.margin, SETTINGS.size), atol=40)


def test_a_video_that_is_damaged_at_its_photograph_is_left_out(album, people, tmp_path):
    path = damage(film(tmp_path / "damaged.avi", "MJPG", people), 2)
    pictures = album(*people[:3]).assign(path=str(path), onset=[1, 2, 3])
    before, at, behind = problems(pictures)
    assert before == ""
    assert at == behind
    assert re.match(r"frame 2 is damaged \(", at)


def test_an_interlaced_video_is_told_as_such(album, people, tmp_path):
    path = film(tmp_path / "a.mpg", "MPG2", [people[0]] * 12)
    interlace(path, 6)
    (problem,) = problems(album(people[0]).assign(path=str(path), onset=8))
    assert "is interlaced" in problem


def test_a_jpeg_that_is_damaged_inside_is_left_out(album, people):
    pictures = album(*people[:2])
    whole = cv2.imencode(".jpg", people[1][..., ::-1])[1].tobytes()
    middle = len(whole) // 2
    with open(pictures.loc[1, "path"], "wb") as file:
        file.write(whole[:middle] + np.random.default_rng(0).bytes(400) + whole[middle + 400 :])
    sound, damaged = problems(pictures)
    assert sound == ""
    assert f"{pictures.loc[1, 'path']}: is damaged (Corrupt JPEG data: " in damaged
