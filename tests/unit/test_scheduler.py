"""Snakemake's scheduler has one timer that waits, and not one more for each job that has ended."""

import subprocess
import sys

import pytest

from mie_x_lib.provenance import ROOT

SNAKEFILE = """
from rules.scheduler import look_once_a_second

look_once_a_second()


rule all:
    input:
        expand("{number}.txt", number=range(60)),
        "last.txt",


rule one:
    output:
        touch("{number}.txt"),


# There is a job that could start until all others have ended.
rule last:
    output:
        touch("last.txt"),
    priority: -1
"""
COUNT = """
import sys, threading
from snakemake.cli import main

waiting, most, begin = [], 0, threading.Timer.start

def start(timer):
    global most
    begin(timer)
    waiting[:] = [other for other in [*waiting, timer] if other.is_alive()]
    most = max(most, len(waiting))

threading.Timer.start = start
try:
    main(["--cores", "1", "--scheduler", "greedy", "--quiet", "all"])
finally:
    print("most", most)
"""


@pytest.mark.slow
def test_looks_do_not_grow_with_the_jobs_that_have_ended(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    run = subprocess.run(
        [sys.executable, "-c", COUNT], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (tmp_path / "last.txt").exists(), run.stderr
    # One that waits, and one that has just had its turn.
    assert 1 <= int(run.stdout.split()[-1]) <= 2
