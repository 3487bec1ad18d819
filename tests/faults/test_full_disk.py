"""A full disk is one sentence that names the file, and leaves nothing under its name."""

import errno
import os
import subprocess
import sys
import textwrap

import pytest

from mie_x_lib.provenance import ROOT

pytestmark = pytest.mark.slow

WRITERS = {
    "a shard": """
        import numpy, pandas
        from mie_x_lib.shards import write_images
        noise = numpy.random.default_rng(0).integers(0, 256, (size // 200, 2, 32, 32, 3), dtype="uint8")
        write_images(path, noise, pandas.DataFrame({"number": range(len(noise))}), {"card": "x" * 5000})
    """,
    "a table": """
        import pandas
        from mie_x_lib.files import write_csv
        write_csv(pandas.DataFrame({"number": range(size)}), path)
    """,
    "weights": """
        import torch
        from mie_x_lib import weights
        weights.save(path, torch.nn.Linear(size // 400, 400), "classifier", {})
    """,
    "the state of a training": """
        import torch
        from mie_x_lib.ganimation.checkpoints import save_state
        save_state(path, {"a": torch.zeros(size)}, {"step": 1})
    """,
    "an export": """
        from mie_x_lib.files import whole_folder
        with whole_folder(path) as part:
            for number in range(size // 1000):
                (part / str(number)).write_bytes(bytes(5000))
    """,
}
SCRIPT = """
import sys
from types import SimpleNamespace
from workflow_scripts.job import job

path, size = sys.argv[2], int(sys.argv[3])
given = {"output": [], "resources": {}, "config": {"bounds": {}}}
with job(SimpleNamespace(log=[sys.argv[1]], threads=1, rule="render", wildcards=[], **given)):
{body}
"""


@pytest.fixture
def disk(tmp_path):
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("place", ["log elsewhere", "log on the same disk"])
@pytest.mark.parametrize("what", WRITERS)
def test_a_full_disk_is_one_sentence(disk, tmp_path, what, place):
    log = (disk if place == "log on the same disk" else tmp_path) / "log"
    script = SCRIPT.replace("{body}", textwrap.indent(textwrap.dedent(WRITERS[what]), " " * 4))
    run = subprocess.run(
        [sys.executable, "-c", script, log, disk / "new.out", "1000000"], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr == f"Disk full: {disk / 'new.out'} cannot be written; free some space and start again\n"
    assert [path.name for path in disk.iterdir() if path != log] == []
    if log.parent == tmp_path:
        # Behind the line that says where the job ran.
        assert log.read_text().split("\n", 1)[1] == run.stderr


def test_a_disk_that_is_full_before_the_job_begins_is_one_sentence_too(disk):
    with pytest.raises(OSError, match="No space"):
        (disk / "x").write_bytes(bytes(3_000_000))
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("{body}", "    pass"), disk / "log", disk / "new.out", "1"],
        cwd=ROOT,
        # What a stream holds back until the end meets the full disk once more.
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stderr == "Disk full: a file cannot be written; free some space and start again\n"


def test_the_disk_of_this_test_is_full_at_two_megabytes(disk):
    with pytest.raises(OSError, match="No space") as fault:
        (disk / "x").write_bytes(bytes(3_000_000))
    assert fault.value.errno == errno.ENOSPC
