"""After any number of edits, each with a run of what hangs on it, results are those of a run from nothing."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.faults.kills import TINY, Run, kill_all, results
from tests.workflow.conftest import copy_project

pytestmark = pytest.mark.long


def config(**changes: object) -> Callable[[Path], None]:
    """An edit of the config: keys of its first level, which stay so until another edit."""

    def edit(project: Path) -> None:
        path = project / "own.yaml"
        given = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
        path.write_text(yaml.safe_dump((given or {}) | changes), encoding="utf-8")

    return edit


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    """An edit of a file in which a text stands once."""

    def edit(project: Path) -> None:
        text = (project / name).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (project / name).write_text(text.replace(old, new), encoding="utf-8")

    return edit


def killed(project: Path) -> None:
    """A run that is killed when some crops have been cut."""
    at_work = Run(project, arguments(project))
    while at_work.begun().count("extract_frames") < 4:
        assert at_work.head.poll() is None
        time.sleep(0.1)
    kill_all(at_work)
    at_work.wait_for_jobs_left()
    unlock = [sys.executable, "-m", "snakemake", "--unlock", *arguments(project)]
    subprocess.run(unlock, cwd=project, check=True, capture_output=True)


def removed(*patterns: str) -> Callable[[Path], None]:
    """Files of results that somebody deletes."""

    def edit(project: Path) -> None:
        for pattern in patterns:
            found = list((project / "results").glob(pattern))
            assert found, pattern
            for path in found:
                path.unlink()

    return edit


EDITS = {
    "an AU source has more clips": config(simulated={"mmew": {"clips_per_subject": 6}}),
    "other triplets": config(triplets={"min_change": 0.02}),
    "more identities": config(
        id_sources={"emotionnet": {"identities": 14}},
        simulated={"emotionnet": {"subjects": 14}, "mmew": {"clips_per_subject": 6}},
    ),
    "the triplets of before": config(triplets={"min_change": 0}),
    "the clips of before": config(simulated={"emotionnet": {"subjects": 14}}),
    "more trainings": config(training={"samples": 12, "seeds": [0, 1]}),
    "another line of expert knowledge": replaced("config/expert_table.csv", "sadness,0,AU15,0.5", "sadness,0,AU15,0.4"),
    "code that does what it did": replaced(
        "mie_x_lib/frames/extraction.py", "class Extraction(", "UNUSED = 1\n\n\nclass Extraction("
    ),
    "another margin of faces, in a run that is killed": lambda project: (
        config(frames={"margin": 0.2})(project),
        killed(project),
    ),
    "the margin of before": config(frames={"margin": 0.05}),
    "files are deleted": removed("uf1_*.csv", "figures/uf1.png"),
    "a test set with other folds": config(evaluations={"compmie": {"folds": 3}}),
    "fewer trainings": config(training={"samples": 12, "seeds": [1]}),
}


def arguments(project: Path) -> tuple[str, ...]:
    return (*TINY, str(project / "own.yaml"))


def run(project: Path) -> dict[str, bytes]:
    at_work = Run(project, arguments(project))
    assert at_work.head.wait() == 0, at_work.said.read_text(encoding="utf-8")[-3000:]
    return results(project)


def test_edits_and_runs_of_what_hangs_on_them_end_as_a_run_from_nothing(tmp_path):
    project, fresh = tmp_path / "project", tmp_path / "fresh"
    copy_project(project)
    config()(project)
    run(project)
    for edit in EDITS.values():
        edit(project)
        found = run(project)
    sources = shutil.ignore_patterns("results", ".snakemake", "data", "logs")
    shutil.copytree(project, fresh, ignore=sources)
    expected = run(fresh)
    assert [name for name, content in expected.items() if found.get(name) != content] == []
