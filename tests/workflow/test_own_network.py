"""Networks of others in the table: that of docs/classifiers.md, and predictions that another program made."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from mie_x_lib.files import read_csv
from tests.workflow.conftest import ROOT, copy_project, planned, snakemake

TINY = str(Path(__file__).with_name("tiny.yaml"))
PAGE = (ROOT / "docs/classifiers.md").read_text(encoding="utf-8")
# The first block of each language is the example of a network.
BLOCKS = dict(reversed(re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)))
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
    text = BLOCKS["python"].replace("channels: int = 16", 'channels: int = 16, notes: str = "", more: tuple = ()')
    (folder / "mine/two_frames.py").write_text(text)
    for name in ("notes", "inner"):
        (folder / f"mine/{name}.txt").write_text("Weights, for instance.")
    config = yaml.safe_load(BLOCKS["yaml"])
    config["classifiers"]["two_frames"]["file"] = "../mine/two_frames.py"
    config["classifiers"]["two_frames"]["options"] |= {
        "notes": "../mine/notes.txt",
        "more": [{"inner": "../mine/inner.txt"}, 3],
    }
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
    for changed, new in (
        (file, text.replace("channels: int = 16", "channels: int = 24")),
        (project.parent / "mine/notes.txt", "Others."),
        (project.parent / "mine/inner.txt", "Others."),
    ):
        before = changed.read_text()
        changed.write_text(new)
        networks = {path for path in planned(project, *targets) if path.startswith("results/networks/")}
        assert networks
        assert all("/two_frames/" in path for path in networks)
        changed.write_text(before)


def test_predictions_of_another_program_stand_in_the_table_beside_the_others(arguments):
    project, targets = arguments
    clips = read_csv(project / "results/folds/compmie.csv")
    (project / "mine").mkdir()
    names = clips["label"].map({0: "negative", 1: "positive", 2: "surprise"})
    for seed in range(2):
        given = clips[["dataset", "subject", "clip", "fold"]].assign(predicted=names)
        given.sample(frac=1, random_state=seed).to_csv(project / f"mine/{seed}.csv", index=False)
    row = {"row": "another program", "predictions": "mine/*.csv"}
    (project / "given.yaml").write_text(yaml.safe_dump({"tables": {"few": [*FEW["tables"]["few"], row]}}))
    assert not {path for path in planned(project, *targets, "given.yaml") if path.startswith("results/networks/")}
    run = snakemake(project, *targets, "given.yaml")
    assert run.returncode == 0, run.stdout
    table = read_csv(project / TABLE).set_index("row")
    assert table.loc["another program", ["classifier", "uf1_mean", "seeds"]].tolist() == ["given", 100, 2]
    assert "not known here" in table.loc["another program", "remark"]
    compared = read_csv(project / "results/uf1_comparisons.csv")
    assert set(compared["classifier"]) == {"two_frames", "ststnet"}
    assert "Warning: mine" not in run.stdout
    shutil.copy(project / "mine/0.csv", project / "mine/0 (copy).csv")
    plan = snakemake(project, "--dry-run", *targets, "given.yaml")
    assert plan.stdout.count("Warning: mine/0.csv has the bytes of mine/0 (copy).csv, and counts as another") == 1
    (project / "mine/0 (copy).csv").unlink()
    text = (project / "mine/1.csv").read_text().splitlines()
    (project / "mine/1.csv").write_text("\n".join(text[:-1]) + "\n")
    run = snakemake(project, *targets, "given.yaml")
    assert run.returncode == 1
    assert f"mine/1.csv: 1 of {len(clips)} test clips are missing" in run.stdout


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
