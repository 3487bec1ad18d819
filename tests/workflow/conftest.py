"""A copy of the project to run the real Snakemake in, and what it says it would do."""

import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from mie_x_lib.provenance import Modules, code_version
from tests.workflow import starter

ROOT = Path(__file__).parents[2]
PARTS = (
    *("Snakefile", "config.yaml", "README.md"),
    *(
        "config",
        "envs",
        "examples",
        "mie_x_lib",
        "profiles",
        "report",
        "resources",
        "rules",
        "schemas",
        "workflow_scripts",
    ),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever runs Snakemake is slow."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.slow)


def snakemake(project: Path, *arguments: str, cores: int = 1, as_users_do: bool = False) -> subprocess.CompletedProcess:
    """Run Snakemake in a copy of the project; stdout and stderr come together, as on a terminal.

    as_users_do: start each job anew. Otherwise jobs are forks of a process that has loaded their libraries, and records
    of what they made name more packages.
    """
    return starter.run(project, ("--cores", str(cores), *arguments), jobs_are_forks=not as_users_do)


def planned(project: Path, *arguments: str) -> set[str]:
    """The output files that Snakemake would make."""
    run = snakemake(project, "--dry-run", *arguments)
    assert run.returncode == 0, run.stdout
    return outputs_of(run.stdout)


def outputs_of(plan: str) -> set[str]:
    """The output files that a dry run names."""
    return {path for line in re.findall(r"^    output: (.+)$", plan, re.MULTILINE) for path in line.split(", ")}


def copy_project(folder: Path) -> Path:
    """A copy of the project, with the notes of its modules that an earlier start would have left."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    (folder / ".snakemake").mkdir(exist_ok=True)
    (folder / ".snakemake/modules.json").write_bytes(_notes_of_modules())
    return folder


@cache
def _notes_of_modules() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "modules.json")
        modules = Modules(path)
        for script in (ROOT / "workflow_scripts").glob("*.py"):
            code_version(f"workflow_scripts.{script.stem}", find=modules.find)
        modules.keep()
        return path.read_bytes()


@pytest.fixture
def project(tmp_path):
    """A fresh copy of the project."""
    return copy_project(tmp_path / "project")
