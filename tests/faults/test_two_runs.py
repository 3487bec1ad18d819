"""Two runs at once in one folder: the second one ends with what the docs say, or does no harm."""

import re
import subprocess
import sys
import time

import pytest

from mie_x_lib.provenance import ROOT
from mie_x_lib.verify import verify
from tests.faults.kills import TINY, Run, results
from tests.workflow.conftest import copy_project, snakemake

pytestmark = pytest.mark.slow
TARGET = (*TINY, "--", "results/frames/smic.h5")


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the first run makes where there is no second one."""
    project = copy_project(tmp_path_factory.mktemp("alone") / "project")
    run = snakemake(project, *TARGET, as_users_do=True)
    assert run.returncode == 0, run.stdout
    return results(project)


@pytest.fixture
def first(tmp_path):
    """A run whose first job has begun."""
    run = Run(copy_project(tmp_path / "project"), TARGET, cores=1)
    log = run.project / "logs/simulate_corpus/smic.log"
    while run.head.poll() is None and not (log.is_file() and log.read_text()):
        time.sleep(0.05)
    assert run.head.poll() is None, run.said.read_text()
    return run


def test_the_second_run_is_refused_and_the_first_one_goes_on(first, expected):
    second = snakemake(first.project, *TARGET)
    assert second.returncode == 1
    # The first line of the message, which the docs quote.
    (said,) = re.findall(r"^Error: (.*)", second.stdout, re.MULTILINE)
    assert said in " ".join((ROOT / "docs/reruns.md").read_text(encoding="utf-8").split())
    assert first.head.wait() == 0, first.said.read_text()
    assert results(first.project) == expected


@pytest.mark.parametrize("how", ["--unlock", "--nolock"])
def test_a_second_run_that_ignores_the_lock_does_no_harm(first, expected, how):
    if how == "--unlock":
        subprocess.run([sys.executable, "-m", "snakemake", "--unlock"], cwd=first.project, check=True)
    # Either may end in an error, where the other one makes or removes a file just then.
    snakemake(first.project, *(["--nolock"] if how == "--nolock" else []), *TARGET, as_users_do=True)
    first.head.wait()
    again = snakemake(first.project, *TARGET, as_users_do=True)
    assert again.returncode == 0, again.stdout
    assert results(first.project) == expected
    assert verify(first.project / "results")[1] == []
