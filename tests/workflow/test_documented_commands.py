"""Every block of code of the pages that people read is run, planned, or named here with the reason why it is not."""

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml
from snakemake.cli import get_argument_parser
from snakemake.utils import update_config

from tests import fake_openface
from tests.workflow.conftest import ROOT, copy_project
from tests.workflow.planner import Planner

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "config/README.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
# Blocks of Python are run by these, which read the pages.
PYTHON = {
    "docs/classifiers.md": ["tests/workflow/test_own_network.py", "tests/unit/test_exports_training_data.py"],
    "docs/own_data.md": ["tests/workflow/test_places.py"],
    "docs/using_the_data.md": ["tests/unit/test_docs_using_the_data.py"],
}
# Commands that are neither run nor planned here, as patterns, and why.
NOT_HERE = {
    "python3* -m venv *": "makes an environment",
    "*/pip install *": "fetches packages",
    "*/pyfaceau-download-models": "fetches weights",
    ".venv/bin/pre-commit install": "changes the hooks of a repository",
    ".venv/bin/pytest": "runs all tests",
    ".venv/bin/tensorboard *": "serves until it is stopped",
    ".venv/bin/hf upload *": "needs an account; tests/unit/test_docs_using_the_data.py pushes to a hub of its own",
    ".venv/bin/snakemake * results/uf1_table.csv --configfile config/paper.yaml": "needs the licensed datasets; "
    "tests/workflow/test_licensed_datasets.py plans it on files of their names",
    "../mie-x/.venv/bin/snakemake *": "runs beside the project; tests/workflow/test_places.py does so",
    "squeue *": "needs a cluster",
    "sbatch *": "needs a cluster",
    "tail -f *": "shows a log until it is stopped",
    "touch data/mine": "is about files of the user's",
}


@dataclass(frozen=True)
class Block:
    """A block of code of a page, by its place in the file; language may be empty."""

    page: str
    place: int
    language: str
    code: str

    @property
    def commands(self) -> list[str]:
        """Each command of a shell, on a line of its own and without its comments; a pipe is one."""
        lines = re.sub(r"\\\n\s*", "", self.code).splitlines()
        return [part.strip() for line in lines if not line.startswith("#") for part in line.split(" && ")]


BLOCKS = [
    Block(page.relative_to(ROOT).as_posix(), found.start(), *found.groups())
    for page in PAGES
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
]
COMMANDS = [(block, command) for block in BLOCKS if block.language == "bash" for command in block.commands]
PLANNED = [
    (block, command)
    for block, command in COMMANDS
    if command.startswith(".venv/bin/snakemake ") and not any(fnmatchcase(command, pattern) for pattern in NOT_HERE)
]
MODULES = sorted({command for _, command in COMMANDS if command.startswith(".venv/bin/python -m ")})


def ids(found: list[tuple[Block, str]]) -> list[str]:
    return [f"{block.page}: {command}" for block, command in found]


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    """A project beside which every folder and file lies that the pages speak of, all empty."""
    project = copy_project(tmp_path_factory.mktemp("pages") / "project")
    configs = [block.code for block in BLOCKS if block.language == "yaml"]
    for text in (*configs, (ROOT / "config/paper.yaml").read_text(encoding="utf-8")):
        for dataset in (yaml.safe_load(text).get("datasets") or {}).values():
            for folder in (dataset["root"], *dataset.get("options", {}).values()) if dataset else ():
                (project / str(folder)).mkdir(parents=True, exist_ok=True)
    for name in ("mine/0.csv", "data/generator.pth", "two_frames.py"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).touch()
    fake_openface.install(project / "OpenFace/build/bin")
    planner = Planner(project)
    yield planner
    planner.close()


def test_there_is_no_other_language():
    assert {block.language for block in BLOCKS} == {"", "bash", "python", "yaml", "latex"}


@pytest.mark.parametrize(("block", "command"), COMMANDS, ids=ids(COMMANDS))
def test_a_command_is_planned_or_run_or_has_a_reason_why_not(block, command):
    reasons = [pattern for pattern in NOT_HERE if fnmatchcase(command, pattern)]
    assert len(reasons) + ((block, command) in PLANNED) + (command in MODULES) == 1


@pytest.mark.parametrize("pattern", NOT_HERE)
def test_a_reason_is_that_of_a_command(pattern):
    assert [command for _, command in COMMANDS if fnmatchcase(command, pattern)]


def test_a_block_of_python_is_run_by_a_test_that_reads_its_page():
    assert {block.page for block in BLOCKS if block.language == "python"} == set(PYTHON)
    for page, tests in PYTHON.items():
        for test in tests:
            assert Path(page).name in (ROOT / test).read_text(encoding="utf-8")


def written(project: Path, block: Block, name: Path) -> Path:
    """A config that a command names: of the project, or what the blocks of YAML above the command say together."""
    if not (ROOT / name).exists():
        config: dict = {}
        for other in BLOCKS:
            if (other.page, other.language) == (block.page, "yaml") and other.place < block.place:
                update_config(config, yaml.safe_load(other.code))
        (project / name).write_text(yaml.safe_dump(config), encoding="utf-8")
    return project / name


@pytest.mark.parametrize(("block", "command"), PLANNED, ids=ids(PLANNED))
def test_a_command_of_snakemake_makes_a_plan(planner, block, command):
    asked = get_argument_parser().parse_args(shlex.split(command, comments=True)[1:])
    configs = [written(planner.project, block, name) for name in asked.configfile or []]
    assert planner.plan(*configs, targets=tuple(asked.targets))
    profile = re.search(r"--profile (\S+)", command)
    assert profile is None or (ROOT / profile[1] / "profile.yaml").exists()


@pytest.mark.parametrize("command", MODULES)
def test_a_module_is_a_program(command):
    module = shlex.split(command)[2]
    if module == "rules.configuration":
        assert (ROOT / "rules/configuration/__main__.py").exists()
        return
    asked = subprocess.run([sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.startswith("usage: ")
