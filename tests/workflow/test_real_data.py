"""The page for those who have real data: each of its commands, on drawn people in the layout of SAMM."""

import re
from pathlib import Path

import pytest
import yaml

from mie_x_lib.files import read_csv
from rules.configuration.layers import laid_over
from tests import fake_openface
from tests.licensed_datasets import write_celeba
from tests.workflow.conftest import ROOT, copy_project, planned, snakemake

PAGE = (ROOT / "docs/real_data.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\.venv/bin/snakemake --cores \w+ (\S+) --configfile (.+)$", PAGE, flags=re.MULTILINE)
FIRST, UNITS, GENERATOR = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL))
# Fewer and smaller, and with what can be had here: a detector that needs no file, and a program in OpenFace's place.
SMALL = {
    "image_size": 32,
    "generator_training": {"critic_layers": 5},
    "frames": {"detector": "haar", "detector_weights": None, "alignment": "box", "identities": {"smallest_side": 16}},
    "action_units": {"openface": {"binary": "OpenFace/FeatureExtraction"}},
}
PEOPLE = {
    "samm": {
        "kind": "micro",
        "subjects": 5,
        "clips_per_subject": 2,
        "emotions": {"anger": 1, "happiness": 1},
        "size": 96,
    },
}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    project = copy_project(tmp_path_factory.mktemp("real") / "project")
    (project / "drawn.yaml").write_text(yaml.safe_dump({"simulated": PEOPLE}))
    run = snakemake(project, "results/corpora/samm", "--configfile", "drawn.yaml")
    assert run.returncode == 0, run.stdout
    (project / "data").mkdir()
    (project / "results/corpora/samm").rename(project / "data/SAMM")
    # Nobody looks into these.
    write_celeba(project / "data/CelebA", 1000)
    fake_openface.install(project / "OpenFace")
    (project / "small.yaml").write_text(yaml.safe_dump(SMALL))
    (project / "data/generator.pth").touch()
    return project


def arguments(project, command, *configs):
    """The arguments of a command of the page, where real.yaml has these parts of it."""
    whole: dict = {}
    for config in configs:
        whole = laid_over(whole, config)
    (project / "real.yaml").write_text(yaml.safe_dump(whole))
    target, files = command
    return target, "--configfile", *files.split()


def test_the_page_has_a_command_for_each_step():
    assert [target for target, _ in COMMANDS] == [
        "check_datasets",
        "contact_sheets",
        "results/uf1_table.csv",
        "results/generator_checks/celeba.csv",
        "results/uf1_table.csv",
    ]
    assert {files for _, files in COMMANDS} == {"config/paper.yaml real.yaml"}


def test_the_first_look_shows_what_was_found_and_cut(project):
    check, sheets, *_ = COMMANDS
    run = snakemake(project, *arguments(project, check, FIRST), "small.yaml")
    assert run.returncode == 0, run.stdout
    assert re.search(r"samm_whole +clips +10 +159 +yes", run.stdout), run.stdout
    assert "celeba" not in run.stdout
    run = snakemake(project, *arguments(project, sheets, FIRST), "small.yaml")
    assert run.returncode == 0, run.stdout
    assert (project / "results/figures/crops/samm_whole.png").exists()
    assert len(read_csv(project / "results/frames/samm_whole.report.csv")) == 10


def test_the_first_look_says_that_a_part_of_a_dataset_is_too_small_for_the_folds(project):
    run = snakemake(
        project, *arguments(project, COMMANDS[0], FIRST, {"evaluations": {"first": {"folds": 9}}}), "small.yaml"
    )
    assert run.returncode == 1
    assert "Fault: evaluations.first.folds is 9, and its datasets show 5 people; ask for no more folds" in run.stdout


def test_the_first_table_needs_clips_alone(project):
    found = planned(project, *arguments(project, COMMANDS[2], FIRST, UNITS))
    assert "results/uf1_table.csv" in found
    assert not [path for path in found if re.match("results/(renders|identities|action_units|openface)/", path)]


def test_the_generator_is_checked_before_anything_else_and_the_table_waits_for_it(project):
    check = arguments(project, COMMANDS[3], FIRST, UNITS, GENERATOR)
    found = planned(project, *check)
    assert {"results/generator/converted.safetensors", "results/generator_checks/celeba.csv"} <= found
    assert not [path for path in found if path.startswith("results/renders/")]
    found = planned(project, *arguments(project, COMMANDS[4], FIRST, UNITS, GENERATOR))
    assert {"results/generator_checks/celeba.csv", "results/uf1_table.csv", "results/openface/samm_whole"} <= found
    regimes = {path.split("/")[3] for path in found if path.startswith("results/networks/first/")}
    assert regimes == {"real", "synthetic", "synthetic_then_real"}


def test_what_the_page_names_as_a_remedy_is_a_key():
    """The smaller networks, and a threshold that is off."""
    from rules.configuration.experiment import Experiment

    for line in re.findall(r"`((?:classifiers|training|quality): \{[^`]+\})`", PAGE):
        (section,) = yaml.safe_load(line.replace("\n", " "))
        assert section in Experiment.model_fields
