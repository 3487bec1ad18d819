import inspect
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mie_x_lib import action_units, plugins
from mie_x_lib.action_units.sources import openface, pyfeat
from mie_x_lib.errors import InputError
from mie_x_lib.settings.action_units import OpenFace
from mie_x_lib.terms import AU_NAMES

pytestmark = pytest.mark.slow

CROPS = pd.DataFrame({"dataset": "samm", "subject": ["006", "006", "007"], "clip": ["a", "a", "b"], "frame": [0, 2, 1]})


def openface_table(frames, **columns):
    """What OpenFace writes for a clip: AU01_r is a tenth of the frame number, and each further unit 0.2 more."""
    table = pd.DataFrame({"frame": frames, "face_id": 0, "confidence": 0.98, "success": 1})
    for index, au in enumerate(AU_NAMES):
        table[f"{au}_r"] = 0.1 * table["frame"] + 0.2 * index
        table[f"{au}_c"] = 1.0
    return table.assign(**columns)


def write(root, name, table, comma=", "):
    """As OpenFace does: some releases put a space after each comma."""
    lines = [comma.join(map(str, row)) for row in [table.columns, *table.itertuples(index=False)]]
    (root / name).write_text("\n".join(lines) + "\n")


@pytest.fixture
def measured(tmp_path):
    write(tmp_path, "006_a.csv", openface_table(range(1, 5)))
    write(tmp_path, "007_b.csv", openface_table(range(1, 4)))
    return tmp_path


def clips_of(crops):
    """The clip table of crops, each clip of a video of its own that lies nowhere."""
    clips = crops[["dataset", "subject", "clip"]].drop_duplicates()
    return clips.assign(path=clips["subject"] + "/" + clips["clip"] + ".avi")


def read(root, crops=CROPS, **options):
    return openface.read(crops, clips_of(crops), files=f"{root}/{{subject}}_{{clip}}.csv", **options)


def test_openface_frames_count_from_one_and_intensities_to_five(measured):
    aus = read(measured)
    assert aus.dtype == np.float32
    expected = (0.1 * np.array([[1], [3], [2]]) + 0.2 * np.arange(17)) / 5
    np.testing.assert_allclose(aus, expected, rtol=1e-6)


def test_openface_rows_come_in_the_order_of_the_crops(measured):
    order = [2, 0, 1]
    np.testing.assert_array_equal(read(measured, CROPS.iloc[order]), read(measured)[order])


@pytest.mark.parametrize("comma", [",", ", ", " , "])
def test_spaces_beside_commas_mean_nothing(measured, comma):
    expected = read(measured)
    write(measured, "006_a.csv", openface_table(range(1, 5)), comma)
    write(measured, "007_b.csv", openface_table(range(1, 4)), comma)
    np.testing.assert_array_equal(read(measured), expected)


DISTRUSTED = [
    {"confidence": [0.9, 0.6, 0.9, 0.9]},
    {"success": [1, 0, 1, 1]},
    {"confidence": [0.9, 0.1, 0.9, 0.9], "success": [1, 0, 1, 1]},
    # What OpenFace writes where it failed is not always a number.
    {"confidence": [0.9, 0.0, 0.9, 0.9], "AU02_r": [0.1, "-nan(ind)", 0.3, 0.7]},
]
# Frames 0 and 2 are trusted, 1 is not; AU01_r is a tenth of the number in the file, which counts from 1.
ONE_CLIP = CROPS.iloc[[0, 0, 0]].assign(frame=[0, 1, 2])


@pytest.mark.parametrize("columns", DISTRUSTED)
def test_frames_of_little_confidence_are_left_out_unless_asked_otherwise(measured, columns):
    write(measured, "006_a.csv", openface_table(range(1, 5), **columns))
    for options in ({}, {"low_confidence": "leave_out"}):
        aus = read(measured, ONE_CLIP, **options)
        assert np.isnan(aus).all(axis=1).tolist() == [False, True, False]
        np.testing.assert_allclose(aus[[0, 2], 0], [0.1 / 5, 0.3 / 5], rtol=1e-6)


def test_the_least_confidence_is_an_option(measured):
    write(measured, "006_a.csv", openface_table(range(1, 5), confidence=[0.9, 0.6, 0.9, 0.9]))
    assert not np.isnan(read(measured, ONE_CLIP, min_confidence=0.6)).any()


@pytest.mark.parametrize("columns", DISTRUSTED)
def test_frames_of_little_confidence_can_be_interpolated_over_time(measured, columns):
    table = openface_table([1, 2, 5, 6], **columns).assign(AU01_r=[1.0, 5.0, 2.0, 2.0], timestamp=[0, 0.1, 0.4, 0.5])
    write(measured, "006_a.csv", table)
    aus = read(measured, ONE_CLIP.assign(frame=[0, 1, 4]), low_confidence="interpolate")
    np.testing.assert_allclose(5 * aus[:, 0], [1.0, 1.25, 2.0], rtol=1e-6)


def test_nothing_is_extrapolated(measured):
    write(measured, "006_a.csv", openface_table(range(1, 5), confidence=[0.1, 0.9, 0.9, 0.1]))
    aus = read(measured, ONE_CLIP.assign(frame=[0, 1, 3]), low_confidence="interpolate")
    assert np.isnan(aus).all(axis=1).tolist() == [True, False, True]


@pytest.mark.parametrize("columns", DISTRUSTED[:3])
def test_frames_of_little_confidence_can_be_kept(measured, columns):
    expected = read(measured, ONE_CLIP)
    write(measured, "006_a.csv", openface_table(range(1, 5), **columns))
    np.testing.assert_array_equal(read(measured, ONE_CLIP, low_confidence="keep"), expected)


@pytest.mark.parametrize("columns", DISTRUSTED)
def test_frames_of_little_confidence_can_be_an_error(measured, columns):
    write(measured, "006_a.csv", openface_table(range(1, 5), **columns))
    with pytest.raises(InputError, match=r"006_a\.csv: row 3, confidence is .* success"):
        read(measured, ONE_CLIP, low_confidence="error")
    # A frame that nobody asks for is none.
    assert not np.isnan(read(measured, low_confidence="error")).any()


@pytest.mark.parametrize("confidence", [3, np.inf])
def test_a_confidence_that_is_none_is_refused(measured, confidence):
    write(measured, "006_a.csv", openface_table(range(1, 5), confidence=[0.9, confidence, 0.9, 0.9]))
    with pytest.raises(InputError, match=r"006_a\.csv: row 3, confidence is .*, expected a number from 0 to 1"):
        read(measured, ONE_CLIP)


def test_times_without_an_end_tell_nothing(measured):
    write(measured, "006_a.csv", openface_table(range(1, 5), timestamp=np.inf))
    expected = read(measured, ONE_CLIP)
    write(measured, "006_a.csv", openface_table(range(1, 5)))
    np.testing.assert_array_equal(read(measured, ONE_CLIP), expected)


def test_another_way_with_little_confidence_is_refused(measured):
    with pytest.raises(InputError, match=r"low_confidence is 'drop'; expected one of leave_out, interpolate"):
        read(measured, low_confidence="drop")


def test_of_several_faces_the_most_confident_counts(measured):
    first = openface_table(range(1, 5))
    second = openface_table(range(1, 5), face_id=1, confidence=0.8, AU01_r=4.9)
    write(measured, "006_a.csv", pd.concat([first, second]))
    assert read(measured)[0, 0] == pytest.approx(0.1 / 5)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            pd.concat([openface_table(range(1, 5)), openface_table(range(1, 5), AU01_r=3.3)]),
            "row 6 has frame 1, face_id 0 once more, after row 2",
        ),
        (
            pd.concat([openface_table(range(1, 5)), openface_table([3])]).drop(columns="face_id"),
            "row 6 has frame 3 once more, after row 4",
        ),
        (
            pd.concat([openface_table(range(1, 5)), openface_table([1, 2, 2], face_id=1, confidence=0.5)]),
            "row 8 has frame 2, face_id 1 once more, after row 7",
        ),
    ],
)
def test_a_file_of_openface_that_holds_two_runs_is_refused(measured, table, message):
    write(measured, "006_a.csv", table)
    with pytest.raises(InputError, match=rf"006_a\.csv: {message}; .*keep those of one run"):
        read(measured)


def test_a_file_of_a_photograph_that_holds_two_runs_is_refused(measured):
    write(measured, "007_b.csv", pd.concat([photograph_table(), photograph_table()]))
    with pytest.raises(
        InputError, match=r"007_b\.csv: row 4 has face 0 once more, after row 2; .*keep those of one run"
    ):
        read(measured, PHOTOGRAPHS)


def photograph_table(**columns):
    """What FaceLandmarkImg writes: two faces, of which the second is the surer."""
    table = openface_table([1, 2], frame=[0, 1], confidence=[0.8, 0.9], **columns)
    return table.rename(columns={"frame": "face"}).drop(columns=["face_id", "success"])


PHOTOGRAPHS = CROPS[1:].assign(frame=0)


def test_a_photograph_of_openface_has_faces_in_place_of_frames(measured):
    write(measured, "007_b.csv", photograph_table())
    assert read(measured, PHOTOGRAPHS)[1, 2] == pytest.approx((0.2 + 0.4) / 5)
    write(measured, "007_b.csv", photograph_table().assign(confidence=0.2))
    for way, kept in (("leave_out", False), ("interpolate", False), ("keep", True)):
        assert np.isnan(read(measured, PHOTOGRAPHS, low_confidence=way)[1]).all() != kept


@pytest.mark.parametrize("way", ["leave_out", "interpolate", "keep"])
def test_a_photograph_without_a_face_has_no_file_or_no_row(measured, way):
    write(measured, "007_b.csv", photograph_table()[:0])
    assert np.isnan(read(measured, PHOTOGRAPHS, low_confidence=way)).all(axis=1).tolist() == [False, True]
    (measured / "007_b.csv").unlink()
    assert np.isnan(read(measured, PHOTOGRAPHS, low_confidence=way)).all(axis=1).tolist() == [False, True]
    # But where nothing is found at all, the place is wrong.
    (measured / "006_a.csv").unlink()
    with pytest.raises(InputError, match=r"006_a\.csv: does not exist"):
        read(measured, PHOTOGRAPHS, low_confidence=way)


def test_a_file_of_other_separators_is_told_by_them(measured):
    text = openface_table(range(1, 5)).to_csv(index=False)
    (measured / "006_a.csv").write_text(text.replace(",", "|"))
    with pytest.raises(InputError, match=r"missing in its first row; .* with commas, semicolons or tabs between them"):
        read(measured)


def test_a_photograph_without_a_face_can_be_an_error(measured):
    write(measured, "007_b.csv", photograph_table()[:0])
    with pytest.raises(InputError, match=r"007_b\.csv: row 1, confidence is nan"):
        read(measured, PHOTOGRAPHS, low_confidence="error")
    (measured / "007_b.csv").unlink()
    with pytest.raises(InputError, match=r"007_b\.csv: does not exist"):
        read(measured, PHOTOGRAPHS, low_confidence="error")


def test_what_is_wrong_with_all_files_is_told_at_once(measured):
    (measured / "006_a.csv").unlink()
    write(measured, "007_b.csv", openface_table(range(1, 2)))
    with pytest.raises(InputError, match=r"^2 faults:\n.*006_a\.csv: does not exist; .*\n.*007_b\.csv: no row"):
        read(measured)


def test_a_clip_always_has_a_file(measured):
    (measured / "007_b.csv").unlink()
    with pytest.raises(InputError, match=r"007_b\.csv: does not exist"):
        read(measured)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (openface_table(range(1, 5)).drop(columns="AU20_r"), r"006_a\.csv: column AU20_r is missing"),
        (openface_table(range(1, 5)).drop(columns="frame"), r"006_a\.csv: column frame is missing"),
        (
            openface_table(range(1, 5)).add_prefix("x "),
            r"is missing in its first row; found x frame, .*; give the file as OpenFace writes it",
        ),
        (
            openface_table(range(1, 3)),
            r"006_a\.csv: no row for frame 2 .from 0. of clip a; the file has 2 frames, the last 1",
        ),
        (openface_table(range(1, 5), AU04_r=[0, 7.5, 0, 0]), r"006_a\.csv: row 3, AU04_r is 7\.5"),
        (
            openface_table(range(1, 5), AU04_r=["0", "x", "0", "0"]),
            r"006_a\.csv: row 3, AU04_r is 'x', expected a number",
        ),
    ],
)
def test_what_is_wrong_in_a_file_of_openface_is_named(measured, table, message):
    write(measured, "006_a.csv", table)
    with pytest.raises(InputError, match=message):
        read(measured)


@pytest.mark.parametrize("columns", [{}, {"timestamp": [0.0, 0.04, 0.08, 0.12]}, {"timestamp": 0.0}])
def test_frames_of_openface_may_count_from_zero(measured, columns):
    expected = read(measured)
    table = openface_table(range(1, 5), **columns)
    write(measured, "006_a.csv", table)
    np.testing.assert_array_equal(read(measured), expected)
    write(measured, "006_a.csv", table.assign(frame=table["frame"] - 1))
    np.testing.assert_array_equal(read(measured), expected)


def test_frame_numbers_of_openface_are_understood_by_their_times(measured):
    table = openface_table(range(1, 5)).assign(frame=range(4), timestamp=[0.0, 0.04, 0.08, 0.12])
    write(measured, "006_a.csv", table.iloc[[0, 2, 3]])
    with pytest.raises(InputError, match=r"no row for frame 1 .from 0."):
        read(measured, ONE_CLIP)
    write(measured, "006_a.csv", openface_table(range(5, 9), timestamp=[0.0, 0.04, 0.08, 0.12]))
    with pytest.raises(InputError, match=r"006_a\.csv: frame 5 is at time 0 and the numbers begin at 5"):
        read(measured)


@pytest.mark.parametrize("rate", [25, 30, 60, 200])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("lost", [[0], [0, 1], [0, 2, 5], range(7)])
def test_the_first_frame_of_openface_is_known_without_its_row(measured, rate, first, lost):
    frames = np.arange(40)
    table = openface_table(frames / 40).assign(frame=frames + first, timestamp=(frames / rate).round(3))
    write(measured, "006_a.csv", table.drop(index=lost))
    aus = read(measured, ONE_CLIP.assign(frame=[7, 20, 39]))
    np.testing.assert_allclose(50 * aus[:, 0], [7 / 40, 20 / 40, 39 / 40], rtol=1e-6)


@pytest.mark.parametrize(
    ("frames", "columns"),
    [
        # Neither a time nor a whole count.
        ([2, 3, 4], {}),
        ([1, 2, 4], {}),
        ([2, 3, 4], {"timestamp": 0.0}),
        # 61 and 62 of 30 a second, or 60 and 61 of 29.5.
        ([61, 62], {"timestamp": [2.033, 2.067]}),
        ([7], {"timestamp": [0.2]}),
        # Times that follow no rate.
        ([1, 2, 3], {"timestamp": [0.03, 0.1, 0.11]}),
        ([2, 3, 4], {"timestamp": np.nan}),
    ],
)
def test_frames_of_openface_of_which_nothing_tells_the_first_are_refused(measured, frames, columns):
    write(measured, "006_a.csv", openface_table(frames, **columns))
    message = rf"006_a\.csv: the frames begin at {frames[0]}, rows are missing, and no timestamp tells"
    with pytest.raises(InputError, match=message):
        read(measured)


@pytest.mark.parametrize("frame", ["-1", "1.5", "nan", "inf", "1e30", "99999999999999999999", "first", ""])
def test_a_frame_number_of_openface_that_is_none_is_named(measured, frame):
    write(measured, "006_a.csv", openface_table(range(1, 5)).assign(frame=["1", frame, "3", "4"]))
    with pytest.raises(InputError, match=r"006_a\.csv: row 3, frame is"):
        read(measured)


def text_of(table, separator, decimal):
    lines = [separator.join(map(str, row)) for row in [table.columns, *table.itertuples(index=False)]]
    return "\n".join([lines[0], *(line.replace(".", decimal) for line in lines[1:])]) + "\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")])
def test_openface_is_read_as_spreadsheets_save_it(measured, separator, decimal, encoding, ends):
    expected = read(measured)
    text = text_of(openface_table(range(1, 5)), separator, decimal) + separator * 30 + "\n"
    (measured / "006_a.csv").write_bytes(text.replace("\n", ends).encode(encoding))
    np.testing.assert_array_equal(read(measured), expected)


def test_decimal_commas_between_commas_are_told(measured):
    (measured / "006_a.csv").write_text(text_of(openface_table(range(1, 5)), ",", ","))
    with pytest.raises(
        InputError, match=r"006_a\.csv: row 2 has \d+ cells and the first row names 38 .* decimal commas"
    ):
        read(measured)


@pytest.mark.parametrize("column", ["confidence", "success", "AU12_r"])
def test_text_in_place_of_a_number_of_openface_is_named(measured, column):
    table = openface_table(range(1, 5)).astype({column: object})
    table.loc[2, column] = "good"
    write(measured, "006_a.csv", table)
    with pytest.raises(InputError, match=rf"006_a\.csv: row 4, {column} is 'good', expected a number"):
        read(measured)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, as a full disk or a program that was stopped leaves it"),
        (b"\n,,,\n", "has no row with anything in it"),
        ("frame,confidence,Größe\n".encode("latin-1"), "row 1 is not in UTF-8"),
        (b"\0\0\0\0", "holds zero bytes"),
        (
            text_of(openface_table([]), ",", ".").encode(),
            "has no rows below the names of its columns.*see that the clip plays, and run OpenFace on it again",
        ),
    ],
)
def test_a_file_of_openface_without_content_is_named(measured, content, message):
    (measured / "006_a.csv").write_bytes(content)
    with pytest.raises(InputError, match=rf"006_a\.csv: {message}"):
        read(measured)


def test_one_file_of_a_video_serves_all_of_its_clips(measured):
    write(measured, "film.1.csv", openface_table(range(1, 15)))
    crops = pd.DataFrame({"dataset": "own", "subject": ["a", "a", "b"], "clip": ["x", "x", "y"], "frame": [0, 2, 10]})
    clips = clips_of(crops).assign(path="videos/film.1.avi")
    aus = openface.read(crops, clips, files=f"{measured}/{{video}}.csv")
    np.testing.assert_allclose(5 * aus[:, 0], [0.1, 0.3, 1.1], rtol=1e-6)


def folder_of(path, *names):
    path.mkdir()
    for name in names:
        (path / name).touch()
    return str(path)


TWO = pd.DataFrame({"dataset": "own", "subject": ["anna", "ben"], "clip": ["c", "c"], "frame": 0})


@pytest.mark.parametrize(
    ("paths", "files", "shared"),
    [
        (["anna/1.mp4", "ben/1.mp4"], "{video}.csv", "1.csv"),
        (["anna/1.mp4", "anna/2.mp4"], "{dataset}/{clip}.csv", "own/c.csv"),
        (["anna/1.mp4", "ben/2.mp4"], "all.csv", "all.csv"),
        # As OpenFace itself calls them.
        (["take.1", "take.2"], "{video}.csv", "take.csv"),
        (["take.1", "take.mp4"], "{video}.csv", "take.csv"),
    ],
)
def test_a_file_of_openface_that_would_serve_two_videos_is_refused(tmp_path, paths, files, shared):
    (tmp_path / "own").mkdir()
    write(tmp_path, shared, openface_table(range(1, 5)))
    message = rf"^{tmp_path}/{shared}: would serve clips of {paths[0]} and of {paths[1]}; expected one CSV for each"
    # Whether or not the other clip has a crop.
    for crops in (TWO, TWO[:1]):
        with pytest.raises(InputError, match=message):
            openface.read(crops, TWO.assign(path=paths), f"{tmp_path}/{files}")


def test_the_name_of_a_folder_has_no_suffix(tmp_path):
    clips = TWO.assign(path=["take.1", "take.2"])
    for number in (1, 2):
        write(tmp_path, f"take.{number}.csv", openface_table([1], AU01_r=number))
    write(tmp_path, "take.csv", openface_table([1], AU01_r=4))
    np.testing.assert_allclose(5 * openface.read(TWO, clips, f"{tmp_path}/{{video}}.csv")[:, 0], [1, 2], rtol=1e-6)


def test_a_file_that_openface_named_after_a_folder_with_a_dot_is_found(tmp_path):
    write(tmp_path, "take.csv", openface_table([1]))
    crops, clips = TWO[:1], TWO[:1].assign(path="take.1")
    np.testing.assert_allclose(5 * openface.read(crops, clips, f"{tmp_path}/{{video}}.csv")[:, 0], [0.1], rtol=1e-6)
    (tmp_path / "take.csv").unlink()
    with pytest.raises(InputError, match=r"take\.1\.csv: does not exist"):
        openface.read(crops, clips, f"{tmp_path}/{{video}}.csv")


def test_a_file_of_openface_may_have_fewer_frames_than_its_folder_and_no_more(tmp_path):
    crops, clips = TWO[:1], TWO[:1].assign(path=folder_of(tmp_path / "c", "0.png", "1.png", "2.png", "3.png"))
    for frames, first in ((range(1, 5), 1), (range(4), 0), (range(1, 4), 1)):
        write(tmp_path, "c.csv", openface_table(frames))
        aus = openface.read(crops, clips, f"{tmp_path}/{{clip}}.csv")
        np.testing.assert_allclose(5 * aus[:, 0], [0.1 * first], atol=1e-6)
    write(tmp_path, "c.csv", openface_table(range(1, 6)))
    with pytest.raises(InputError, match=rf"c\.csv: row 6 is of frame 4 .from 0., but {tmp_path}/c has 4 frames"):
        openface.read(crops, clips, f"{tmp_path}/{{clip}}.csv")


def test_a_missing_file_of_openface_is_named(tmp_path):
    with pytest.raises(InputError, match=r"006_a\.csv: does not exist"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ([f"img{number}.png" for number in range(1, 13)], ("img10.png", "img2.png")),
        (["99.jpg", "100.jpg"], ("100.jpg", "99.jpg")),
        (["a1.jpg", "a1b.jpg", "a01c.jpg"], ("a01c.jpg", "a1.jpg")),
        ([f"img{number:02}.png" for number in range(1, 13)], None),
        ([f"img{number}.png" for number in range(10, 20)], None),
    ],
)
def test_a_folder_that_openface_reads_in_another_order_is_refused(tmp_path, names, first):
    write(tmp_path, "c.csv", openface_table(range(1, 1 + len(names))))
    clips = TWO[:1].assign(path=folder_of(tmp_path / "c", *names))
    expected = openface.read(TWO[:1], clips, f"{tmp_path}/{{clip}}.csv", by_number=True)
    if first is None:
        np.testing.assert_array_equal(openface.read(TWO[:1], clips, f"{tmp_path}/{{clip}}.csv"), expected)
        return
    message = (
        rf"c\.csv: OpenFace reads {tmp_path}/c in alphabetical order, {first[0]} before {first[1]}; .*leading zeros"
    )
    with pytest.raises(InputError, match=message):
        openface.read(TWO[:1], clips, f"{tmp_path}/{{clip}}.csv")


class FakeDetector:
    """Finds two faces in every image but black ones; the larger one has AU n active by n hundredths."""

    def __init__(self, device, identity_model, **others):
        assert device == "auto"
        assert identity_model is None

    def detect(self, images, data_type, batch_size, progress_bar):
        assert tuple(images.shape[1:]) == (3, 8, 8)
        assert len(images) <= batch_size
        assert data_type == "tensor"
        names = [
            f"AU{number:02}" for number in (1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 17, 20, 23, 24, 25, 26, 28, 43)
        ]
        rows = []
        for frame, image in enumerate(images):
            for size in (5, 2):
                value = {
                    name: int(name[2:]) / 100 + float(image[0].max()) / 255 if size == 5 else 0.0 for name in names
                }
                row = {"frame": frame, "FaceRectWidth": size, "FaceRectHeight": size} | value
                rows.append(row if image.max() > 0 else dict.fromkeys(row, np.nan) | {"frame": frame})
        return pd.DataFrame(rows)


@pytest.fixture
def fake_feat(monkeypatch):
    monkeypatch.setitem(sys.modules, "feat", SimpleNamespace(Detectorv2=FakeDetector, Detectorv1=FakeDetector))


@pytest.mark.parametrize("detector", ["v2", "v1"])
@pytest.mark.parametrize("batch_size", [1, 2, 16])
def test_pyfeat_gives_the_largest_face_in_the_order_of_the_vocabulary(fake_feat, detector, batch_size):
    images = np.zeros((3, 8, 8, 3), np.uint8)
    images[0, 0, 0, 1] = 9
    images[2, 0, 0, 0] = 255
    aus = pyfeat.estimate(images, detector, batch_size)
    numbers = np.array([int(au[2:]) for au in AU_NAMES]) / 100
    numbers[-1] = 0.43
    assert aus.dtype == np.float32
    np.testing.assert_allclose(aus[0], numbers, rtol=1e-6)
    assert np.isnan(aus[1]).all()
    np.testing.assert_allclose(aus[2], numbers + 1, rtol=1e-6)


def test_pyfeat_gives_no_row_for_no_image(fake_feat):
    assert pyfeat.estimate(np.zeros((0, 8, 8, 3), np.uint8)).shape == (0, 17)


def test_an_unknown_detector_is_refused(fake_feat):
    with pytest.raises(InputError, match=r"detector is 'v3'; expected one of v2, v1"):
        pyfeat.estimate(np.zeros((1, 8, 8, 3), np.uint8), "v3")


def test_each_source_is_reached_by_its_name(fake_feat, measured):
    images = np.full((3, 8, 8, 3), 50, np.uint8)
    files = f"{measured}/{{subject}}_{{clip}}.csv"
    np.testing.assert_array_equal(
        action_units.estimate("openface", images, CROPS, clips_of(CROPS), files=files), read(measured)
    )
    np.testing.assert_array_equal(
        action_units.estimate("pyfeat", images, CROPS, clips_of(CROPS)), pyfeat.estimate(images)
    )


def test_an_unknown_source_is_refused():
    with pytest.raises(InputError, match=rf"'openpose'.*{', '.join(plugins.names('mie_x_lib.action_units.sources'))}"):
        action_units.estimate("openpose", np.zeros((0, 8, 8, 3), np.uint8), CROPS[:0])


def test_no_source_is_loaded_before_it_is_asked_for():
    code = (
        "import sys, mie_x_lib.action_units, mie_x_lib.action_units.sources.pyfeat;"
        "print([name for name in ('torch', 'feat', 'huggingface_hub') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("function", [openface.read, openface.estimate])
def test_frames_are_trusted_as_the_settings_say_unless_told_otherwise(function):
    parameters = inspect.signature(function).parameters
    for name in ("min_confidence", "low_confidence"):
        assert parameters[name].default == getattr(OpenFace(), name)
