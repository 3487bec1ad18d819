"""A script's output goes to its log, and a fault in the input is one line."""

import hashlib
import os
import re
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import os, sys
from types import SimpleNamespace
from mie_x_lib.errors import InputError
from workflow_scripts.job import job

given = {"output": [], "config": {"bounds": {}}, "resources": {}}
with job(SimpleNamespace(log=[sys.argv[1]], threads=1, rule="render_shard", wildcards=["a", "0"], **given)):
    {body}
"""


WHERE = f"render_shard on {socket.gethostname()}\n"


def run(body: str, log: Path, **variables: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", SCRIPT.replace("{body}", body), str(log)]
    return subprocess.run(command, cwd=ROOT, env=os.environ | variables, capture_output=True, text=True)


def everything(terminal: int) -> bytes:
    """What was written to a terminal that nobody holds any more; it comes in pieces."""
    pieces = []
    with suppress(OSError):  # the end of it
        while piece := os.read(terminal, 1 << 16):
            pieces.append(piece)
    return b"".join(pieces)


def test_a_log_begins_with_where_the_job_ran(tmp_path):
    run("pass", tmp_path / "log")
    assert (tmp_path / "log").read_text() == WHERE
    run("os.abort()", tmp_path / "log", SLURM_JOB_ID="1234")
    first = (tmp_path / "log").read_text().splitlines()[0]
    assert first == f"{WHERE.strip()} as SLURM job 1234; its SLURM log is in .snakemake/slurm_logs"


def test_output_of_python_and_of_native_code_goes_to_the_log(tmp_path):
    done = run(
        "print('from python'); sys.stdout.flush(); os.system('echo from outside; echo aside >&2')", tmp_path / "log"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "log").read_text() == f"{WHERE}from python\nfrom outside\naside\n"


def test_a_fault_in_the_input_is_one_line_on_terminal_and_log(tmp_path):
    done = run("raise InputError('a.csv: row 3 is short')", tmp_path / "log")
    assert done.returncode == 1
    assert done.stderr == "Input error: a.csv: row 3 is short\n"
    assert (tmp_path / "log").read_text() == WHERE + done.stderr


def test_what_the_library_warns_of_is_told_on_terminal_and_log(tmp_path):
    done = run("import logging; logging.getLogger('mie_x_lib.locks').warning('no locks')", tmp_path / "log")
    assert (done.returncode, done.stderr) == (0, "Warning: no locks\n")
    assert (tmp_path / "log").read_text() == WHERE + done.stderr


def test_what_a_job_leaves_is_not_looked_through_at_its_end(tmp_path):
    count = "atexit.register(lambda: print(gc.get_freeze_count() > 1000))"
    for end in ("pass", "raise InputError('short')", "1 / 0"):
        run(f"import atexit, gc; {count}; {end}", tmp_path / "log")
        assert (tmp_path / "log").read_text().splitlines()[-1] == "True"


def test_any_other_fault_leaves_a_traceback_in_the_log(tmp_path):
    done = run("1 / 0", tmp_path / "log")
    assert (done.returncode, done.stderr) == (1, "")
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()


def test_progress_is_lines_in_the_log_and_a_bar_on_a_terminal(tmp_path):
    body = "from mie_x_lib.progress import bar; list(bar('abc', 'reading', 'letter'))"
    assert run(body, tmp_path / "log").stderr == ""
    _, line = (tmp_path / "log").read_text().splitlines()
    assert line.startswith("reading: 100 %, 3 of 3 letters")
    inside, outside = os.openpty()
    command = [sys.executable, "-c", SCRIPT.replace("{body}", body), str(tmp_path / "log")]
    subprocess.run(command, cwd=ROOT, stderr=outside, check=True)
    os.close(outside)
    shown = everything(inside).decode()
    assert "render_shard a 0 reading:" in shown
    assert shown.endswith("\r\x1b[K")
    os.close(inside)


@pytest.mark.slow
def test_threads_are_set_before_the_libraries_load(tmp_path):
    run("import torch; print(torch.get_num_threads())", tmp_path / "log")
    assert (tmp_path / "log").read_text() == f"{WHERE}1\n"


def test_a_job_has_the_threads_on_which_its_result_hangs_on_any_number_of_cores(tmp_path):
    body = "import os; print(os.environ['OMP_NUM_THREADS'])"
    for given, least, expected in (("1", "2", "2"), ("4", "2", "4")):
        script = SCRIPT.replace("{body}", body).replace("threads=1", f"threads={given}")
        script = script.replace("**given))", f"**given), least_threads={least})")
        subprocess.run([sys.executable, "-c", script, str(tmp_path / "log")], cwd=ROOT, check=True)
        assert (tmp_path / "log").read_text() == f"{WHERE}{expected}\n"


@pytest.mark.parametrize("rule", ["train_generator", "train_au_network"])
def test_a_training_has_on_one_core_the_threads_of_its_rule(rule):
    (rules,) = [text for path in (ROOT / "rules").glob("*.smk") if f"rule {rule}:" in (text := path.read_text())]
    threads = re.search(rf"^rule {rule}:.*?^    threads: (\d+)$", rules, re.MULTILINE | re.DOTALL)[1]
    assert f"with job(snakemake, least_threads={threads}) " in (ROOT / f"workflow_scripts/{rule}.py").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["results/a/.b.{}.part.csv", "results/manifest/a/.b.csv.{}.part.json"])
def test_what_a_killed_job_left_of_its_outputs_and_of_their_records_is_swept(tmp_path, name):
    killed = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    machine = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
    left = tmp_path / name.format(f"{machine}-{killed.stdout.strip()}")
    left.parent.mkdir(parents=True)
    left.write_text("half")
    (tmp_path / "results/a").mkdir(exist_ok=True)
    program = SCRIPT.replace("{body}", "open('results/a/b.csv', 'w').close()")
    program = program.replace('"output": []', '"output": ["results/a/b.csv"], "input": [], "params": {}')
    program = program.replace('["a", "0"]', "{}")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, "log"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, (tmp_path / "log").read_text()
    assert not left.exists()
    assert (tmp_path / "results/manifest/a/b.csv.json").exists()
