"""What a writer writes, the adapter of the same layout lists: names, emotions and the very frames."""

import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mie_x_lib.corpora import list_clips
from mie_x_lib.corpora.frame_folder import frame_files
from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.corpora.simulated.writers import WRITERS, write_casme2, write_oulu, write_videos
from mie_x_lib.terms import EMOTION_LABELS, LABEL_NAMES
from tests.videos import decode

pytestmark = pytest.mark.slow

MICRO = ("casme2", "casme2_raw", "casme2_cropped", "samm", "mmew", "videos")
MACRO = ("mmew_macro", "ckplus", "oulu", "oulu_dark")
# A writer, with what it is to write, and the options of the adapter.
WRITTEN = {
    "casme2_raw": partial(write_casme2, release="raw"),
    "casme2_cropped": partial(write_casme2, release="cropped"),
    "oulu_dark": partial(write_oulu, camera="NI", light="Dark"),
}
OPTIONS = {
    "casme2": {"release": "avi"},
    "casme2_raw": {"release": "raw"},
    "casme2_cropped": {"release": "cropped"},
    "mmew_macro": {"part": "macro"},
    "oulu_dark": {"camera": "NI", "light": "Dark"},
}
STEP = 20


def simulate(subject, number, emotion, onset=1, apex=3, offset=5, length=7):
    """A clip whose frame i is evenly grey at STEP * (i + 1), so that a decoded frame tells its index."""
    frames = np.repeat(np.arange(1, length + 1, dtype=np.uint8) * STEP, 16 * 16 * 3).reshape(length, 16, 16, 3)
    aus = np.zeros((length, 17), np.float32)
    return SimulatedClip(subject, number, emotion, frames, onset, apex, offset, 100.0, aus)


def decoded_index(path, position):
    """Index of the simulated frame that lies at `position` of a listed clip."""
    path = Path(path)
    if path.is_dir():
        path = frame_files(path)[position]
    video = cv2.VideoCapture(str(path))
    for _ in range(position if path.suffix in (".avi", ".mp4") else 0):
        assert video.grab()
    read, frame = video.read()
    assert read
    return round(frame.mean() / STEP) - 1


def write(layout, root, clips):
    return (WRITERS | WRITTEN)[layout](root, clips)


def list_written(layout, root):
    return list_clips(layout.partition("_")[0], root, "name", **OPTIONS.get(layout, {}))


def by_name(table):
    """Rows by (subject, clip), with None for what is empty."""
    table = table.astype(object).where(table.notna(), None)
    return {(row["subject"], row["clip"]): row for row in table.to_dict("records")}


@st.composite
def performances(draw):
    """Arguments of `simulate` for one to three subjects, each emotion at most once a subject, as Oulu-CASIA has it."""
    emotions = ("anger", "disgust", "fear", "happiness", "sadness", "surprise")
    clips = []
    for subject in draw(st.lists(st.integers(1, 99), min_size=1, max_size=3, unique=True)):
        for number, emotion in enumerate(draw(st.lists(st.sampled_from(emotions), min_size=1, unique=True)), start=1):
            onset, apex, offset = sorted(draw(st.lists(st.integers(0, 6), min_size=3, max_size=3)))
            clips.append((subject, number, emotion, onset, apex, offset))
    return clips


@pytest.mark.parametrize("layout", MICRO)
@settings(max_examples=8)
@given(arguments=performances())
def test_micro_layouts_keep_names_emotions_and_frames(layout, arguments):
    clips = [simulate(*each) for each in arguments]
    with tempfile.TemporaryDirectory() as root:
        names = write(layout, Path(root), clips)
        rows = by_name(list_written(layout, root))
        assert sorted(rows) == sorted(names)
        for position, (name, clip) in enumerate(zip(names, clips, strict=True)):
            row = rows[name]
            assert (row["emotion"], row["label"]) == (clip.emotion, EMOTION_LABELS[clip.emotion])
            assert decoded_index(row["path"], row["onset"]) == clip.onset
            assert decoded_index(row["path"], row["offset"]) == clip.offset
            if layout.startswith("casme2") and position % 7 == 6:
                assert row["apex"] is None
            else:
                assert decoded_index(row["path"], row["apex"]) == clip.apex


@pytest.mark.parametrize("layout", MACRO)
@settings(max_examples=8)
@given(arguments=performances())
def test_macro_layouts_run_from_neutral_to_peak(layout, arguments):
    clips = [simulate(*each) for each in arguments]
    with tempfile.TemporaryDirectory() as root:
        names = write(layout, Path(root), clips)
        rows = by_name(list_written(layout, root))
        assert sorted(rows) == sorted(names)
        for name, clip in zip(names, clips, strict=True):
            row = rows[name]
            assert row["emotion"] == clip.emotion
            assert row["fps"] == import_module(f"mie_x_lib.corpora.layouts.{layout.partition('_')[0]}").FPS
            assert (row["onset"], row["apex"], row["offset"]) == (0, clip.apex - clip.onset, clip.apex - clip.onset)
            assert decoded_index(row["path"], 0) == clip.onset
            assert decoded_index(row["path"], row["apex"]) == clip.apex


def test_smic_has_three_emotions_and_no_apex(tmp_path):
    clips = [simulate(1, 1, "fear"), simulate(1, 2, "happiness"), simulate(14, 1, "surprise")]
    names = WRITERS["smic"](tmp_path, clips)
    rows = by_name(list_clips("smic", tmp_path, "smic"))
    assert names == [("s1", "s1_ne_01"), ("s1", "s1_po_02"), ("s14", "s14_sur_01")]
    assert [rows[name]["emotion"] for name in names] == list(LABEL_NAMES)
    for name, clip in zip(names, clips, strict=True):
        assert rows[name]["apex"] is None
        assert decoded_index(rows[name]["path"], rows[name]["onset"]) == clip.onset
        assert decoded_index(rows[name]["path"], rows[name]["offset"]) == clip.offset


def test_ckplus_is_decoded_in_grey_and_in_colour_alike(tmp_path):
    WRITERS["ckplus"](tmp_path, [simulate(5, 1, "anger"), simulate(501, 1, "fear")])
    for path in (tmp_path / "cohn-kanade-images/S005").rglob("*.png"):
        cv2.imwrite(str(path), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
    grey, colour = (decode(path, range(3)) for path in list_clips("ckplus", tmp_path, "ckplus")["path"])
    assert grey.shape == colour.shape == (3, 16, 16, 3)
    np.testing.assert_array_equal(grey, colour)


def test_samm_frames_are_in_order_where_their_numbers_gain_a_digit(tmp_path):
    clip = simulate(subject=1, number=11, emotion="anger", onset=0, apex=4, offset=6)
    WRITERS["samm"](tmp_path, [clip])
    (folder,) = (tmp_path / "SAMM/001").iterdir()
    for path in folder.iterdir():
        number = int(path.stem.split("_")[1]) + 84  # 9913 ... 9919 -> 9997 ... 10003
        path.rename(folder / f"001_{number}.jpg")
    assert [decoded_index(folder, position) for position in range(7)] == list(range(7))


@pytest.mark.parametrize("form", ["avi", "mp4", "frames"])
def test_every_form_of_own_videos_holds_the_annotated_frames(tmp_path, form):
    names = write_videos(tmp_path, [simulate(3, 1, "fear"), simulate(4, 1, "")], form)
    rows = by_name(list_clips("videos", tmp_path, "own"))
    assert [rows[name]["emotion"] for name in names] == ["fear", ""]
    assert rows[names[1]]["label"] is None
    for name in names:
        positions = [rows[name][role] for role in ("onset", "apex", "offset")]
        assert [decoded_index(rows[name]["path"], position) for position in positions] == [1, 3, 5]
        assert rows[name]["fps"] == 100


def test_photographs_are_clips_of_one_frame_sorted_by_name(tmp_path):
    photographs = [simulate(subject, 1, "", 0, 0, 0, length=1) for subject in (12, 3, 100)]
    names = WRITERS["emotionnet"](tmp_path, photographs)
    table = list_clips("emotionnet", tmp_path, "faces")
    assert list(zip(table["subject"], table["clip"], strict=True)) == sorted(names)
    assert (table[["onset", "apex", "offset"]] == 0).all(axis=None)
    assert (table["emotion"] == "").all()
    assert table[["label", "fps"]].isna().all(axis=None)


def test_celeba_lists_every_photograph_with_its_identity(tmp_path):
    photographs = [simulate(subject, 1, "", 0, 0, 0, length=1) for subject in (7, 5, 7, 2, 5)]
    WRITERS["celeba"](tmp_path, photographs)
    table = list_clips("celeba", tmp_path, "celeba")
    assert list(zip(table["subject"], table["clip"], strict=True)) == [
        ("7", "000001"),
        ("5", "000002"),
        ("7", "000003"),
        ("2", "000004"),
        ("5", "000005"),
    ]
    (tmp_path / "identity_CelebA.txt").unlink()
    alone = list_clips("celeba", tmp_path, "celeba", identity_file=False)
    assert list(alone["subject"]) == ["000001", "000002", "000003", "000004", "000005"]


def test_layouts_look_as_the_originals_do(tmp_path):
    clip = simulate(5, 3, "surprise", onset=0, apex=2, offset=3, length=4)
    for layout, writer in WRITERS.items():
        writer(tmp_path / layout, [clip])
    expected = {
        "casme2": "CASME2_compressed/sub05/EP03_04.avi",
        "samm": "SAMM/005/005_1_3/005_02765.jpg",
        "smic": "SMIC_all_raw/HS/s5/micro/surprise/s5_sur_03/image082500.bmp",
        "mmew": "MMEW_Final/Micro_Expression/surprise/S05-02-003/1.jpg",
        "mmew_macro": "MMEW_Final/Macro_Expression/S05/surprise/S05-02-003/3.jpg",
        "ckplus": "cohn-kanade-images/S005/003/S005_003_00000003.png",
        "oulu": "OriginalImg/VL/Strong/P005/Surprise/000.jpeg",
        "emotionnet": "N_0000000005_00003.jpg",
        "celeba": "img_align_celeba/000001.jpg",
        "videos": "005/005_003.avi",
    }
    assert set(expected) == set(WRITERS)
    for layout, path in expected.items():
        assert (tmp_path / layout / path).is_file(), path
    emotion = tmp_path / "ckplus/Emotion/S005/003/S005_003_00000003_emotion.txt"
    assert emotion.read_text() == "   7.0000000e+00\n"
