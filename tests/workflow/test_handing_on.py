"""Inputs that change without a new time make their jobs run again, and outputs that change are named."""

import os

import pytest

from tests.workflow.conftest import planned, snakemake

TRIPLETS, CLIPS = "results/triplets/expert/0.csv", "results/clips/mine.csv"
OWN = """
datasets: {mine: {layout: videos, role: micro, root: mine}}
au_sources: {expert: {kind: expert, table: mine/expert.csv}}
"""


@pytest.fixture
def own(project):
    """A project with clips and an expert table of the user's own, of which clips and triplets are made."""
    (project / "mine/frames").mkdir(parents=True)
    for number in range(3):
        (project / f"mine/frames/{number}.png").write_bytes(b"x")
    (project / "mine/clips.csv").write_text("clip,subject,emotion,path\na,1,fear,frames\n")
    (project / "mine/expert.csv").write_bytes((project / "config/expert_table.csv").read_bytes())
    (project / "own.yaml").write_text(OWN)
    run = snakemake(project, TRIPLETS, CLIPS, "--configfile", "own.yaml")
    assert run.returncode == 0, run.stdout
    return project


def change(path):
    """Change a file and give it its old time, as a copy that is restored has it."""
    times = os.stat(path)
    path.write_text(path.read_text().replace("fear", "happiness").replace("0.9", "0.8"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_table_that_changed_and_is_dated_back_is_noticed(own):
    assert planned(own, TRIPLETS, CLIPS, "--configfile", "own.yaml") == set()
    change(own / "mine/clips.csv")
    assert planned(own, TRIPLETS, CLIPS, "--configfile", "own.yaml") == {CLIPS}
    run = snakemake(own, "verify")
    assert run.returncode == 1
    assert f"{CLIPS}: is older than mine/clips.csv, of which it was made when that was another" in run.stdout
    change(own / "mine/expert.csv")
    assert planned(own, TRIPLETS, CLIPS, "--configfile", "own.yaml") == {TRIPLETS, CLIPS}


def test_what_happened_to_results_is_named(own):
    run = snakemake(own, "verify")
    assert run.returncode == 0, run.stdout
    assert "results: 2 files looked at, all of them whole" in run.stdout
    with open(own / TRIPLETS, "a") as file:
        file.write("1\n")
    (own / CLIPS).unlink()
    (own / "results/clips/others.csv").write_text("x")
    run = snakemake(own, "verify")
    assert run.returncode == 1
    for line in (
        f"{TRIPLETS}: is damaged",
        f"{CLIPS}: is missing",
        "results/clips/others.csv: is foreign",
        "results: 2 files looked at, 3 faults",
    ):
        assert line in run.stdout, run.stdout
