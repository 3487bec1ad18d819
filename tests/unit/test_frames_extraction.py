import shutil

import cv2
import numpy as np
import pandas as pd
import pytest

from mie_x_lib.corpora.simulated.performances import Casting, perform
from mie_x_lib.errors import InputError
from mie_x_lib.frames import extraction
from mie_x_lib.frames.extraction import FrameSettings, extract_clips, extract_identities
from mie_x_lib.frames.faces import crop, face_box

SMALL = FrameSettings(size=48, margin=0.1)
SEED = 31


@pytest.fixture(scope="module")
def played():
    """A micro-expression, drawn."""
    casting = Casting("micro", 1, 1, {"surprise": 1}, peak=(0.3, 0.4), size=120)
    return next(perform(1, casting, np.random.default_rng(SEED)))


@pytest.fixture(scope="module")
def root(played, tmp_path_factory):
    """Folders `clip` (the micro-expression) and `empty` (no face), and a photograph of each."""
    root = tmp_path_factory.mktemp("corpus")
    for name, frames in (("clip", played.frames), ("empty", np.full_like(played.frames, 120))):
        (root / name).mkdir()
        for index, frame in enumerate(frames):
            cv2.imwrite(str(root / name / f"{index:03}.png"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
        shutil.copy(root / name / "000.png", root / f"{name}.png")
    return root


def table(*rows):
    """A clip table of rows (subject, clip, label, path, onset, apex, offset)."""
    clips = pd.DataFrame(rows, columns=["subject", "clip", "label", "path", "onset", "apex", "offset"])
    clips.insert(0, "dataset", "samm")
    kinds = {"subject": "string", "clip": "string", "path": "string"}
    return clips.astype(kinds | dict.fromkeys(["label", "onset", "apex", "offset"], "Int64"))


@pytest.fixture
def clips(root, played):
    moments = (played.onset, played.apex, played.offset)
    return table(
        ("006", "a", 2, str(root / "clip"), *moments),
        ("006", "b", 0, str(root / "empty"), *moments),
        ("007", "c", None, str(root / "clip"), *moments),
    )


def test_a_micro_clip_gives_onset_and_apex(clips, played):
    images, crops, report = extract_clips(clips, "micro", SMALL)
    assert images.shape == (4, 48, 48, 3)
    assert images.dtype == np.uint8
    assert crops.columns.tolist() == ["dataset", "subject", "clip", "label", "frame", "role"]
    assert crops["subject"].tolist() == ["006", "006", "007", "007"]
    assert crops["clip"].tolist() == ["a", "a", "c", "c"]
    assert crops["label"].tolist() == [2, 2, -1, -1]
    assert crops["frame"].tolist() == [played.onset, played.apex] * 2
    assert crops["role"].tolist() == ["onset", "apex"] * 2
    assert report["apex_from"].tolist() == ["annotation", "", "annotation"]


def test_a_clip_without_a_face_is_reported_and_not_cut(clips):
    _, crops, report = extract_clips(clips, "micro", SMALL)
    assert "b" not in set(crops["clip"])
    assert report["clip"].tolist() == ["a", "b", "c"]
    assert report["problem"].tolist() == ["", "no face", ""]
    assert report[["x", "y", "width", "height"]].isna().all(axis=1).tolist() == [False, True, False]


def test_a_spotted_apex_must_show_a_face(played, root, tmp_path):
    half = len(played.frames) // 2
    shutil.copytree(root / "clip", tmp_path / "cut")
    for index in range(half, len(played.frames)):
        shutil.copy(root / "empty" / "000.png", tmp_path / "cut" / f"{index:03}.png")
    cut = table(("006", "a", 2, str(tmp_path / "cut"), 0, None, len(played.frames) - 1))
    _, crops, report = extract_clips(cut, "micro", SMALL)
    assert crops.empty
    assert report["problem"].tolist() == ["no face at the spotted apex"]


def test_all_crops_of_a_clip_are_cut_at_the_box_of_its_onset(clips, played):
    images, _, report = extract_clips(clips, "micro", SMALL)
    box = face_box(played.frames[played.onset])
    np.testing.assert_array_equal(images[0], crop(played.frames[played.onset], box, 0.1, 48))
    np.testing.assert_array_equal(images[1], crop(played.frames[played.apex], box, 0.1, 48))
    assert report.loc[0, "x"] == pytest.approx(box.x - box.side / 2, abs=0.01)
    assert report.loc[0, "width"] == report.loc[0, "height"] == pytest.approx(box.side, abs=0.01)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 12, 13])
def test_a_macro_clip_gives_every_frame_that_the_early_stage_can_take(root, count):
    clips = table(("S1", "a", 1, str(root / "clip"), 0, count - 1, count - 1))
    _, crops, _ = extract_clips(clips, "macro", SMALL)
    drawn = {int(count * u) for u in np.linspace(0.25, 0.5, 2000, endpoint=False)}
    assert crops["role"].tolist() == ["onset"] + ["early"] * len(drawn)
    assert crops["frame"].tolist() == [0, *sorted(drawn)]


def test_the_peak_of_a_macro_clip_is_its_last_frame_where_none_is_annotated(root, played):
    clips = table(("S1", "a", 1, str(root / "clip"), None, None, None))
    _, crops, report = extract_clips(clips, "macro", SMALL)
    count = len(played.frames)
    assert report.loc[0, ["onset", "apex", "apex_from"]].tolist() == [0, count - 1, "last"]
    assert crops["frame"].max() == (count + 1) // 2 - 1


def test_training_gives_every_frame(clips, played):
    images, crops, _ = extract_clips(clips[:1], "training", SMALL)
    assert crops["frame"].tolist() == list(range(len(played.frames)))
    assert set(crops["role"]) == {"frame"}
    assert len(images) == len(played.frames)


def test_a_missing_apex_is_spotted(clips, played):
    report = extract_clips(clips.assign(apex=pd.NA), "micro", SMALL).report
    assert report["apex_from"].tolist() == ["spotted", "", "spotted"]
    assert abs(report.loc[0, "apex"] - played.apex) <= 2


def test_a_missing_apex_can_be_the_middle(clips, played):
    settings = FrameSettings(size=48, missing_apex="middle")
    report = extract_clips(clips[:1].assign(apex=pd.NA), "micro", settings).report
    assert report.loc[0, "apex"] == (played.onset + played.offset) // 2
    assert report.loc[0, "apex_from"] == "middle"
    whole = table(("1", "a", 1, clips.loc[0, "path"], None, None, None))
    report = extract_clips(whole, "micro", settings).report
    assert report.loc[0, ["onset", "apex"]].tolist() == [0, (len(played.frames) - 1) // 2]


def test_a_missing_apex_can_be_refused(clips):
    with pytest.raises(InputError, match=r"samm 006 a.*apex"):
        extract_clips(clips.assign(apex=pd.NA), "micro", FrameSettings(missing_apex="error"))


def test_a_missing_onset_is_spotted(clips, played):
    report = extract_clips(clips[:1].assign(onset=pd.NA), "micro", SMALL).report
    assert abs(report.loc[0, "onset"] - played.onset) <= 3
    assert report.loc[0, ["apex", "apex_from"]].tolist() == [played.apex, "annotation"]


def test_threads_do_not_change_the_result(clips):
    one = extract_clips(clips, "micro", SMALL)
    three = extract_clips(clips, "micro", FrameSettings(size=48, margin=0.1, threads=3))
    np.testing.assert_array_equal(one.images, three.images)
    pd.testing.assert_frame_equal(one.table, three.table)
    pd.testing.assert_frame_equal(one.report, three.report)


def test_eyes_that_are_not_found_are_reported(clips, monkeypatch):
    settings = FrameSettings(size=48, alignment="eyes")
    found = extract_clips(clips[:1], "micro", settings)
    assert found.report["problem"].tolist() == [""]
    monkeypatch.setattr(extraction, "level_box", lambda image, box: None)
    images, crops, report = extract_clips(clips[:1], "micro", settings)
    assert (len(images), len(crops)) == (0, 0)
    assert report["problem"].tolist() == ["no eyes"]


def test_photographs_keep_their_numbers_when_one_has_no_face(root):
    one_image = (0, 0, 0)
    photographs = table(
        ("x1", "p1", None, str(root / "clip.png"), *one_image),
        ("x2", "p2", None, str(root / "empty.png"), *one_image),
        ("x3", "p3", None, str(root / "clip.png"), *one_image),
    )
    images, crops, report = extract_identities(photographs, 240, SMALL)
    assert images.shape == (2, 48, 48, 3)
    assert crops.columns.tolist() == ["dataset", "identity", "clip", "number"]
    assert crops["identity"].tolist() == ["x1", "x3"]
    assert crops["number"].tolist() == [240, 242]
    assert report["problem"].tolist() == ["", "no face", ""]


def test_no_clips_give_empty_tables(clips):
    images, crops, report = extract_clips(clips[:0], "micro", SMALL)
    assert images.shape == (0, 48, 48, 3)
    assert (len(crops), len(report)) == (0, 0)


def test_an_unreadable_clip_stops_with_its_path(clips):
    with pytest.raises(InputError, match="gone"):
        extract_clips(clips[:1].assign(path="gone.avi"), "micro", SMALL)


def test_an_apex_past_the_end_stops_with_its_path(clips):
    with pytest.raises(InputError, match="clip: frame 999"):
        extract_clips(clips[:1].assign(apex=999, offset=999), "micro", SMALL)


@pytest.mark.parametrize(("key", "value"), [("alignment", "nose"), ("missing_apex", "guess")])
def test_an_unknown_setting_is_refused(key, value):
    with pytest.raises(InputError, match=f"{key} is '{value}'"):
        FrameSettings(**{key: value})


def test_an_unknown_role_is_refused(clips):
    with pytest.raises(InputError, match="role is 'tiny'"):
        extract_clips(clips, "tiny", SMALL)
