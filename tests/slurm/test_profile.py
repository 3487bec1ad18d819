"""The graph runs through the shipped profile on a SLURM, and gets over what happens on one."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mie_x_lib.provenance import ROOT
from tests.slurm.cluster import Cluster
from tests.workflow.conftest import copy_project, snakemake

pytestmark = pytest.mark.slurm

SMALL, HEAD = (Path(__file__).with_name(name) for name in ("small.yaml", "head.py"))
# Behind the measures of the renders of both shards stand groups of every kind.
MEASURED = "results/quality/emotionnet/expert.csv"
# One job.
CORPUS = "results/truth/emotionnet.csv"
# What a user writes who has such a cluster; questions are asked more often than anybody should on a real one.
OWN_PROFILE = """\
slurm-partition-config: partitions.yaml
slurm-init-seconds-before-status-checks: 2
latency-wait: 5
"""
PARTITIONS = "partitions: {standard: {supports_mpi: false}, accelerated: {max_gpu: 1, supports_mpi: false}}\n"
RECOVERY = re.search(r"```bash\n([^`]*--unlock[^`]*)```", (ROOT / "docs/cluster.md").read_text(encoding="utf-8"))[1]


class Project:
    """A copy of the project whose runs go through the profile, with another laid over it as docs/cluster.md has it."""

    def __init__(self, folder: Path, cluster: Cluster):
        self.folder, self.cluster = copy_project(folder), cluster
        self.configs = [str(SMALL)]
        (folder / "profiles/own").mkdir()
        (folder / "profiles/own/profile.yaml").write_text(OWN_PROFILE)
        (folder / "profiles/own/partitions.yaml").write_text(PARTITIONS)

    def start(self, *arguments: str) -> subprocess.Popen:
        profiles = ("--profile", "profiles/slurm", "--profile", "profiles/own", "--configfile", *self.configs)
        return subprocess.Popen(
            [sys.executable, HEAD, *profiles, *arguments],
            cwd=self.folder,
            env=self.cluster.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Tests that nohup started have this signal ignored, and so would all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )

    def run(self, *arguments: str) -> str:
        return end(self.start(*arguments))

    def jobs(self) -> list[dict[str, str]]:
        return [job for job in self.cluster.jobs() if job["WorkDir"] == str(self.folder)]

    def wait_for(self, state: str) -> str:
        """The number of the first job in a state."""
        for _ in range(300):
            for job in self.jobs():
                if job["JobState"] == state:
                    return job["JobId"]
            time.sleep(0.2)
        raise AssertionError(f"no job is {state}: {self.jobs()}")

    def results(self) -> dict[str, bytes]:
        return contents(self.folder / "results")


def end(head: subprocess.Popen) -> str:
    """What a run printed that ended well."""
    said, _ = head.communicate(timeout=1800)
    assert head.returncode == 0, said
    return said


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a result by its name; Snakemake keeps times in some, and benchmarks are times."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".snakemake_timestamp")
    named = ((str(path.relative_to(folder)), path) for path in files)
    return {name: path.read_bytes() for name, path in named if not name.startswith("benchmarks/")}


@pytest.fixture
def project(tmp_path, cluster) -> Project:
    return Project(tmp_path / "project", cluster)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> dict[str, bytes]:
    """The files of the one job when it runs here."""
    project = copy_project(tmp_path_factory.mktemp("here") / "project")
    run = snakemake(project, "--configfile", str(SMALL), "--", CORPUS, as_users_do=True)
    assert run.returncode == 0, run.stdout
    return contents(project / "results")


def test_a_graph_runs_as_here_with_gpus_where_they_are(project, tmp_path):
    head = project.start("--", MEASURED)
    here = copy_project(tmp_path / "here")
    run = snakemake(here, "--configfile", str(SMALL), "--", MEASURED, as_users_do=True)
    assert run.returncode == 0, run.stdout
    end(head)
    assert project.results() == contents(here / "results")

    jobs = {job["Comment"].partition("_wildcards")[0]: job for job in project.jobs()}
    asking = {name for name, job in jobs.items() if "TresPerJob" in job}
    of_groups = {"checks_admit_generator", "renders_render_shard", "units_estimate_action_units"}
    assert asking == {f"rule_{name}" for name in (*of_groups, "measures_measure_renders", "measure_drawn")}
    # A group, too, asks for one; versions of SLURM differ in how they write it.
    assert all(re.fullmatch("gres[:/]gpu:1", jobs[name]["TresPerJob"]) for name in asking)
    assert {name for name, job in jobs.items() if job["Partition"] == "accelerated"} == asking
    assert all(job["JobName"].startswith("mie-x_") for job in jobs.values())
    # A group does one job after the other.
    assert {jobs[f"rule_{name}"]["NumCPUs"] for name in ("faces_find_identities", "renders_render_shard")} == {"1"}
    logs = [path.read_text(encoding="utf-8") for path in (project.folder / "logs/render_shard").rglob("*.log")]
    number = jobs["rule_renders_render_shard"]["JobId"]
    assert len(logs) == 2
    assert all(re.match(rf"render_shard on .* as SLURM job {number}; .*\.snakemake/slurm_logs\n", log) for log in logs)


def test_a_job_killed_for_memory_is_tried_again_with_more(project, tmp_path):
    # SLURM looks once a second: a job has to last.
    many = tmp_path / "many.yaml"
    many.write_text("simulated: {emotionnet: {subjects: 200}}\n")
    project.configs.append(str(many))
    # Enough for Snakemake, and for the script to begin.
    said = project.run("--set-resources", "simulate_corpus:mem_mb=300 if attempt == 1 else 4000", "--", CORPUS)
    first, second = [job["JobState"] for job in project.jobs()]
    # Which of the two depends on what kills it.
    assert first in ("OUT_OF_MEMORY", "FAILED")
    assert second == "COMPLETED"
    assert re.search(r"^simulate_corpus on .* as SLURM job \d+", said, re.MULTILINE)
    assert "exceeded memory limit" in said
    here = copy_project(tmp_path / "here")
    run = snakemake(here, "--configfile", *project.configs, "--", CORPUS, as_users_do=True)
    assert run.returncode == 0, run.stdout
    assert project.results() == contents(here / "results")


def test_a_cancelled_job_is_tried_again(project, drawn):
    head = project.start("--", CORPUS)
    project.cluster.run("scancel", project.wait_for("RUNNING"))
    assert "SLURM status is: 'CANCELLED'" in end(head)
    assert [job["JobState"] for job in project.jobs()] == ["CANCELLED", "COMPLETED"]
    assert project.results() == drawn


def test_a_job_waits_for_a_node_that_is_drained(project, drawn):
    project.cluster.run("scontrol", "update", "node=n1", "state=drain", "reason=test")
    head = project.start("--", CORPUS)
    project.wait_for("PENDING")
    project.cluster.run("scontrol", "update", "node=n1", "state=resume")
    end(head)
    assert [job["JobState"] for job in project.jobs()] == ["COMPLETED"]
    assert project.results() == drawn


def test_a_run_whose_terminal_is_gone_cancels_its_jobs_and_unlocks_its_folder(project):
    head = project.start("--", CORPUS)
    project.wait_for("RUNNING")
    head.send_signal(signal.SIGHUP)
    head.communicate(timeout=60)
    assert head.returncode == 1
    assert {job["JobState"] for job in project.jobs()} <= {"CANCELLED", "COMPLETING"}
    assert not any((project.folder / ".snakemake/locks").glob("*"))


def test_a_lost_head_is_got_over_in_the_commands_of_the_docs(project, drawn, tmp_path):
    head = project.start("--", CORPUS)
    project.wait_for("RUNNING")
    head.kill()
    head.communicate()
    # The program lies elsewhere here, and the run is of one job.
    commands = RECOVERY.replace(".venv/bin/snakemake", f"{sys.executable} -m snakemake").rstrip()
    commands += f" --profile profiles/own --configfile {SMALL} -- {CORPUS}"
    assert len(commands.splitlines()) == 4
    # As many a user comes into a folder on a cluster.
    link = tmp_path / "scratch"
    link.symlink_to(project.folder)
    again = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=link,
        env=project.cluster.environment | {"PWD": str(link)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert again.returncode == 0, again.stdout
    assert [job["JobState"] for job in project.jobs()] == ["CANCELLED", "COMPLETED"]
    assert project.results() == drawn
