"""What must not matter to results: cores, the surroundings of a run, the place of its folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.kills import TINY, results
from tests.workflow.conftest import copy_project

SMALL = ("--configfile", str(Path(__file__).parents[1] / "slurm/small.yaml"))
RENDERS = ("--", "results/renders/emotionnet/expert/0.h5", "results/generator_checks/emotionnet.csv")
# Where a program takes something from these, another user has it otherwise.
SURROUNDINGS = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Asia/Tokyo", "OMP_NUM_THREADS": "2", "COLUMNS": "40"}


def made(project: Path, cores: int, arguments: tuple[str, ...], **variables: str) -> dict[str, bytes]:
    run = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments],
        cwd=copy_project(project),
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    return results(project)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((*SMALL, *RENDERS), marks=pytest.mark.slow, id="renders"),
        pytest.param(TINY, marks=pytest.mark.long, id="the tiny graph"),
    ],
)
def test_results_have_the_same_bytes_on_one_core_in_other_surroundings_and_in_a_folder_with_a_blank(
    tmp_path, arguments
):
    passing = tmp_path / "passing files"
    passing.mkdir()
    here = made(tmp_path / "here", 2, arguments)
    there = made(tmp_path / "a folder", 1, arguments, TMPDIR=str(passing), **SURROUNDINGS)
    assert [name for name in here.keys() | there.keys() if here.get(name) != there.get(name)] == []
