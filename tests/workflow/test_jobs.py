"""A job that is a fork does what one of a process of its own does: arguments, folder, modules, streams, exit code."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.workflow import jobs

SCRIPT = """
import os, sys
from importlib.util import find_spec

print(os.getcwd(), sys.argv, sys.path[:3], os.environ.get("MINE"), os.environ.get("GONE"), sys.stdin.read())
print([name for name in ("mie_x_lib", "rules", "tests") if name in sys.modules], __name__, __file__, sys.executable)
print(*(find_spec(name).origin for name in ("beside", "own")))
print("A fault.", file=sys.stderr)
{}
"""


def run(python: str, script: Path, threads: int = 1) -> subprocess.CompletedProcess:
    """As Snakemake starts a script of a job."""
    return subprocess.run(
        [python, script],
        cwd=script.parent,
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
        input="said",
        capture_output=True,
        text=True,
    )


@pytest.fixture
def script(tmp_path, monkeypatch) -> Path:
    """A script that says what it was started with; it stands beside a module, and another is on the path of modules."""
    monkeypatch.setenv("GONE", "x")
    jobs.python()
    monkeypatch.delenv("GONE")
    monkeypatch.setenv("MINE", "a value")
    for name in ("job/beside.py", "packages/own.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    return tmp_path / "job/script.py"


@pytest.mark.parametrize(
    "end", ["", "sys.exit(3)", "sys.exit('no')", "1 / 0", "os.kill(os.getpid(), 9)", "import gone"]
)
def test_it_says_and_ends_as_one_of_a_process_of_its_own(script, end):
    script.write_text(SCRIPT.replace("{}", end))
    found, expected = run(jobs.python(), script), run(sys.executable, script)
    assert (found.returncode, found.stdout) == (expected.returncode, expected.stdout)
    # A traceback of a fork begins in what ran it.
    assert (found.stderr.splitlines()[0], found.stderr.splitlines()[-1]) == (
        "A fault.",
        expected.stderr.splitlines()[-1],
    )


@pytest.mark.parametrize(
    ("threads", "line", "is_fork"),
    [(1, "", True), (2, "", False), (1, "# with job(snakemake, least_threads=2)", False)],
)
def test_only_a_job_of_one_thread_is_a_fork(script, threads, line, is_fork):
    script.write_text(f"{line}\nimport sys; print('torch' in sys.modules)")
    assert run(jobs.python(), script, threads).stdout == f"{is_fork}\n"


def test_whatever_else_python_is_asked_for_is_done():
    assert subprocess.run([jobs.python(), "-c", "print(1)"], capture_output=True, text=True).stdout == "1\n"


def test_a_job_ends_with_who_asked_for_it(script):
    script.write_text("import os, time; print(os.getpid(), flush=True); time.sleep(5); open('went on', 'w')")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [jobs.python(), script]
    asker = subprocess.Popen(command, cwd=script.parent, env=environment, stdout=subprocess.PIPE, text=True)
    job = int(asker.stdout.readline())
    os.kill(asker.pid, signal.SIGKILL)
    asker.wait()
    while Path(f"/proc/{job}").exists():
        time.sleep(0.05)
    assert not (script.parent / "went on").exists()
