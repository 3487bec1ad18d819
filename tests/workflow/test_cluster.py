"""What the jobs ask a cluster for through the profile, and how a run ends whose terminal is gone."""

import os
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.profiles import ProfileConfigFileParser

from tests.workflow import starter
from tests.workflow.conftest import ROOT

TINY = ("--configfile", str(Path(__file__).with_name("tiny.yaml")))
GPU_RULES = {
    *("admit_generator", "check_generator", "estimate_action_units", "finetune_synthetic", "measure_drawn"),
    *("measure_renders", "render_shard", "train_au_network", "train_generator", "train_real", "train_synthetic"),
}
LINE = re.compile(r"^ *rule (\w+):\n(?: +\w.*\n)*? +resources: (.*)$", re.MULTILINE)


def asked(project: Path, own: str = "", *arguments: str) -> dict[str, dict[str, str]]:
    """The resources of each rule, with a profile laid over the shipped one."""
    (project / "profiles/own").mkdir(exist_ok=True)
    (project / "profiles/own/profile.yaml").write_text(f"jobs: 10\n{own}")
    profiles = ("--profile", "profiles/slurm", "--profile", "profiles/own")
    run = starter.run(project, ("--dry-run", *profiles, *TINY, *arguments))
    assert run.returncode == 0, run.stdout
    return {rule: dict(re.findall(r"(\w+)=([^,]*)", resources)) for rule, resources in LINE.findall(run.stdout)}


def with_gpus(jobs: dict[str, dict[str, str]], key: str = "gpu") -> set[str]:
    return {rule for rule, resources in jobs.items() if resources.get(key, "0") != "0"}


def test_jobs_that_use_networks_ask_for_a_gpu(project):
    jobs = asked(project)
    assert with_gpus(jobs) == GPU_RULES
    assert all({"mem_mb", "runtime"} <= set(resources) for resources in jobs.values())


def test_one_line_is_enough_for_a_cluster_without_gpus(project):
    assert with_gpus(asked(project, "resources: [runtime=4320, in_turn=1, gpu=0]\n")) == set()


@pytest.mark.parametrize("line", ["gres=gpu:1", "gres=gpu:a100:1"])
def test_one_line_asks_with_gres_for_the_same_jobs(project, line):
    jobs = asked(project, f"default-resources: [mem_mb=2000, {line}]\n")
    assert with_gpus(jobs, "gres") == GPU_RULES
    assert with_gpus(jobs) == set()
    assert {jobs[rule]["gres"] for rule in GPU_RULES} == {line.partition("=")[2]}


def test_one_line_asks_for_a_model_for_the_same_jobs(project):
    jobs = asked(project, "default-resources: [mem_mb=2000, gpu_model=a100]\n")
    assert with_gpus(jobs) == with_gpus(jobs, "gpu_model") == GPU_RULES


def test_one_line_shortens_the_time_that_jobs_ask_for(project):
    jobs = asked(project, "resources: [runtime=100, in_turn=1]\n")
    assert max(int(resources["runtime"]) for resources in jobs.values()) == 100
    assert int(asked(project)["train_generator"]["runtime"]) == 4320


def test_one_line_keeps_jobs_to_the_memory_of_the_nodes(project):
    jobs = asked(project, "resources: [runtime=4320, in_turn=1, mem_mb=3000]\n")
    assert max(int(resources["mem_mb"]) for resources in jobs.values()) == 3000
    assert int(asked(project)["train_generator"]["mem_mb"]) > 3000


def test_a_job_that_is_tried_again_asks_for_more(project):
    first = asked(project)["train_real"]
    third = asked(project, "", "--attempt", "3")["train_real"]
    for name in ("mem_mb", "runtime"):
        assert int(third[name]) == 3 * int(first[name])


# A shell says 127 of a program that it does not find.
@pytest.mark.parametrize(("answer", "status"), [(0, "sacct"), (1, "squeue"), (127, "squeue")])
def test_the_state_of_jobs_is_asked_of_sacct_where_that_answers(tmp_path, monkeypatch, answer, status):
    (tmp_path / "sacct").write_text(f"#!/bin/sh\nexit {answer}\n")
    (tmp_path / "sacct").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with open(ROOT / "profiles/slurm/profile.yaml", encoding="utf-8") as profile:
        assert ProfileConfigFileParser().parse(profile)["slurm-status-command"] == status


def test_a_run_whose_terminal_is_gone_leaves_no_lock(project):
    # A job that has not ended by the time it is told of.
    (project / "many.yaml").write_text("simulated: {people: {subjects: 60}}\n")
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *TINY, "many.yaml", "--", "results/corpora/people"]
    inside, outside = os.openpty()
    # Tests that nohup started have this signal ignored, and so would all that they start.
    heeds = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)}
    run = subprocess.Popen(command, cwd=project, stdout=outside, stderr=outside, **heeds)
    os.close(outside)
    log = project / "logs/simulate_corpus/people.log"
    said = b""
    while run.poll() is None and not (log.is_file() and log.read_text()):
        # What is not read would stop it in the end.
        if select.select([inside], [], [], 0.2)[0]:
            said += os.read(inside, 1 << 16)
    assert any((project / ".snakemake/locks").iterdir()), said
    # From here on it cannot write to its terminal either.
    os.close(inside)
    run.send_signal(signal.SIGHUP)
    # 120 is Python's own status where the terminal could not take the last of what was said.
    assert run.wait(timeout=120) in (1, 120)
    assert not any((project / ".snakemake/locks").glob("*"))
    # What was drawn by then is whole or absent, and the next run goes on from there.
    again = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
