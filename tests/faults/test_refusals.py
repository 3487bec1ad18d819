"""What the system refuses to write is one sentence that names the file, and leaves nothing under its name."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mie_x_lib.provenance import ROOT
from tests.faults.test_full_disk import SCRIPT, WRITERS

pytestmark = pytest.mark.slow


def run(what: str, folder: Path, *before: str) -> tuple[int, str, str]:
    """Exit code, terminal and log of a job that writes into a folder. before: a command that starts another one."""
    script = SCRIPT.replace("{body}", textwrap.indent(textwrap.dedent(WRITERS[what]), " " * 4))
    log = folder.with_name("log")
    command = [*before, sys.executable, "-c", script, log, folder / "new.out", "1000000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stderr, log.read_text().split("\n", 1)[1]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


@pytest.mark.parametrize("what", ["a shard", "a table", "weights"])
def test_a_file_that_may_not_be_as_large_is_one_sentence(folder, what):
    code, said, log = run(what, folder, "bash", "-c", 'ulimit -f 100; exec "$@"', "bash")
    path = folder / "new.out"
    expected = f"File too large: {path} cannot be written; allow larger ones with ulimit -f and start again\n"
    assert (code, said, log) == (1, expected, expected)
    assert list(folder.iterdir()) == []


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A disk that is mounted for reading alone."""
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("what", ["a shard", "an export"])
def test_a_disk_that_is_mounted_for_reading_is_one_sentence(folder, what):
    with read_only(folder):
        code, said, log = run(what, folder)
    expected = f"Read-only disk: {folder / 'new.out'} cannot be written; mount it for writing and start again\n"
    assert (code, said, log) == (1, expected, expected)


@pytest.mark.parametrize("what", ["a shard", "an export"])
def test_a_folder_that_is_closed_to_the_user_is_one_sentence(folder, what):
    folder.chmod(0o555)
    # The superuser may write anywhere; without this right he is as others are.
    without_rights = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    code, said, log = run(what, folder, *([] if os.geteuid() else without_rights))
    expected = (
        f"Permission denied: {folder / 'new.out'} cannot be opened or written; change its permissions or those of its "
        "folder and start again\n"
    )
    assert (code, said, log) == (1, expected, expected)
    assert list(folder.iterdir()) == []
