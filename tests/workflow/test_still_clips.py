"""Clips in which nothing moves, through their rules: told and left out, or told and kept."""

import cv2
import pytest

from mie_x_lib.files import read_csv
from mie_x_lib.shards import read_table
from tests.drawn_faces import photographs
from tests.workflow.conftest import copy_project, planned, snakemake

OWN = """
image_size: 64
datasets: {own: {layout: videos, role: micro, root: own}}
evaluations: {own: {datasets: [own], folds: 2, labels: {happiness: [happiness], surprise: [surprise]}}}
"""
CLIPS = """clip,subject,emotion,path,onset,apex,offset
same,anna,happiness,anna,0,3,3
one,ben,surprise,ben,2,2,3
"""
FRAMES = "results/frames/own"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with two clips, of four equal frames each; the onset of the second is its apex."""
    project = copy_project(tmp_path_factory.mktemp("still") / "project")
    (project / "own.yaml").write_text(OWN)
    (project / "keep.yaml").write_text("frames: {still_clips: keep}\n")
    for name, person in zip(("anna", "ben"), photographs(2), strict=True):
        (project / "own" / name).mkdir(parents=True)
        for number in range(4):
            assert cv2.imwrite(str(project / f"own/{name}/{number}.png"), cv2.cvtColor(person, cv2.COLOR_RGB2BGR))
    (project / "own/clips.csv").write_text(CLIPS)
    return project


def test_they_are_told_and_left_out_and_a_class_of_nothing_else_says_where_its_clips_went(project):
    run = snakemake(project, "--configfile", "own.yaml", "--", "results/folds/own.csv")
    assert run.returncode == 1
    assert "Warning: 2 of 2 clips of own left out, in which nothing moves between onset and apex" in run.stdout
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("Input error: ")]
    assert "none of class happiness, whose emotions are happiness; the clips that were cut have none" in line
    assert "report.csv says why" in line
    assert read_table(project / f"{FRAMES}.h5").empty
    assert read_csv(project / f"{FRAMES}.report.csv")["problem"].tolist() == [
        "nothing moves between onset (frame 0) and apex (frame 3)",
        "nothing moves between onset (frame 2) and apex (frame 2)",
    ]


def test_a_word_of_config_keeps_them_and_the_run_still_tells(project):
    configs = ("--configfile", "own.yaml", "keep.yaml", "--", f"{FRAMES}.h5")
    assert f"{FRAMES}.h5" in planned(project, *configs)
    run = snakemake(project, *configs)
    assert run.returncode == 0, run.stdout
    assert "Warning: 2 of 2 clips of own kept, in which nothing moves between onset and apex" in run.stdout
    assert read_table(project / f"{FRAMES}.h5")["frame"].tolist() == [0, 3, 2, 2]
    assert read_csv(project / f"{FRAMES}.report.csv")["problem"].isna().all()
