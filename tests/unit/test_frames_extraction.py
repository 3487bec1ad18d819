import re
import shutil

import cv2
import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from mie_x_lib.corpora import list_clips
from mie_x_lib.corpora.simulated.performances import perform
from mie_x_lib.errors import InputError
from mie_x_lib.frames import clip, cutting, decode
from mie_x_lib.frames.detectors.haar import find_faces
from mie_x_lib.frames.extraction import extract_clips
from mie_x_lib.frames.faces import Face, FaceBox, crop, level_box
from mie_x_lib.frames.tracking import face_patch, windows_from
from mie_x_lib.settings.corpora import Casting
from mie_x_lib.settings.frames import FrameSettings
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES
from mie_x_lib.triplets import macro_pool
from tests.drawn_faces import moved
from tests.videos import change_size, cut_off, damage, film, interlace

pytestmark = pytest.mark.slow

SMALL = FrameSettings(size=48, margin=0.1)
KEEPING = SMALL.model_copy(update={"still_clips": "keep"})
SEED = 31


@pytest.fixture(scope="module")
def played():
    """A micro-expression, drawn."""
    casting = Casting(
        kind="micro", subjects=1, clips_per_subject=1, emotions={"surprise": 1}, peak=(0.3, 0.4), size=120
    )
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
    """A clip table of rows (subject, clip, label, path, onset, apex, offset); the emotions are the labels' names."""
    clips = pd.DataFrame(rows, columns=["subject", "clip", "label", "path", "onset", "apex", "offset"])
    clips.insert(0, "dataset", "samm")
    clips["emotion"] = clips["label"].map(dict(enumerate(LABEL_NAMES)))
    kinds = {"subject": "string", "clip": "string", "path": "string", "emotion": "string"}
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
    assert [(image.shape, image.dtype) for image in images] == [((48, 48, 3), np.uint8)] * 4
    assert crops.columns.tolist() == ["dataset", "subject", "clip", "emotion", "label", "frame", "role", "frames"]
    assert crops["subject"].tolist() == ["006", "006", "007", "007"]
    assert crops["clip"].tolist() == ["a", "a", "c", "c"]
    assert crops["label"].tolist() == [2, 2, -1, -1]
    assert crops["emotion"].tolist() == ["surprise", "surprise", "", ""]
    assert crops["frame"].tolist() == [played.onset, played.apex] * 2
    assert crops["role"].tolist() == ["onset", "apex"] * 2
    # From onset to apex, both of them among these.
    assert crops["frames"].tolist() == [played.apex - played.onset + 1] * 4
    assert report["apex_from"].tolist() == ["annotation", "", "annotation"]


def test_a_clip_without_a_face_is_reported_and_not_cut(clips):
    _, crops, report = extract_clips(clips, "micro", SMALL)
    assert "b" not in set(crops["clip"])
    assert report["clip"].tolist() == ["a", "b", "c"]
    assert report["problem"].tolist() == ["", "no face", ""]
    assert report[["x", "y", "width", "height"]].isna().all(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize(("role", "share"), [("micro", 0.5), ("macro", 0.25)])
def test_a_frame_that_nobody_annotated_must_show_a_face(played, root, tmp_path, role, share):
    half = int(share * len(played.frames))
    shutil.copytree(root / "clip", tmp_path / "cut")
    for index in range(half, len(played.frames)):
        shutil.copy(root / "empty" / "000.png", tmp_path / "cut" / f"{index:03}.png")
    cut = table(("006", "a", 2, str(tmp_path / "cut"), 0, None, len(played.frames) - 1))
    _, crops, report = extract_clips(cut, role, SMALL)
    assert crops.empty
    assert report["problem"].str.fullmatch(r"no face in frame \d+").tolist() == [True]
    assert half <= int(report["problem"].str.extract(r"(\d+)").iloc[0, 0]) < len(played.frames)


@pytest.mark.parametrize("role", ["micro", "macro"])
def test_a_long_clip_of_several_expressions_is_not_cut(played, root, tmp_path, role):
    """Its report names their frames; listed with onset and offset, each is a clip of its own."""
    rest, once = [played.onset] * 40, list(range(played.onset, played.offset + 1))
    (tmp_path / "long").mkdir()
    for number, frame in enumerate(rest + once + rest + once + rest):
        (tmp_path / "long" / f"{number:03}.png").symlink_to(root / "clip" / f"{frame:03}.png")
    path, starts = str(tmp_path / "long"), [40, 80 + len(once)]
    clips = table(
        ("006", "all", 2, path, None, None, None),
        *[("006", str(start), 2, path, start, None, start + len(once) - 1) for start in starts],
    )
    _, crops, report = extract_clips(clips, role, SMALL)
    apexes = [start + played.apex - played.onset for start in starts]
    problem = report.loc[0, "problem"]
    assert problem.startswith("several expressions")
    np.testing.assert_allclose([int(number) for number in re.findall(r"\d+", problem)], apexes, atol=2)
    assert report.loc[0, "width"] == report.loc[1, "width"]
    assert report.loc[1:, "problem"].tolist() == ["", ""]
    if role == "micro":
        np.testing.assert_allclose(report.loc[1:, "apex"].astype(int), apexes, atol=2)
    assert set(crops["clip"]) == {str(start) for start in starts}


def test_all_crops_of_a_clip_are_cut_at_the_box_of_its_onset(clips, played):
    images, _, report = extract_clips(clips, "micro", SMALL)
    box = find_faces(played.frames[played.onset])[0].box
    np.testing.assert_array_equal(images[0], crop(played.frames[played.onset], box, 0.1, 48))
    np.testing.assert_array_equal(images[1], crop(played.frames[played.apex], box, 0.1, 48))
    assert report.loc[0, "x"] == pytest.approx(box.x - box.side / 2, abs=0.01)
    assert report.loc[0, "y"] == pytest.approx(box.y - box.side / 2, abs=0.01)
    assert report.loc[0, "width"] == report.loc[0, "height"] == pytest.approx(box.side, abs=0.01)


@pytest.mark.parametrize(("onset", "count"), [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, 7), (0, 12), (0, 13), (4, 7)])
def test_a_macro_clip_gives_every_frame_that_the_early_stage_can_take(root, onset, count):
    """The peak need not be the last frame, nor the onset the first."""
    clips = table(("S1", "a", 1, str(root / "clip"), onset, onset + count - 1, 13))
    # Of one or two frames, the early one is the onset.
    _, crops, _ = extract_clips(clips, "macro", KEEPING)
    drawn = {onset + int(count * u) for u in np.linspace(0.25, 0.5, 2000, endpoint=False)}
    assert crops["role"].tolist() == ["onset"] + ["early"] * len(drawn)
    assert crops["frame"].tolist() == [onset, *sorted(drawn)]
    assert (crops["frames"] == count).all()
    aus = crops.assign(**dict.fromkeys(AU_NAMES, 0.5))
    assert macro_pool(aus).weights.sum() == pytest.approx(0.25)


def test_the_peak_of_a_macro_clip_is_its_last_frame_where_none_is_annotated(root, played):
    clips = table(("S1", "a", 1, str(root / "clip"), None, None, None))
    _, crops, report = extract_clips(clips, "macro", SMALL)
    count = len(played.frames)
    assert report.loc[0, ["onset", "apex", "apex_from"]].tolist() == [0, count - 1, "last"]
    assert crops["frame"].max() == (count + 1) // 2 - 1


def test_the_peak_of_a_macro_clip_is_its_offset_where_only_that_is_annotated(root):
    clips = table(("S1", "a", 1, str(root / "clip"), 2, None, 9))
    report = extract_clips(clips, "macro", SMALL).report
    assert report.loc[0, ["onset", "apex", "apex_from"]].tolist() == [2, 9, "last"]


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
    settings = FrameSettings(size=48, missing_apex="middle", still_clips="keep")
    path, count = clips.loc[0, "path"], len(played.frames)
    ends = [(onset, offset) for onset in (0, 1) for offset in (7, 8, 11)]
    middle = table(*[(str(onset), str(offset), 1, path, onset, None, offset) for onset, offset in ends])
    report = extract_clips(pd.concat([middle, table(("1", "a", 1, path, None, None, None))]), "micro", settings).report
    # Frame n // 2 of the n frames from onset to offset, or of all (MiE-X, public code).
    assert report["apex"].tolist() == [onset + (offset - onset + 1) // 2 for onset, offset in ends] + [count // 2]
    assert (report["apex_from"] == "middle").all()
    assert report["onset"].tolist() == [onset for onset, _ in ends] + [0]


def test_of_smic_which_has_no_apex_frame_n_over_2_is_cut(tmp_path, played):
    folder = tmp_path / "SMIC_all_raw/HS/s3/micro/surprise"
    for count in (7, 8):
        (folder / f"s3_sur_0{count}").mkdir(parents=True)
        for index, frame in enumerate(played.frames[:count]):
            picture = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
            assert cv2.imwrite(str(folder / f"s3_sur_0{count}/image{70131 + index:06d}.bmp"), picture)
    settings = KEEPING.model_copy(update={"missing_apex": "middle"})
    images, crops, _ = extract_clips(list_clips("smic", tmp_path, "smic"), "micro", settings)
    assert crops[["clip", "role", "frame"]].to_numpy().tolist() == [
        ["s3_sur_07", "onset", 0],
        ["s3_sur_07", "apex", 3],
        ["s3_sur_08", "onset", 0],
        ["s3_sur_08", "apex", 4],
    ]
    box = find_faces(played.frames[0])[0].box
    for image, frame in zip(images, (0, 3, 0, 4), strict=True):
        np.testing.assert_array_equal(image, crop(played.frames[frame], box, 0.1, 48))


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
    monkeypatch.setattr(clip, "eyes_of", lambda image, face: None)
    images, crops, report = extract_clips(clips[:1], "micro", settings)
    assert (len(images), len(crops)) == (0, 0)
    assert report["problem"].tolist() == ["no eyes"]


def test_the_eyes_of_the_detector_are_used_where_it_has_some(clips, played, monkeypatch):
    landmarks = np.array([(40, 50), (80, 58), (60, 70), (45, 90), (75, 95)], float)
    detectors = {("yunet", "y.onnx"): lambda image, smallest: [Face(FaceBox(60, 60, 70), landmarks)]}
    monkeypatch.setattr(clip, "load_detector", lambda *chosen: detectors[chosen])
    settings = FrameSettings(size=48, detector="yunet", detector_weights="y.onnx", alignment="eyes")
    images, _, report = extract_clips(clips[:1], "micro", settings)
    box = level_box(landmarks[:2])
    np.testing.assert_array_equal(images[0], crop(played.frames[played.onset], box, 0.1, 48))
    assert report.loc[0, "angle"] == pytest.approx(box.angle, abs=0.01)
    assert report.loc[0, "width"] == pytest.approx(box.side, abs=0.01)


@pytest.fixture
def drifting(played, tmp_path):
    """The folder of a clip in which the head drifts by a third of a pixel a frame, from the onset on."""
    rng = np.random.default_rng(0)
    still = played.frames[played.onset]
    for index in range(played.onset + 9):
        shift = 0.3 * max(0, index - played.onset)
        frame = moved(still, (shift, -shift)) + rng.normal(0, 1.5, still.shape)
        picture = cv2.cvtColor(frame.round().clip(0, 255).astype(np.uint8), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(tmp_path / f"{index:03}.png"), picture)
    return tmp_path


@pytest.mark.parametrize(("tracking", "motion"), [("fixed", 2.4), ("tracked", 0.0)])
def test_a_tracked_window_goes_with_the_head_and_a_fixed_one_stays(played, drifting, tracking, motion):
    onset = played.onset
    clips = table(("1", "a", 1, str(drifting), onset, onset + 8, onset + 8))
    settings = FrameSettings(size=96, margin=0.0, tracking=tracking)
    images, crops, report = extract_clips(clips, "training", settings)
    assert crops["frame"].tolist() == list(range(onset + 9))
    box = find_faces(played.frames[onset])[0].box
    # The box of the report is that of the onset, cut at which a picture moves by its shift.
    assert report.loc[0, "width"] == pytest.approx(box.side, rel=0.03)
    grey = [cv2.cvtColor(images[index], cv2.COLOR_RGB2GRAY) for index in (onset, onset + 8)]
    _, moved_by = cv2.findTransformECC(*grey, np.eye(2, 3, dtype=np.float32), cv2.MOTION_TRANSLATION)
    expected = motion * 96 / report.loc[0, "width"]
    np.testing.assert_allclose(moved_by[:, 2], (expected, -expected), atol=0.2)


def test_a_tracked_clip_is_looked_at_all_the_way(played, drifting):
    """The apex alone would lie too far from the onset to be followed."""
    onset = played.onset
    for index in range(onset + 1, onset + 9):
        frame = moved(played.frames[onset], (3.0 * (index - onset), 0))
        cv2.imwrite(str(drifting / f"{index:03}.png"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    clips = table(("1", "a", 1, str(drifting), onset, onset + 8, onset + 8))
    settings = FrameSettings(size=64, margin=0.0, tracking="tracked", still_clips="keep")
    images, _, _ = extract_clips(clips, "micro", settings)
    assert np.abs(images[1].astype(int) - images[0]).mean() < 4


def test_a_tracked_face_that_is_lost_is_reported(played, root, drifting):
    onset = played.onset
    shutil.copy(root / "empty" / "000.png", drifting / f"{onset + 3:03}.png")
    clips = table(("1", "a", 1, str(drifting), onset, onset + 8, onset + 8))
    _, crops, report = extract_clips(clips, "micro", FrameSettings(size=48, tracking="tracked"))
    assert crops.empty
    assert report["problem"].tolist() == [f"the face is lost in frame {onset + 3}"]
    assert report["width"].notna().all()
    assert len(extract_clips(clips, "micro", SMALL).table) == 2


@pytest.fixture
def still(played, tmp_path):
    """The folder of a clip in which nothing moves, filmed by a camera with noise, and compressed."""
    rng = np.random.default_rng(4)
    for index in range(7):
        frame = played.frames[played.onset] + rng.normal(0, 2, played.frames[0].shape)
        picture = cv2.cvtColor(frame.round().clip(0, 255).astype(np.uint8), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(tmp_path / f"{index}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return tmp_path


def test_micro_clips_in_which_nothing_moves_are_left_out_and_told(clips, still, root, played):
    moments = (played.onset, played.apex, played.offset)
    clips = table(
        ("006", "moving", 2, str(root / "clip"), *moments),
        ("006", "one frame", 2, str(root / "clip"), played.apex, played.apex, played.offset),
        ("007", "annotated", 2, str(still), 1, 5, 6),
        ("007", "not annotated", 2, str(still), None, None, None),
        ("007", "photograph", 2, str(still / "0.jpg"), 0, 0, 0),
    )
    told = []
    images, crops, report = extract_clips(clips, "micro", SMALL, told.append)
    assert crops["clip"].tolist() == ["moving"] * 2
    assert len(images) == 2
    assert report["problem"].tolist()[0] == ""
    assert report["problem"].str.startswith("nothing moves between onset (frame ").tolist() == [False] + [True] * 4
    assert report.loc[2, "problem"] == "nothing moves between onset (frame 1) and apex (frame 5)"
    assert report["width"].notna().all()
    assert report.loc[1:, ["onset", "apex"]].notna().all(axis=None)
    assert told == [
        "Warning: 4 of 5 clips of samm left out, in which nothing moves between onset and apex (frames.still_clips): "
        "006 one frame, 007 annotated, 007 not annotated, ..."
    ]


def test_micro_clips_in_which_nothing_moves_can_be_kept(still):
    told = []
    clips = table(("007", "a", 2, str(still), 1, 5, 6), ("007", "b", 2, str(still), 3, 3, 6))
    _, crops, report = extract_clips(clips, "micro", KEEPING, told.append)
    assert crops["frame"].tolist() == [1, 5, 3, 3]
    assert report["problem"].tolist() == ["", ""]
    (line,) = told
    assert line.startswith("Warning: 2 of 2 clips of samm kept, in which nothing moves")


def test_of_macro_clips_the_peak_counts_too(still, played, root):
    """Its early frames may show nothing yet."""
    for index in (5, 6):
        shutil.copy(root / "clip" / f"{played.apex:03}.png", still / f"{index}.png")
        (still / f"{index}.jpg").unlink()
    told = []
    clips = table(("S1", "late", 1, str(still), 0, 6, 6), ("S1", "none", 1, str(still), 0, 4, 4))
    _, crops, report = extract_clips(clips, "macro", SMALL, told.append)
    assert set(crops["clip"]) == {"late"}
    assert report["problem"].tolist() == ["", "nothing moves between onset (frame 0) and apex (frame 4)"]
    assert len(told) == 1


def test_training_and_moving_clips_are_taken_without_a_word(still, root, played):
    told = []
    clips = table(("007", "a", 2, str(still), None, None, None), ("007", "b", 2, str(still / "0.jpg"), 0, 0, 0))
    assert len(extract_clips(clips, "training", SMALL, told.append).images) == 8
    clips = table(("006", "a", 2, str(root / "clip"), played.onset, played.apex, played.offset))
    extract_clips(clips, "micro", SMALL, told.append)
    assert told == []


def test_no_clips_give_empty_tables(clips):
    images, crops, report = extract_clips(clips[:0], "micro", SMALL)
    assert (len(images), len(crops), len(report)) == (0, 0, 0)


@pytest.mark.parametrize("path", ["gone.avi", "a" * 300 + ".avi", "a" * 300])
def test_a_clip_that_cannot_be_read_is_reported_and_counted(clips, path):
    told = []
    clips.loc[0, "path"] = path
    _, crops, report = extract_clips(clips, "micro", SMALL, told.append)
    assert set(crops["clip"]) == {"c"}
    assert "check that the file" in report.loc[0, "problem"]
    assert told == [
        "Warning: 1 of 3 clips of samm left out, which cannot be read: 006 a",
        "Warning: 1 of 3 clips of samm left out, which lack a face, or show several expressions "
        "(results/frames/samm.report.csv): 006 b",
    ]


@pytest.mark.parametrize("kept", ["keep", "leave_out"])
def test_an_interlaced_video_is_unreadable(clips, played, tmp_path, kept):
    """Of its frames OpenCV makes pictures that were never filmed."""
    path = interlace(film(tmp_path / "a.mpg", "mpg2", played.frames), 0)
    told = []
    _, crops, report = extract_clips(
        clips[:1].assign(path=str(path)), "micro", SMALL.model_copy(update={"damaged_clips": kept}), told.append
    )
    assert crops.empty
    assert "is interlaced, which is not read; convert the video" in report.loc[0, "problem"]
    assert told == ["Warning: 1 of 1 clips of samm left out, which cannot be read: 006 a"]


def test_frames_behind_an_interlaced_one_are_never_cut(clips, played, tmp_path):
    path = interlace(film(tmp_path / "a.mpg", "mpg2", played.frames), 5)
    settings = SMALL.model_copy(update={"damaged_clips": "keep"})
    _, crops, report = extract_clips(clips[:1].assign(path=str(path)), "micro", settings)
    assert crops.empty
    assert "was asked for and there are 4" in report.loc[0, "problem"]


def test_an_image_that_cannot_be_read_takes_its_clip_alone(clips, root, tmp_path):
    shutil.copytree(root / "clip", tmp_path / "clip")
    clips.loc[0, "path"] = str(tmp_path / "clip")
    (tmp_path / "clip" / f"{clips.loc[0, 'apex']:03}.png").write_bytes(b"<html>")
    _, crops, report = extract_clips(clips, "micro", SMALL)
    assert set(crops["clip"]) == {"c"}
    assert f"{clips.loc[0, 'apex']:03}.png" in report.loc[0, "problem"]


@pytest.mark.parametrize("role", ["micro", "macro", "training"])
@pytest.mark.parametrize("tracking", ["fixed", "tracked"])
def test_frames_of_two_sizes_are_reported(clips, root, tmp_path, role, tracking):
    """What lies at the box of the onset is another place in a picture of another size."""
    shutil.copytree(root / "clip", tmp_path / "clip")
    for frame in range(int(clips.loc[0, "onset"]) + 1, len(list((tmp_path / "clip").iterdir()))):
        path = str(tmp_path / "clip" / f"{frame:03}.png")
        assert cv2.imwrite(path, cv2.imread(path)[:100, :90])
    clips = clips[:1].assign(path=str(tmp_path / "clip"))
    _, crops, report = extract_clips(clips, role, SMALL.model_copy(update={"tracking": tracking}))
    assert crops.empty
    assert re.search(r"/\d+\.png has 120x120 pixels and .*/\d+\.png has 90x100", report.loc[0, "problem"])


@pytest.fixture
def avi(played, tmp_path):
    return film(tmp_path / "a.avi", "MJPG", played.frames)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (cut_off, r"frame 11 is damaged \(.*\) \(12 of \d+ frames can be decoded\)"),
        (damage, r"frame 11 is damaged \(.*\)"),
        (
            lambda path, frame: change_size(path, frame, np.zeros((32, 40, 3), np.uint8)),
            "frame 11 has 40x32 pixels .*120",
        ),
    ],
)
def test_a_clip_that_needs_damaged_frames_is_left_out_and_told(avi, harm, problem):
    """One whose frames all lie before the damage is cut."""
    harm(avi, 11)
    clips = table(
        ("1", "before", 1, str(avi), 2, 6, 14),
        ("1", "behind", 1, str(avi), 2, 12, 14),
        ("1", "spotted before", 1, str(avi), 2, None, 10),
        ("1", "spotted behind", 1, str(avi), 2, None, None),
    )
    told = []
    _, crops, report = extract_clips(clips, "micro", KEEPING, told.append)
    assert set(crops["clip"]) == {"before", "spotted before"}
    assert [bool(re.match(problem, text)) for text in report["problem"]] == [False, True, False, True]
    (line,) = told
    assert line == (
        "Warning: 2 of 4 clips of samm left out, whose video is damaged (frames.damaged_clips): 1 behind,"
        " 1 spotted behind"
    )
    assert extract_clips(clips[:1], "training", SMALL).report["problem"].str.match(problem).all()


def test_damaged_clips_can_be_kept_as_far_as_their_frames_are_there(avi):
    told = []
    clips = table(("1", "whole", 1, str(cut_off(avi, 11)), None, None, None), ("1", "gone", 1, str(avi), 2, 13, 14))
    settings = KEEPING.model_copy(update={"damaged_clips": "keep"})
    _, crops, report = extract_clips(clips, "micro", settings, told.append)
    assert set(crops["clip"]) == {"whole"}
    assert "frame 13 (counted from 0) was asked for and there are 12" in report.loc[1, "problem"]
    assert told[0].startswith("Warning: 1 of 2 clips of samm left out, which cannot be read: 1 gone")
    assert told[1].startswith("Warning: 2 of 2 clips of samm kept, whose video is damaged")


@pytest.mark.parametrize(("held", "walks"), [(decode.HELD, 1), (0, 3)])
def test_a_video_of_many_clips_is_walked_as_seldom_as_can_be(played, tmp_path, monkeypatch, held, walks):
    """In any order of the table, onset and apex annotated or not.

    Once, or where no second picture can be held, to spot, to cut, and again since two of the clips overlap.
    """
    opened = []
    monkeypatch.setattr(decode, "HELD", held)
    monkeypatch.setattr(decode, "_open_video", lambda path: opened.append(path) or cv2.VideoCapture(str(path)))
    count = len(played.frames)
    path = film(tmp_path / "long.avi", "MJPG", [*played.frames, *played.frames, *played.frames])
    rows = [(str(start), "a", 1, str(path), start, None, start + played.offset) for start in (2 * count, 0, count)]
    clips = table(*rows, ("x", "b", 1, str(path), played.onset, played.apex, played.offset))
    report = extract_clips(clips, "micro", KEEPING).report
    assert report["problem"].tolist() == [""] * 4
    assert report["subject"].tolist() == clips["subject"].tolist()
    assert opened == [path] * walks
    for row in range(4):
        alone = extract_clips(clips[row : row + 1], "micro", KEEPING).report
        pd.testing.assert_frame_equal(alone, report[row : row + 1].reset_index(drop=True))


@pytest.mark.parametrize("role", ["micro", "macro"])
def test_a_face_is_looked_for_and_followed_once(clips, played, monkeypatch, role):
    """Where the frames are looked at first for the apex, or for several expressions, and cut then."""
    looked_in, walks = [], []

    def find(image, smallest):
        looked_in.append(image.shape)
        return find_faces(image, smallest)

    def follow(*arguments):
        walks.append(arguments)
        return windows_from(*arguments)

    monkeypatch.setattr(clip, "load_detector", lambda *chosen: find)
    monkeypatch.setattr(clip, "windows_from", follow)
    settings = SMALL.model_copy(update={"tracking": "tracked"})
    assert extract_clips(clips[:1].assign(apex=pd.NA), role, settings).report["problem"].tolist() == [""]
    assert looked_in.count(played.frames[0].shape) == 1
    assert len(walks) == 1


def test_of_a_macro_clip_only_what_decides_is_measured(root, monkeypatch):
    """The motion of the head between the ends, and whether anything moves up to the first frame in which it does."""
    patches, pairs = [], []
    monkeypatch.setattr(cutting, "face_patch", lambda *of: patches.append(of) or face_patch(*of))
    monkeypatch.setattr(cutting, "moves", lambda *crops: pairs.append(crops) or len(pairs) > 1)
    clips = table(("S1", "a", 1, str(root / "clip"), 0, 12, 12))
    _, crops, report = extract_clips(clips, "macro", SMALL)
    assert report["problem"].tolist() == [""]
    assert len(crops) > 4
    assert (len(patches), len(pairs)) == (2, 2)


def test_an_apex_past_the_end_stops_with_its_path(clips):
    with pytest.raises(InputError, match=r"^samm 006 a: its apex is frame 999, counted from 0, and .*clip has"):
        extract_clips(clips[:1].assign(apex=999, offset=999), "micro", SMALL)


@pytest.mark.parametrize("as_video", [False, True])
@pytest.mark.parametrize("role", ["micro", "macro"])
@pytest.mark.parametrize("moment", ["onset", "apex", "offset"])
def test_no_annotated_frame_may_lie_past_the_end_even_if_it_is_not_cut(clips, played, tmp_path, moment, role, as_video):
    """What is cut would be of other frames than meant: of a macro clip, a share of those up to the peak."""
    count = len(played.frames)
    path = str(film(tmp_path / "a.avi", "MJPG", played.frames)) if as_video else clips.loc[0, "path"]
    clip = clips[:1].assign(path=path, **dict.fromkeys(("onset", "apex", "offset"), pd.NA)).astype({moment: "Int64"})
    settings = KEEPING.model_copy(update={"missing_apex": "middle"})
    assert extract_clips(clip.assign(**{moment: count - 1}), role, settings).report.loc[0, "problem"] == ""
    with pytest.raises(InputError, match=rf"its {moment} is frame {count}, counted from 0, and .* has {count} frames"):
        extract_clips(clip.assign(**{moment: count}), role, settings)


@pytest.mark.parametrize("role", ["micro", "macro"])
def test_an_offset_past_the_end_that_decides_nothing_is_told(clips, played, role):
    """As published sheets have it."""
    told, count = [], len(played.frames)
    assert extract_clips(clips[:1].assign(offset=count - 1), role, KEEPING, told.append).report.loc[0, "problem"] == ""
    assert not told
    assert extract_clips(clips[:1].assign(offset=count), role, KEEPING, told.append).report.loc[0, "problem"] == ""
    assert told[0].startswith("Warning: 1 of 1 clips of samm kept, whose offset lies past their end")


@pytest.mark.parametrize("as_video", [False, True])
def test_training_takes_every_frame_whatever_frames_are_annotated(clips, played, tmp_path, as_video):
    count = len(played.frames)
    path = str(film(tmp_path / "a.avi", "MJPG", played.frames)) if as_video else clips.loc[0, "path"]
    told = []
    found = extract_clips(clips[:1].assign(path=path, apex=999, offset=999), "training", SMALL, told.append)
    assert found.table["frame"].tolist() == list(range(count))
    assert told == []


def test_another_face_beside_the_one_that_is_cut_is_told(clips, root, played, tmp_path):
    (tmp_path / "pair").mkdir()
    for path in sorted((root / "clip").iterdir()):
        frame = cv2.imread(str(path))
        cv2.imwrite(str(tmp_path / "pair" / path.name), np.hstack([frame, cv2.flip(frame, 1)]))
    told = []
    both = pd.concat([clips[:1], clips[:1].assign(clip="pair", path=str(tmp_path / "pair"))], ignore_index=True)
    _, crops, _ = extract_clips(both, "micro", SMALL, told.append)
    assert set(crops["clip"]) == {"a", "pair"}
    (line,) = told
    assert line.startswith("Warning: 1 of 2 clips of samm kept, in whose onset another face is at least half as large")
    assert line.endswith(": 006 pair")


def test_all_clips_with_a_frame_past_the_end_are_told_at_once(clips):
    wrong = pd.concat([clips[:1], clips[:1].assign(clip="other"), clips[:1].assign(clip="right")], ignore_index=True)
    with pytest.raises(InputError, match=r"^2 faults:\n.*frame 998, .*\n.*frame 999, .*; correct onset"):
        extract_clips(wrong.assign(apex=[998, 999, 2], offset=[998, 999, 3]), "micro", SMALL)


@pytest.mark.parametrize(("key", "value"), [("alignment", "nose"), ("tracking", "never"), ("missing_apex", "guess")])
def test_an_unknown_setting_is_refused(key, value):
    with pytest.raises(ValidationError, match=key):
        FrameSettings(**{key: value})


def test_an_unknown_role_is_refused(clips):
    with pytest.raises(InputError, match="role is 'tiny'"):
        extract_clips(clips, "tiny", SMALL)


@pytest.fixture
def shaken(played, tmp_path):
    """The folder of a video in which the head moves aside and back, or turns, and nothing else does."""

    def write(moved_frame):
        rng = np.random.default_rng(1)
        still = played.frames[played.onset]
        for index, way in enumerate([0, 0, 0, 0, 0, 0.5, 1, 1, 0.5, 0, 0, 0, 0, 0]):
            frame = moved_frame(still, way) + rng.normal(0, 1.5, still.shape)
            picture = cv2.cvtColor(frame.round().clip(0, 255).astype(np.uint8), cv2.COLOR_RGB2BGR)
            assert cv2.imwrite(str(tmp_path / f"{index:03}.png"), picture)
        return str(tmp_path)

    return write


MOTIONS = {
    "the head moves": lambda still, way: moved(still, (4 * way, 2 * way)),
    "the head tilts": lambda still, way: moved(still, (0, 0), degrees=7 * way),
    "the camera comes nearer": lambda still, way: moved(still, (0, 0), 1 + 0.1 * way),
}


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_head_that_moves_is_no_expression_of_a_whole_video(shaken, motion):
    path = shaken(MOTIONS[motion])
    told = []
    clips = table(("1", "whole", 1, path, None, None, None), ("1", "annotated", 1, path, 1, 6, 12))
    _, crops, report = extract_clips(clips, "micro", SMALL, told.append)
    assert set(crops["clip"]) == {"annotated"}, report["problem"].tolist()
    assert re.match(r"the head moves by .*% of the face between onset .* and the apex", report.loc[0, "problem"])
    assert not report["motion"].le(0.02).any()
    assert [line.split(", whose head")[0] for line in told] == [
        "Warning: 1 of 2 clips of samm left out",
        "Warning: 1 of 2 clips of samm kept",
    ]
    kept = KEEPING.model_copy(update={"largest_motion": 1.0})
    assert set(extract_clips(clips, "micro", kept).table["clip"]) == {"whole", "annotated"}


@pytest.mark.parametrize(
    ("role", "missing_apex", "moments", "is_cut"),
    [
        ("micro", "middle", (None, None, None), False),
        ("micro", "middle", (1, None, None), False),
        ("micro", "middle", (None, None, 13), False),
        # SMIC has no apexes, and clips that are cut to the expression.
        ("micro", "middle", (0, None, 13), True),
        ("macro", "spot", (None, None, None), False),
        ("macro", "spot", (0, 13, 13), True),
    ],
)
def test_a_head_that_moves_is_no_expression_either_where_the_apex_is_not_spotted(
    shaken, role, missing_apex, moments, is_cut
):
    clips = table(("1", "a", 1, shaken(lambda still, way: moved(still, (6 * way, 3 * way))), *moments))
    settings = KEEPING.model_copy(update={"missing_apex": missing_apex})
    _, crops, report = extract_clips(clips, role, settings)
    assert crops.empty != is_cut
    problem = r"the head moves by .* between onset \(frame \d\) and the apex, which is taken to be the (middle|last) \("
    assert bool(re.match(problem, report.loc[0, "problem"])) != is_cut


def test_a_face_that_is_gone_in_the_middle_of_a_whole_video_is_told(played, tmp_path):
    for index, frame in enumerate(played.frames):
        picture = frame if index < 3 else np.full_like(frame, 90)
        assert cv2.imwrite(str(tmp_path / f"{index:03}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    settings = KEEPING.model_copy(update={"missing_apex": "middle", "largest_motion": 1.0})
    report = extract_clips(table(("1", "a", 1, str(tmp_path), None, None, None)), "micro", settings).report
    assert report["problem"].tolist() == [f"no face in frame {len(played.frames) // 2}"]


@pytest.mark.parametrize("role", ["micro", "macro"])
@pytest.mark.parametrize(("tracking", "problem"), [("fixed", "no face in"), ("tracked", "the face is lost in")])
def test_an_annotated_apex_without_a_face_is_told_and_not_cut(played, tmp_path, role, tracking, problem):
    """As where the number of the apex is another video's."""
    for index, frame in enumerate(played.frames):
        picture = frame if index < played.onset + 2 else np.full_like(frame, 90)
        assert cv2.imwrite(str(tmp_path / f"{index:03}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    clips = table(("1", "a", 1, str(tmp_path), played.onset, played.offset, played.offset))
    _, crops, report = extract_clips(clips, role, KEEPING.model_copy(update={"tracking": tracking}))
    assert re.fullmatch(rf"{problem} frame \d+", report.loc[0, "problem"])
    assert crops.empty


@pytest.mark.parametrize("motion", MOTIONS)
def test_of_a_tracked_video_in_which_the_head_alone_moves_nothing_is_left(shaken, motion):
    path = shaken(MOTIONS[motion])
    settings = KEEPING.model_copy(update={"tracking": "tracked"})
    report = extract_clips(table(("1", "a", 1, path, 1, 6, 12)), "micro", settings).report
    assert report["problem"].tolist() == [""]
    assert report.loc[0, "motion"] < 0.004


def test_an_apex_is_spotted_on_tracked_crops(played, tmp_path):
    """The head wanders by a third of the face meanwhile, which a window that stays would take for the apex."""
    for index, frame in enumerate(played.frames):
        picture = moved(frame, (1.5 * index, 0.5 * index))
        assert cv2.imwrite(str(tmp_path / f"{index:03}.png"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    clips = table(("1", "a", 1, str(tmp_path), played.onset, None, played.offset))
    report = extract_clips(clips, "micro", SMALL.model_copy(update={"tracking": "tracked"})).report
    assert report["problem"].tolist() == [""]
    assert abs(report.loc[0, "apex"] - played.apex) <= 2


def test_frames_before_the_onset_are_tracked_from_the_onset_back(played, drifting):
    """Seen from the first frame, the head would be elsewhere."""
    for index in range(9):
        frame = moved(played.frames[played.onset], (4.0 * (8 - index), 0))
        assert cv2.imwrite(str(drifting / f"{index:03}.png"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    for index in range(9, played.onset + 9):
        (drifting / f"{index:03}.png").unlink(missing_ok=True)
    settings = FrameSettings(size=64, margin=0.0, tracking="tracked")
    images, crops, report = extract_clips(table(("1", "a", 1, str(drifting), 8, 8, 8)), "training", settings)
    assert report["problem"].tolist() == [""]
    assert crops["frame"].tolist() == list(range(9))
    assert max(np.abs(image.astype(int) - images[8]).mean() for image in images) < 4


@pytest.mark.parametrize("role", ["micro", "macro", "training"])
def test_a_jpeg_that_is_damaged_inside_is_unreadable(played, tmp_path, role):
    for index, frame in enumerate(played.frames):
        assert cv2.imwrite(str(tmp_path / f"{index:03}.jpg"), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    clips = table(("1", "a", 1, str(tmp_path), played.onset, played.apex, played.offset))
    assert extract_clips(clips, role, KEEPING).report["problem"].tolist() == [""]
    path = tmp_path / f"{played.onset:03}.jpg"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = np.random.default_rng(0).bytes(400)
    path.write_bytes(data)
    told = []
    report = extract_clips(clips, role, KEEPING, told.append).report
    assert re.search(rf"{path.name}: is damaged \(Corrupt JPEG data: .*\); copy it again", report.loc[0, "problem"])
    assert told == ["Warning: 1 of 1 clips of samm left out, which cannot be read: 1 a"]
