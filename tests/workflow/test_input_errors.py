"""Bad input gets one line on the terminal that says where it is, and leaves nothing half-written."""

import cv2
import numpy as np
import pytest

from tests.workflow.conftest import snakemake

OWN = """
datasets: {own: {layout: videos, role: micro, root: own}}
frames: {missing_apex: {own: error}}
"""
HEADER = "clip,subject,emotion,path,onset,apex,offset\n"


@pytest.fixture
def own(project):
    """A project with a folder of own clips: one folder of four frames, with no face in them."""
    (project / "own.yaml").write_text(OWN)
    frames = project / "own/first"
    frames.mkdir(parents=True)
    for number in range(4):
        cv2.imwrite(str(frames / f"{number}.png"), np.full((80, 80, 3), 40 * number, np.uint8))
    return project


def fault(project, target: str) -> str:
    run = snakemake(project, "--configfile", "own.yaml", "--", target)
    assert run.returncode == 1, run.stdout
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("Input error: ")]
    assert "Traceback" not in run.stdout
    assert not (project / target).exists()
    return line


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("first,anna,joy,first,0,1,3", ["clips.csv", "row 2", "joy"]),
        ("first,anna,happiness,first,0,9,9", ["clips.csv", "row 2", "apex", "9"]),
        ("first,anna,happiness,second,0,1,3", ["clips.csv", "row 2", "second"]),
    ],
)
def test_a_fault_in_the_annotation_names_file_and_row(own, row, named):
    (own / "own/clips.csv").write_text(f"{HEADER}{row}\n")
    line = fault(own, "results/clips/own.csv")
    assert all(part in line for part in named), line


def test_a_clip_without_an_apex_is_named_where_one_is_asked_for(own):
    (own / "own/clips.csv").write_text(f"{HEADER}first,anna,happiness,first,0,,3\n")
    assert "apex" in fault(own, "results/frames/own.h5")


def test_a_clip_without_a_face_and_a_video_that_is_none_are_reported_and_not_cut(own):
    (own / "own/film.avi").write_bytes(b"no video")
    rows = ["first,anna,happiness,first,0,1,3", "film,anna,happiness,film.avi,0,1,3"]
    (own / "own/clips.csv").write_text(HEADER + "\n".join(rows) + "\n")
    run = snakemake(own, "--configfile", "own.yaml", "--", "results/figures/crops/own.png")
    assert run.returncode == 0, run.stdout
    assert "Warning: 1 of 2 clips of own left out, which cannot be read: anna film" in run.stdout
    report = (own / "results/frames/own.report.csv").read_text()
    assert "no face" in report
    assert "no frame can be decoded" in report


def test_a_key_that_does_not_exist_is_named(project):
    run = snakemake(project, "--dry-run", "--config", "apexes=1")
    assert run.returncode == 1
    assert "the key apexes does not exist" in run.stdout
    assert "Traceback" not in run.stdout
