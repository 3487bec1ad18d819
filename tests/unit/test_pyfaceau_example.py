"""The example that stands in for OpenFace's programs, over a package that measures brightness in place of pyfaceau."""

import re
import subprocess
import sys

import cv2
import numpy as np
import pytest

from mie_x_lib import action_units
from mie_x_lib.action_units.openface_binary import measure_clips
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import ROOT
from tests.fake_openface import clip_table, first_unit

pytestmark = pytest.mark.slow

BINARY = ROOT / "examples/pyfaceau/FeatureExtraction"
# What the example calls, with the names and columns of pyfaceau 1.4.1. A unit is the mean grey of one of 17 columns on
# a scale of 5, 0.5 more with static models; a black frame shows no face. What it remembers of a clip adds 1.
PACKAGE = """
import cv2, pandas as pd

UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)


class FullPythonAUPipeline:
    def __init__(self, force_au_model_type=None, track_faces=True, verbose=True):
        self.static, self.track_faces, self.remembered = force_au_model_type == "static", track_faces, 0

    def process_video(self, video_path, output_csv=None):
        film, rows = cv2.VideoCapture(video_path), []
        while (read := film.read())[0]:
            units = cv2.resize(cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY), (17, 1), interpolation=cv2.INTER_AREA)[0] / 51
            success = bool(units.max() > 0)
            row = {"frame": len(rows), "timestamp": len(rows) / 25, "success": success}
            if success:
                more = 0.5 * self.static + self.remembered
                row |= {f"AU{unit:02}_r": value + more for unit, value in zip(UNITS, units)}
            rows.append(row)
        self.remembered = 1
        return pd.DataFrame(rows)


class OpenFaceProcessor:
    def clear_cache(self):
        self.pipeline.remembered = 0
"""


@pytest.fixture(autouse=True)
def package(tmp_path, monkeypatch):
    folder = tmp_path / "site/pyfaceau"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(PACKAGE)
    monkeypatch.setenv("PYTHONPATH", str(folder.parent))
    monkeypatch.setenv("PYFACEAU_PYTHON", sys.executable)


def grey(level):
    return np.full((34, 34, 3), level, np.uint8)


def film(path, *levels):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (34, 34))
    for level in levels:
        writer.write(grey(level))
    writer.release()
    return path


@pytest.mark.parametrize(("static", "more"), [(False, 0), (True, 0.5)])
def test_videos_folders_and_photographs_are_measured_by_it(tmp_path, static, more):
    folder = tmp_path / "frames of $(touch it)"
    folder.mkdir()
    for number, level in ((1, 51), (2, 102), (10, 153)):
        cv2.imwrite(str(folder / f"img{number}.jpg"), grey(level))
    for name, level in (("p.jpg", 51), ("q.png", 102), ("dark.png", 0)):
        cv2.imwrite(str(tmp_path / name), grey(level))
    clips = clip_table(
        video=film(tmp_path / "v.avi", 51, 0, 204),
        shots=folder,
        **{name: tmp_path / file for name, file in (("p", "p.jpg"), ("q", "q.png"), ("dark", "dark.png"))},
    )
    measure_clips(clips, BINARY, tmp_path / "measured", threads=2, static=static)
    found = first_unit(tmp_path / "measured", video=2, shots=2, p=0, q=0, dark=0)
    # Photographs are measured alone, by static models, and none remembers another.
    np.testing.assert_allclose(found, [4 + more, 3 + more, 1.5, 2.5, np.nan], atol=0.05)
    assert np.isnan(first_unit(tmp_path / "measured", video=1)).all()
    assert first_unit(tmp_path / "measured", shots=0) == pytest.approx([1 + more], abs=0.05)
    assert sorted(path.name for path in (tmp_path / "measured/a b").iterdir()) == [
        "p.csv",
        "q.csv",
        "shots.csv",
        "video.csv",
    ]


def test_renders_are_measured_by_it_too():
    pictures = np.stack([grey(level) for level in (51, 0, 102)])
    found = action_units.estimate("openface", pictures, binary=BINARY)
    np.testing.assert_allclose(5 * found[:, 3], [1.5, np.nan, 2.5], atol=1e-2)


def test_a_clip_without_a_face_and_a_file_that_is_no_video(tmp_path):
    measure_clips(clip_table(dark=film(tmp_path / "dark.avi", 0, 0)), BINARY, tmp_path / "measured")
    assert np.isnan(first_unit(tmp_path / "measured", dark=1)).all()
    (tmp_path / "broken.avi").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"FeatureExtraction failed on .*broken\.avi"):
        measure_clips(clip_table(broken=tmp_path / "broken.avi"), BINARY, tmp_path / "other")


def test_a_photograph_that_cannot_be_read_is_passed_over_with_a_word(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), grey(51))
    cv2.imwrite(str(tmp_path / "c.png"), grey(102))
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:40])
    (tmp_path / "links").mkdir()
    for name in "abc":
        (tmp_path / f"links/{name}.png").symlink_to(tmp_path / f"{name}.png")
    run = subprocess.run(
        [BINARY.with_name("FaceLandmarkImg"), "-fdir", tmp_path / "links", "-out_dir", tmp_path / "out", "-aus"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert f"{tmp_path}/b.png cannot be read and is passed over" in run.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", "c.csv"]


@pytest.mark.parametrize("name", ["broken.avi", "broken"])
def test_a_clip_of_which_no_frame_can_be_read_is_named_in_a_sentence(tmp_path, name):
    path = tmp_path / name
    if name == "broken":
        path.mkdir()
        path = path / "1.png"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match=rf"{name}.* no frame of it can be read"):
        measure_clips(clip_table(broken=tmp_path / name), BINARY, tmp_path / "measured")


def test_a_missing_installation_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PYFACEAU_PYTHON", str(tmp_path / "env/bin/python"))
    with pytest.raises(
        InputError, match=r"env/bin/python is not there; install pyfaceau as docs/action_units\.md says"
    ):
        measure_clips(clip_table(a=film(tmp_path / "a.avi", 9)), BINARY, tmp_path / "measured")


def test_the_page_says_how_it_is_installed_and_under_which_licences():
    page = (ROOT / "docs/action_units.md").read_text(encoding="utf-8")
    version = re.search(r"pyfaceau==([\d.]+)", (ROOT / "envs/pyfaceau.yaml").read_text())[1]
    assert f"pyfaceau=={version}" in page
    assert all(
        words in page for words in ("CC BY-NC", "pyfaceau-download-models", "440 MB", str(BINARY.relative_to(ROOT)))
    )


def test_it_understands_no_other_argument_than_those_that_are_given_to_it(tmp_path):
    run = subprocess.run(
        [str(BINARY), "-f", "a.avi", "-out_dir", str(tmp_path), "-gaze"], capture_output=True, text=True
    )
    assert run.returncode == 2
    assert "-gaze" in run.stderr
