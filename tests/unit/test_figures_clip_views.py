import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mie_x_lib.figures.clip_views import choose_clips, view_clips
from mie_x_lib.frames.detectors.haar import find_faces
from mie_x_lib.shards import write_images
from tests.drawn_faces import moved, photographs
from tests.videos import film, interlace


def report_of(*problems):
    return pd.DataFrame({"problem": pd.array([problem or None for problem in problems], "string")})


@pytest.mark.slow
@given(st.lists(st.booleans(), max_size=40), st.integers(1, 12))
def test_as_many_clips_are_chosen_as_there_is_room_for(problems, count):
    report = report_of(*["no face" if problem else "" for problem in problems])
    chosen = choose_clips(report, count)
    assert len(chosen) == min(count, len(problems))
    assert (np.diff(chosen) > 0).all()
    shown = int(report["problem"].iloc[chosen].notna().sum())
    assert shown >= min(sum(problems), count // 2)


def test_chosen_clips_are_spread_over_the_table():
    chosen = choose_clips(report_of(*[""] * 50, "no face", *[""] * 49), 5)
    assert chosen.tolist() == [0, 33, 50, 66, 99]


@pytest.fixture
def cut(tmp_path):
    """Clip table, report and crops of three clips of frames that are as bright as their number."""
    (tmp_path / "frames").mkdir()
    for number in range(6):
        cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), np.full((80, 100, 3), 10 * number, np.uint8))
    names = {"dataset": "own", "subject": ["006", "006", "007"], "clip": ["a", "b", "c"]}
    moments = {"onset": [1, None, 0], "apex": [3, None, None], "offset": [4, None, None]}
    clips = pd.DataFrame(names | {"path": str(tmp_path / "frames")} | moments)
    report = pd.DataFrame(
        names
        | {"onset": [1, 2, None], "apex": [3, 4, None], "apex_from": ["annotation", "spotted", None]}
        | {"x": [20.0, 20.0, None], "y": [10.0, 10.0, None], "width": [40.0, 40.0, None], "height": [40.0, 40.0, None]}
        | {"angle": [0.0, 0.0, None], "problem": [None, None, "no face"]}
    )
    frames = [1, 3, 2, 4]
    table = pd.DataFrame({"subject": "006", "clip": list("aabb"), "frame": frames, "role": ["onset", "apex"] * 2})
    images = np.stack([np.full((16, 16, 3), 10 * frame, np.uint8) for frame in frames])
    write_images(tmp_path / "crops.h5", images, table, {})
    return clips, report, tmp_path / "crops.h5"


def test_a_view_shows_frame_box_and_crops_of_its_clip(cut):
    first, second, _ = view_clips(*cut, margin=0.25, curves=False)
    assert (first.name, second.name) == ("006 a", "006 b")
    assert [int(view.frame[0, 0, 0]) for view in (first, second)] == [10, 20]
    np.testing.assert_allclose(first.box, [(20, 10), (60, 10), (60, 50), (20, 50)])
    np.testing.assert_allclose(first.cut, [(10, 0), (70, 0), (70, 60), (10, 60)])
    assert first.crops[:, 0, 0, 0].tolist() == [10, 30]
    assert first.crop_names == ["onset 1", "apex 3"]
    assert second.crop_names == ["onset 2", "apex 4"]
    assert first.moments == {"onset": 1, "apex": 3}
    assert (second.apex_from, second.problem) == ("spotted", "")


def test_a_clip_that_was_not_cut_is_shown_with_its_problem(cut):
    view = view_clips(*cut, margin=0.25, curves=True)[2]
    assert (view.problem, view.crop_names, view.moments, view.apex_from) == ("no face", [], {}, "")
    assert view.crops.shape == (0, 16, 16, 3)
    assert view.frame.shape == (80, 100, 3)
    assert view.box is None
    assert view.curve is None


def test_a_curve_goes_from_onset_to_offset_or_through_the_whole_clip(cut):
    first, second, _ = view_clips(*cut, margin=0.25, curves=True)
    assert first.curve.index.tolist() == [1, 2, 3, 4]
    assert second.curve.index.tolist() == list(range(6))
    assert view_clips(*cut, margin=0.25, curves=False)[0].curve is None


def test_a_photograph_has_one_crop(cut, tmp_path):
    clips, report, _ = cut
    write_images(
        tmp_path / "faces.h5",
        np.zeros((1, 16, 16, 3), np.uint8),
        pd.DataFrame({"identity": ["007"], "clip": ["c"], "number": [2]}),
        {},
    )
    *_, photograph = view_clips(clips, report, tmp_path / "faces.h5", margin=0.25, curves=False)
    assert photograph.crop_names == ["crop"]
    assert len(photograph.crops) == 1


def test_a_clip_that_cannot_be_read_is_shown_with_its_problem(cut):
    clips, report, crops = cut
    clips, report = clips.astype({"path": "string"}), report.astype({"problem": "string"})
    clips.loc[2, "path"], report.loc[2, "problem"] = "gone.avi", "cannot be read"
    view = view_clips(clips, report, crops, 0.1, curves=True)[2]
    assert (view.frame == 255).all()
    assert (view.problem, len(view.crops)) == ("cannot be read", 0)


def test_of_a_video_that_opencv_cannot_turn_into_pictures_none_is_shown(cut, tmp_path):
    clips, report, crops = cut
    path = interlace(film(tmp_path / "a.mpg", "mpg2", [np.full((48, 64, 3), 90, np.uint8)] * 3), 0)
    clips, report = clips.astype({"path": "string"}), report.astype({"problem": "string"})
    clips.loc[2, "path"], report.loc[2, "problem"] = str(path), "frame 0 is interlaced"
    assert (view_clips(clips, report, crops, 0.1, curves=True)[2].frame == 255).all()


def test_a_curve_ends_where_a_damaged_video_does(cut):
    clips, report, crops = cut
    clips["offset"] = [99, None, None]
    assert view_clips(clips, report, crops, 0.1, curves=True)[0].curve.index.tolist() == [1, 2, 3, 4, 5]


@pytest.mark.slow
def test_the_curve_of_a_tracked_clip_is_that_of_tracked_crops(tmp_path):
    """A still face that wanders differs from itself in a box that stays, and not in one that goes with it."""
    still = photographs(1)[0]
    box = find_faces(still)[0].box
    (tmp_path / "frames").mkdir()
    for number in range(8):
        picture = cv2.cvtColor(moved(still, (2.0 * number, 0)), cv2.COLOR_RGB2BGR)
        assert cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), picture)
    names = {"dataset": ["own"], "subject": ["1"], "clip": ["a"]}
    clips = pd.DataFrame(names | {"path": str(tmp_path / "frames"), "onset": None, "apex": None, "offset": None})
    place = {"x": box.x - box.side / 2, "y": box.y - box.side / 2, "width": box.side, "height": box.side, "angle": 0.0}
    report = pd.DataFrame(names | {"onset": 3, "apex": 5, "apex_from": "spotted"} | place | {"problem": None})
    table = pd.DataFrame({"subject": ["1"], "clip": ["a"], "frame": [3], "role": ["onset"]})
    write_images(tmp_path / "crops.h5", np.zeros((1, 16, 16, 3), np.uint8), table, {})
    report[["x", "y"]] += [6.0, 0.0]
    fixed, tracked = (
        view_clips(clips, report, tmp_path / "crops.h5", 0.1, curves=True, is_tracked=is_tracked)[0].curve
        for is_tracked in (False, True)
    )
    assert tracked.index.tolist() == fixed.index.tolist() == list(range(8))
    assert tracked.max() < fixed.max() / 2
