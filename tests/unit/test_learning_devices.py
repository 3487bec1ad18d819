import os
import subprocess
import sys

import pytest
import torch

from mie_x_lib.learning.devices import autocast, default_device, memory_format
from mie_x_lib.provenance import ROOT


def test_the_default_is_the_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert default_device().type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert default_device().type == "cpu"


CHOOSES = """
import os, sys, torch
from mie_x_lib.learning.devices import default_device
torch.cuda.device_count = lambda: 2
default_device()
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.parametrize(("seen", "names"), [(None, ["0", "1"]), ("3,GPU-5", ["3", "GPU-5"])])
def test_of_several_gpus_each_job_has_one_of_its_own(tmp_path, seen, names):
    surroundings = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    surroundings |= {"TMPDIR": str(tmp_path)} | ({"CUDA_VISIBLE_DEVICES": seen} if seen else {})

    def job():
        pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
        return subprocess.Popen([sys.executable, "-c", CHOOSES], cwd=ROOT, env=surroundings, text=True, **pipes)

    jobs = [job()]
    found = [jobs[0].stdout.readline().strip()]
    jobs.append(job())
    found.append(jobs[1].stdout.readline().strip())
    assert found == names
    jobs[0].communicate()
    # A third one has that of the job that has ended, and a fourth one shares.
    jobs += [job(), job()]
    assert {job.stdout.readline().strip() for job in jobs[2:]} <= set(names)
    for other in jobs[1:]:
        other.communicate()


@pytest.mark.parametrize(
    ("precision", "hardware", "expected"),
    [
        ("float32", True, torch.float32),
        ("bfloat16", False, torch.bfloat16),
        ("auto", True, torch.bfloat16),
        ("auto", False, torch.float32),
    ],
)
def test_auto_takes_bfloat16_only_from_hardware_that_has_it(monkeypatch, precision, hardware, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": hardware})
    with autocast(torch.device("cpu"), precision):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected
    layout = torch.channels_last if expected == torch.bfloat16 else torch.contiguous_format
    assert memory_format(torch.device("cpu"), precision) == layout


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="'half' is none of auto, float32, bfloat16"):
        autocast(torch.device("cpu"), "half")
