"""The network of docs/classifiers.md stands in the table beside the others, and its code alone trains it again."""

import re
from pathlib import Path

import pytest
import yaml

from mie_x_lib.files import read_csv
from tests.workflow.conftest import ROOT, copy_project, planned, snakemake

TINY = str(Path(__file__).with_name("tiny.yaml"))
PAGE = (ROOT / "docs/classifiers.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
TABLE = "results/uf1_table.csv"
# One network a row of real clips is enough to see that it is trained.
FEW = {"uf1_table": ["few"], "tables": {"few": [{"row": "real clips", "regimes": ["real"]}]}}
OTHERS = {"branches": None, "apex": None, "ststnet": {"dropout": 0.1}}


@pytest.fixture(scope="module")
def arguments(tmp_path_factory):
    """A project whose table has the network of the page and ststnet: its folder, and the arguments of the run."""
    folder = tmp_path_factory.mktemp("own")
    project = copy_project(folder / "project")
    (folder / "mine").mkdir()
    (folder / "mine/two_frames.py").write_text(BLOCKS["python"])
    config = yaml.safe_load(BLOCKS["yaml"])
    config["classifiers"]["two_frames"]["file"] = "../mine/two_frames.py"
    (project / "mine.yaml").write_text(yaml.safe_dump(config | FEW | {"classifiers": config["classifiers"] | OTHERS}))
    arguments = (TABLE, "--configfile", TINY, "mine.yaml")
    run = snakemake(project, *arguments, cores=2)
    assert run.returncode == 0, run.stdout
    return project, arguments


def test_it_stands_in_the_table(arguments):
    project, _ = arguments
    table = read_csv(project / TABLE)
    assert set(table["classifier"]) == {"two_frames", "ststnet"}
    assert table["uf1_mean"].notna().all()


def test_its_code_and_nothing_else_trains_it_again(arguments):
    project, targets = arguments
    file = project.parent / "mine/two_frames.py"
    text = file.read_text()
    file.write_text(text + "\n# A comment.\n")
    assert planned(project, *targets) == set()
    file.write_text(text.replace("channels: int = 16", "channels: int = 24"))
    found = planned(project, *targets)
    networks = {path for path in found if path.startswith("results/networks/")}
    assert networks
    assert all("/two_frames/" in path for path in networks)
    file.write_text(text)


def test_a_network_whose_scores_do_not_fit_is_told_before_it_is_trained(arguments):
    project, targets = arguments
    file = project.parent / "mine/two_frames.py"
    text = file.read_text()
    file.write_text(text.replace("8 * channels, labels", "8 * channels, labels + 1"))
    run = snakemake(project, *targets)
    file.write_text(text)
    assert run.returncode == 1
    assert "TwoFrames gives scores of shape (2, 4) for two pairs, expected (2, 3)" in run.stdout
    (project.parent / "mine/two_frames.py").rename(project.parent / "mine/moved.py")
    run = snakemake(project, *targets)
    assert "classifiers.two_frames.file is ../mine/two_frames.py, which is not there" in run.stdout
