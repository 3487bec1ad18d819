"""Snakemake's scheduler looks once a second at the jobs that could start, however many have ended."""

import subprocess
import sys

from mie_x_lib.provenance import ROOT

SNAKEFILE = """
from rules.looks import look_once_a_second

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

started, begin = [], threading.Timer.start
threading.Timer.start = lambda timer: (started.append(timer), begin(timer))
try:
    main(["--cores", "1", "--scheduler", "greedy", "--quiet", "all"])
finally:
    print("started", len(started))
"""


def test_looks_do_not_grow_with_the_jobs_that_have_ended(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    run = subprocess.run(
        [sys.executable, "-c", COUNT], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert (tmp_path / "last.txt").exists(), run.stderr
    # One a second, of a run that takes a few.
    assert 0 < int(run.stdout.split()[-1]) < 30
