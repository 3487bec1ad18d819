"""A start by the starter is a start of `python -m snakemake`: folder, environment, modules, output and exit code."""

import re
import subprocess
import sys

import pytest

from tests.workflow import starter

SNAKEFILE = """
import os, sys
from importlib.util import find_spec

print(os.getcwd(), os.environ.get("MINE"), os.environ.get("GONE"), sys.path[:3], sys.stdin.read())
print([name for name in ("mie_x_lib", "rules", "tests") if name in sys.modules])
print(*(find_spec(name).origin for name in ("beside", "own")))
print("A fault.", file=sys.stderr)

rule all:
    output: "made"
    shell: "exit {}"
"""
# What is of one start alone: times, names, and the order of what Python holds in sets.
OWN = re.compile(
    r"\d{4}-\d\d-\d\d.*|\[.* \d{4}\]|(?:Workflow ID|Elapsed time): .*|[^ ]*\.snakemake/log/.*|\{[a-z,-]+\}"
)


def anew(folder, arguments):
    return subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(
    ("status", "arguments"), [(0, ["--dry-run"]), (3, ["--nolock"]), (0, ["--no-such-option"]), (0, ["no_such_target"])]
)
def test_a_start_says_and_ends_as_one_of_a_process_of_its_own(tmp_path, monkeypatch, status, arguments):
    monkeypatch.setenv("GONE", "x")
    starter.run(tmp_path, ["--version"])
    monkeypatch.delenv("GONE")
    monkeypatch.setenv("MINE", "a value")
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/own.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Snakefile").write_text(SNAKEFILE.replace("{}", str(status)))
    (folder / "beside.py").touch()
    found, expected = starter.run(folder, ["--cores", "1", *arguments]), anew(folder, ["--cores", "1", *arguments])
    assert found.returncode == expected.returncode
    said, other = (sorted(OWN.sub("", run.stdout).splitlines()) for run in (found, expected))
    assert said == other
