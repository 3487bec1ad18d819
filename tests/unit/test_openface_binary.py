import stat
from contextlib import nullcontext

import numpy as np
import pytest

from mie_x_lib import action_units
from mie_x_lib.action_units import openface_binary
from mie_x_lib.action_units.openface_binary import measure_clips
from mie_x_lib.errors import InputError
from tests import fake_openface
from tests.fake_openface import clip_table, first_unit


@pytest.fixture
def binary(tmp_path):
    return fake_openface.install(tmp_path / "bin")


def frames(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_static_models_measure_where_they_are_asked_for(tmp_path, binary):
    folder = frames(tmp_path / "disk", "video5.avi", "portrait8.jpg")
    clips = clip_table(a=frames(tmp_path / "clip", "3.png"), b=folder / "video5.avi", c=folder / "portrait8.jpg")
    for static, more in ((False, 0.0), (True, 0.05)):
        measure_clips(clips, binary, tmp_path / f"{static}", static=static)
        assert first_unit(tmp_path / f"{static}", a=0, b=0, c=0) == pytest.approx([0.3 + more, 0.5 + more, 0.8])


def test_frames_are_measured_in_the_order_of_their_numbers(tmp_path, binary):
    path = frames(tmp_path / "clip", *(f"{number}.jpg" for number in range(1, 13)))
    measure_clips(clip_table(a=path), binary, tmp_path / "measured")
    # In the order of the alphabet 10.jpg comes second.
    assert first_unit(tmp_path / "measured", a=1) == pytest.approx(0.2)
    assert first_unit(tmp_path / "measured", a=9) == pytest.approx(1.0)


@pytest.mark.parametrize("suffix", [".JPG", ".bmp", ".tif"])
def test_openface_sees_frames_of_every_suffix(tmp_path, binary, suffix):
    path = frames(tmp_path / "clip", f"img6{suffix}", f"img7{suffix}")
    measure_clips(clip_table(a=path), binary, tmp_path / "measured")
    assert first_unit(tmp_path / "measured", a=1) == pytest.approx(0.7)


def test_videos_frames_and_photographs_each_go_to_their_program(tmp_path, binary):
    folder = frames(tmp_path / "disk", "video5.avi", "portrait8.JPG", "faceless9.jpg", "portrait11.png")
    clips = clip_table(
        **{"a.b": folder / "video5.avi"},
        c=frames(tmp_path / "clip", "3.png"),
        d=folder / "portrait8.JPG",
        e=folder / "faceless9.jpg",
        f=folder / "portrait11.png",
    )
    measured = tmp_path / "measured"
    measure_clips(clips, binary, measured, threads=3)
    found = first_unit(measured, **{"a.b": 0}, c=0, d=0, e=0, f=0)
    np.testing.assert_allclose(found, [0.5, 0.3, 0.8, np.nan, 1.1], rtol=1e-6)
    assert sorted(path.name for path in measured.rglob("*.csv")) == ["a.b.csv", "c.csv", "d.csv", "f.csv"]


def test_a_video_of_several_clips_is_measured_once(tmp_path, binary, monkeypatch):
    runs = []
    run = openface_binary.subprocess.run
    monkeypatch.setattr(
        openface_binary.subprocess, "run", lambda *args, **options: runs.append(args) or run(*args, **options)
    )
    video = frames(tmp_path / "disk", "video5.avi") / "video5.avi"
    clips = clip_table(a=video, b=video, c=video).assign(subject=["a b", "a b", "S02"])
    measure_clips(clips, binary, tmp_path / "measured")
    assert len(runs) == 1
    # And found again where the folder has gone meanwhile.
    (tmp_path / "measured").rename(tmp_path / "moved")
    assert first_unit(tmp_path / "moved", a=0, b=0) == pytest.approx([0.5, 0.5])
    assert (tmp_path / "moved/S02/c.csv").read_text() == (tmp_path / "moved/a b/a.csv").read_text()


def test_many_photographs_take_several_runs(tmp_path, binary, monkeypatch):
    monkeypatch.setattr("mie_x_lib.action_units.openface_binary.PHOTOGRAPHS_A_RUN", 2)
    folder = frames(tmp_path / "disk", *(f"p{number}.jpg" for number in range(5)))
    measure_clips(clip_table(**{f"p{n}": folder / f"p{n}.jpg" for n in range(5)}), binary, tmp_path / "measured")
    found = first_unit(tmp_path / "measured", **{f"p{n}": 0 for n in range(5)})
    np.testing.assert_allclose(found, 0.1 * np.arange(5), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken1.avi", r"FeatureExtraction failed on .*broken1\.avi \(exit code 1\): .*Could not open the image"),
        ("unreadable1.avi", r"FeatureExtraction failed on .*unreadable1\.avi \(it wrote no CSV\): Failed to open"),
        ("broken1.jpg", r"FaceLandmarkImg failed on photographs .*broken1\.jpg .*: .*Could not open the image"),
    ],
)
def test_a_clip_that_fails_is_named_with_what_was_said_and_nothing_is_left(tmp_path, binary, name, said):
    folder = frames(tmp_path / "disk", "video1.avi", name)
    clips = clip_table(a=folder / "video1.avi", b=folder / name)
    with pytest.raises(InputError, match=said) as caught:
        measure_clips(clips, binary, tmp_path / "results/measured")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "results").iterdir()) == []


def test_what_was_measured_before_is_replaced(tmp_path, binary):
    folder = frames(tmp_path / "disk", "video1.avi")
    frames(tmp_path / "measured/a b", "old.csv")
    measure_clips(clip_table(a=folder / "video1.avi"), binary, tmp_path / "measured")
    assert [path.name for path in (tmp_path / "measured/a b").iterdir()] == ["a.csv"]


def test_a_program_that_cannot_be_run_is_named(tmp_path, binary):
    clips = clip_table(a=frames(tmp_path / "disk", "video1.avi") / "video1.avi")
    with pytest.raises(InputError, match=r"Extractor: cannot be run \(No such file.*action_units\.openface\.binary"):
        measure_clips(clips, tmp_path / "Extractor", tmp_path / "measured")
    binary.chmod(stat.S_IRUSR)
    with pytest.raises(InputError, match=r"FeatureExtraction: cannot be run \(Permission denied"):
        measure_clips(clips, binary, tmp_path / "measured")


def grey_pictures(*levels):
    """Pictures of 34 pixels, all of one grey each."""
    return np.repeat(np.array(levels, np.uint8), 34 * 34 * 3).reshape(-1, 34, 34, 3)


@pytest.mark.slow
def test_renders_are_measured_in_their_order_and_one_without_a_face_has_no_action_units(binary, monkeypatch):
    monkeypatch.setattr("mie_x_lib.action_units.openface_binary.PHOTOGRAPHS_A_RUN", 2)
    found = action_units.estimate("openface", grey_pictures(51, 0, 102, 255, 0), binary=binary)
    assert found.shape == (5, 17)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[:, 3], [0.2, np.nan, 0.4, 1, np.nan], atol=1e-3)
    assert np.isnan(action_units.estimate("openface", grey_pictures(0), binary=binary)).all()
    assert action_units.estimate("openface", grey_pictures(), binary=binary).shape == (0, 17)


def test_a_render_reaches_openface_as_it_is(binary):
    picture = np.zeros((34, 34, 3), np.uint8)
    # Red on the left half: as blue it would be a grey of 0.114.
    picture[:, :16, 0] = 255
    (found,) = action_units.estimate("openface", picture[None], binary=binary)
    np.testing.assert_allclose(found[[0, 7, 8, 16]], [0.299, 0.299, 0, 0], atol=0.01)


@pytest.mark.parametrize(
    ("low_confidence", "is_kept"), [("leave_out", 0), ("interpolate", 0), ("error", 0), ("keep", 1)]
)
def test_a_render_of_which_openface_is_not_sure_has_no_action_units_unless_they_are_kept(
    binary, low_confidence, is_kept
):
    options = {"binary": binary, "min_confidence": 0.99, "low_confidence": low_confidence}
    assert np.isfinite(action_units.estimate("openface", grey_pictures(51), **options)).all() == is_kept


def test_a_missing_program_for_renders_is_named(binary):
    binary.with_name("FaceLandmarkImg").unlink()
    with pytest.raises(InputError, match=r"FaceLandmarkImg: cannot be run.*action_units\.openface\.binary"):
        action_units.estimate("openface", grey_pictures(51), binary=binary)


def test_a_picture_that_cannot_be_written_is_none_without_a_face(tmp_path, binary, monkeypatch):
    (tmp_path / "scratch/00000000.png").mkdir(parents=True)
    monkeypatch.setattr(openface_binary, "TemporaryDirectory", lambda: nullcontext(tmp_path / "scratch"))
    with pytest.raises(IsADirectoryError):
        openface_binary.measure_pictures(np.zeros((1, 8, 8, 3), np.uint8), binary, tmp_path / "measured")
