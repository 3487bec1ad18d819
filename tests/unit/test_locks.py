"""One process at a time writes a folder."""

import fcntl
import os
import subprocess
import sys

import pytest

from mie_x_lib.errors import InputError
from mie_x_lib.locks import alone_in
from mie_x_lib.provenance import ROOT

HOLDS = """
import sys
from mie_x_lib.locks import alone_in
with alone_in(sys.argv[1]):
    print("inside", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
    """A process that is in the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path / "training")],
        cwd=ROOT,
        env=os.environ | {"SLURM_JOB_ID": "1234"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "inside\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_a_folder_in_which_another_job_writes_is_refused_with_its_number(tmp_path, other):
    with pytest.raises(InputError, match=r"training: another job writes there, on .* as SLURM job 1234; "):
        alone_in(tmp_path / "training").__enter__()


@pytest.mark.slow
def test_a_job_that_was_killed_leaves_its_folder_to_the_next(tmp_path, other):
    other.kill()
    other.wait()
    with alone_in(tmp_path / "training"):
        pass


def test_a_folder_is_free_again_after_the_block_and_says_nothing_of_it(tmp_path):
    for _ in range(2):
        with alone_in(tmp_path / "training"):
            assert next((tmp_path / "training").iterdir()).read_text().startswith("on ")
        assert next((tmp_path / "training").iterdir()).read_text() == ""


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with alone_in(tmp_path / "training"):
        pass
    assert "training cannot be locked (Function not implemented)" in caplog.text
