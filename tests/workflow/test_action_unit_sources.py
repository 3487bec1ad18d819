"""Action units of real people, through their rules: py-feat with weights of no use, OpenFace with a stand-in."""

import re

import cv2
import numpy as np
import pandas as pd
import pytest

from mie_x_lib.files import read_csv
from mie_x_lib.shards import write_images
from mie_x_lib.terms import AU_NAMES
from tests import fake_openface, pyfeat_weights
from tests.workflow.conftest import copy_project, planned, snakemake

TARGET = "results/action_units/own.csv"
FRAMES = 12
FACELESS = 3


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with two clips and the crops that were cut out of them, one of them black, and a clip that is none."""
    project = copy_project(tmp_path_factory.mktemp("sources") / "project")
    (project / "own.yaml").write_text("datasets: {own: {layout: videos, role: micro, root: own}}\n")
    rows = []
    for clip in ("first", "second"):
        (project / "own" / clip).mkdir(parents=True)
        for number in range(1, FRAMES + 1):
            cv2.imwrite(str(project / "own" / clip / f"{number}.jpg"), np.full((8, 8, 3), 20 * number, np.uint8))
        rows += [{"subject": "anna", "clip": clip, "frame": frame} for frame in (1, 9)]
    (project / "own/clips.csv").write_text(
        "clip,subject,emotion,path,onset,apex,offset\n"
        "first,anna,happiness,first,1,9,11\nsecond,anna,surprise,second,1,9,11\nthird,anna,surprise,broken.avi,1,9,11\n"
    )
    (project / "own/broken.avi").touch()
    run = snakemake(project, "--configfile", "own.yaml", "--", "results/clips/own.csv")
    assert run.returncode == 0, run.stdout
    images = np.random.default_rng(0).integers(0, 255, (4, 8, 8, 3), np.uint8).repeat(8, axis=1).repeat(8, axis=2)
    images[FACELESS] = 0
    crops = pd.DataFrame(rows).assign(dataset="own", label=1, role=2 * ["onset", "apex"])
    write_images(project / "results/frames/own.h5", images, crops, {})
    return project


@pytest.fixture
def measure(project):
    """Run the rules of the sources with a section `action_units`."""

    def measure(action_units: str, *arguments: str, run=snakemake):
        (project / "sources.yaml").write_text(f"action_units: {action_units}\n")
        return run(project, *arguments, "--configfile", "own.yaml", "sources.yaml", "--", TARGET)

    return measure


@pytest.fixture
def use(monkeypatch):
    """Let jobs import a package `feat`, and find no network."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    return lambda package: monkeypatch.setenv("PYTHONPATH", str(package.parent))


def input_error(run) -> str:
    assert run.returncode == 1, run.stdout
    assert "Traceback" not in run.stdout
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("Input error: ")]
    return line


@pytest.mark.slow
@pytest.mark.parametrize("detector", ["v2", "v1"])
def test_pyfeat_measures_the_crops(project, measure, pyfeat_package, use, detector):
    use(pyfeat_package)
    run = measure(f"{{source: pyfeat, pyfeat: {{detector: {detector}, batch_size: 3}}}}")
    assert run.returncode == 0, run.stdout
    assert "no action units found in 1 of the 4 crops" in run.stdout
    table = read_csv(project / TARGET)
    assert list(table.columns[-17:]) == list(AU_NAMES)
    aus = table[list(AU_NAMES)].to_numpy()
    assert np.isnan(aus).all(axis=1).tolist() == [row == FACELESS for row in range(4)]
    assert ((aus[:FACELESS] >= 0) & (aus[:FACELESS] <= 1)).all()


@pytest.mark.slow
def test_missing_weights_are_named_and_can_be_fetched_ahead(project, measure, pyfeat_package, use, tmp_path):
    use(pyfeat_weights.shadow(tmp_path))
    line = input_error(measure("{source: pyfeat}", "--forceall", "--allowed-rules", "estimate_action_units"))
    assert "py-feat's Detectorv2: the weights are not here" in line
    assert "`snakemake --cores 1 fetch_weights`" in line
    use(pyfeat_package)
    run = snakemake(project, "fetch_weights", "--configfile", "own.yaml", "sources.yaml")
    assert run.returncode == 0, run.stdout
    assert "action_units.pyfeat.detector is v2: the weights are here" in run.stdout


def test_openface_is_run_over_the_clips_in_the_order_of_their_frames(project, measure, tmp_path):
    binary = fake_openface.install(tmp_path / "bin")
    run = measure(f"{{source: openface, openface: {{binary: {binary}}}}}")
    assert run.returncode == 0, run.stdout
    # Frames are 1.jpg, 2.jpg, ...: in the order of the alphabet 10.jpg is the second.
    np.testing.assert_allclose(read_csv(project / TARGET)["AU01"], np.array([0.2, 1.0, 0.2, 1.0]) / 5, atol=1e-6)
    # It fails on what could not be cut, which is not handed over.
    assert len(list((project / "results/openface/own").glob("anna/*.csv"))) == 2
    run = measure(f"{{source: openface, openface: {{binary: {binary}, static: true}}}}")
    assert run.returncode == 0, run.stdout
    np.testing.assert_allclose(read_csv(project / TARGET)["AU01"], np.array([0.25, 1.05, 0.25, 1.05]) / 5, atol=1e-6)


def test_a_clip_that_openface_fails_on_is_named_and_leaves_nothing(project, measure, tmp_path):
    binary = fake_openface.install(tmp_path / "broken")
    binary.write_text("#!/bin/sh\necho Loading the model\necho Could not open the model\nexit 3\n")
    line = input_error(measure(f"{{source: openface, openface: {{binary: {binary}}}}}"))
    assert re.search(r"FeatureExtraction failed on .*own/first \(exit code 3\): .* Could not open the model", line)
    assert not (project / "results/openface/own").exists()


def test_an_edit_of_the_users_own_measurements_is_noticed(project, measure):
    section = "{source: openface, openface: {files: 'measured/{dataset}/{subject}_{clip}.csv'}}"
    (project / "measured/own").mkdir(parents=True)
    header = "frame,face_id,timestamp,confidence,success," + ",".join(f"{name}_r" for name in AU_NAMES)
    rows = [f"{frame},0,0.0,0.9,1{17 * ',0.5'}" for frame in range(1, FRAMES + 1)]
    for clip in ("first", "second"):
        (project / f"measured/own/anna_{clip}.csv").write_text("\n".join([header, *rows]))
    run = measure(section)
    assert run.returncode == 1
    assert len(re.findall(r"own/\w+ in alphabetical order, 10.jpg before 2.jpg", run.stdout)) == 2, run.stdout
    for path in project.glob("own/*/?.jpg"):
        path.rename(path.with_name(f"0{path.name}"))
    run = measure(section)
    assert run.returncode == 0, run.stdout
    assert (read_csv(project / TARGET)[list(AU_NAMES)] == 0.1).all(axis=None)
    assert measure(section, run=planned) == set()
    (project / "measured/own/anna_second.csv").write_text("\n".join([header, *rows]).replace("0.5", "1.5"))
    assert measure(section, run=planned) == {TARGET}
