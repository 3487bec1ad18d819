import errno
import os
import subprocess
import sys

import pytest

from mie_x_lib import host
from mie_x_lib.provenance import ROOT

pytestmark = pytest.mark.slow

TAKES_ONE = """
import os, sys
from mie_x_lib import host
host.glob = lambda pattern: ["/dev/nvidia0", "/dev/nvidia1"][: int(sys.argv[1])]
host.take_one_gpu()
print(os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def started(tmp_path):
    """Start processes that take a GPU; each says which, and holds it until it is ended."""
    processes = []

    def start(gpus, **variables):
        surroundings = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
        surroundings |= {"TMPDIR": str(tmp_path)} | variables
        pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
        command = [sys.executable, "-c", TAKES_ONE, str(gpus)]
        processes.append(subprocess.Popen(command, cwd=ROOT, env=surroundings, text=True, **pipes))
        return processes[-1], processes[-1].stdout.readline().strip()

    yield start
    for process in processes:
        process.communicate()


@pytest.mark.parametrize(
    ("variables", "names"), [({}, ["0", "1"]), ({"CUDA_VISIBLE_DEVICES": "3,GPU-5"}, ["3", "GPU-5"])]
)
def test_of_several_gpus_each_job_has_one_of_its_own(started, variables, names):
    first, found = started(2, **variables)
    _, other = started(2, **variables)
    assert [found, other] == names
    # With more jobs than GPUs some share one.
    assert started(2, **variables)[1] in names
    first.communicate()
    assert started(2, **variables)[1] == names[0]


def test_an_empty_variable_hides_all_gpus_and_stays_so(started):
    assert started(2, CUDA_VISIBLE_DEVICES="")[1] == ""


@pytest.mark.parametrize("fault", ["no locks", "no folder"])
def test_without_locks_a_gpu_is_taken_all_the_same(monkeypatch, tmp_path, fault):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    if fault == "no locks":
        monkeypatch.setattr(host.fcntl, "flock", refuse)
    monkeypatch.setattr(host, "gettempdir", lambda: str(tmp_path / ("" if fault == "no locks" else "absent")))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,5")
    host.take_one_gpu()
    assert os.environ["CUDA_VISIBLE_DEVICES"] in ("4", "5")


@pytest.mark.parametrize("gpus", [0, 1])
def test_where_there_is_no_choice_nothing_is_chosen(started, gpus):
    assert started(gpus)[1] == "None"
    assert started(2, CUDA_VISIBLE_DEVICES="7")[1] == "7"
