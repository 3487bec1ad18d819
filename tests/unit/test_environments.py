"""envs/requirements.txt chooses the versions; the conda environments repeat them, the package gives ranges of them."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mie_x_lib.provenance import ROOT

pytestmark = pytest.mark.slow

ENVIRONMENTS = ROOT / "envs"
# That of an example, which no rule runs in.
APART = ENVIRONMENTS / "pyfaceau.yaml"
OF_RULES = sorted(set(ENVIRONMENTS.glob("*.yaml")) - {APART})
RULES = ROOT / "rules"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
DECLARED = [*PROJECT["project"]["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]


def pins(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, _, version = line.partition("==")
        assert re.fullmatch(r"[0-9.]+", version), f"{line} pins no version"
        found[name.partition("[")[0]] = version
    return found


def requirements() -> dict[str, str]:
    lines = (ENVIRONMENTS / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return pins([line for line in lines if line and not line.startswith("#")])


@pytest.mark.parametrize("path", OF_RULES, ids=lambda path: path.stem)
def test_environments_pin_what_the_requirements_pin(path):
    *_, pip = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    chosen = requirements()
    for name, version in pins(pip["pip"]).items():
        assert chosen[name] == version, name


def test_pyfaceau_is_pinned_and_apart_from_what_the_workflow_needs():
    *_, pip = yaml.safe_load(APART.read_text(encoding="utf-8"))["dependencies"]
    assert list(pins(pip["pip"])) == ["pyfaceau"]
    assert "pyfaceau" not in requirements()


@pytest.mark.parametrize("name", ["Dockerfile", "apptainer.def"])
def test_images_have_the_python_of_the_environments_and_what_the_requirements_pin(name):
    lines = (ENVIRONMENTS / name).read_text(encoding="utf-8").splitlines()
    (base,) = [line for line in lines if line.lower().startswith("from")]
    python = yaml.safe_load((ENVIRONMENTS / "torch.yaml").read_text(encoding="utf-8"))["dependencies"][0]
    assert base.split()[1].startswith(f"{python.replace('=', ':')}-")
    (copied,) = [
        line.split()[-2:] for line in lines if line.split()[-1:] == ["/opt/requirements.txt"] and "pip" not in line
    ]
    assert (ENVIRONMENTS.parent / copied[0]).is_file()
    (installed,) = [line.strip() for line in lines if "pip install" in line]
    assert installed.endswith(f"pip install --no-cache-dir --requirement {copied[1]}")


def test_one_package_provides_cv2():
    assert [name for name in requirements() if name.startswith("opencv")] == ["opencv-python-headless"]
    assert int(requirements()["opencv-python-headless"].partition(".")[0]) < 5


def test_rules_name_environments_that_exist():
    # One rule names one of two by its detector.
    named = {name for path in RULES.rglob("*.smk") for name in re.findall(r'"\.\./envs/([^"{]+)"', path.read_text())}
    assert named == {path.name for path in OF_RULES}


@pytest.mark.parametrize("line", [*PROJECT["build-system"]["requires"], *DECLARED])
def test_the_package_admits_what_the_requirements_pin(line):
    declared = Requirement(line)
    chosen = {canonicalize_name(name): version for name, version in requirements().items()}
    assert chosen[canonicalize_name(declared.name)] in declared.specifier


PROVIDERS = packages_distributions()
# What comes with a package that is pinned.
BROUGHT_BY = {"huggingface-hub": "py-feat", "triton": "torch"}


def imported_packages(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_the_package_declares_what_the_library_imports():
    imported = {name for path in (ROOT / "mie_x_lib").rglob("*.py") for name in imported_packages(path)}
    others = imported - set(sys.stdlib_module_names) - {"mie_x_lib"}
    declared = {canonicalize_name(Requirement(line).name) for line in DECLARED}
    declared |= {name for name, package in BROUGHT_BY.items() if package in declared}
    assert {name for name in others if not declared & set(map(canonicalize_name, PROVIDERS[name]))} == set()


def test_the_checks_of_a_commit_are_programs_that_the_requirements_pin():
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        folder, _, program = hook["entry"].split()[0].rpartition("/")
        assert (hook["language"], folder) == ("system", ".venv/bin"), hook["id"]
        assert program in requirements(), hook["id"]


def needed_by(module, seen):
    """The packages of others that a module of the project imports, itself or through the project's modules."""
    path = ROOT.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if module in seen or not file.is_file():
        return set()
    seen.add(module)
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith(("mie_x_lib", "workflow_scripts")):
                found |= needed_by(name, seen)
            else:
                found.add(name.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"snakemake"}


SCRIPTS = {
    (environment, script)
    for path in RULES.rglob("*.smk")
    for environment, script in re.findall(
        r'conda:\s+"\.\./envs/(\w+)\.yaml".*?script:\s+"\.\./workflow_scripts/(\w+)\.py"', path.read_text(), re.DOTALL
    )
}


@pytest.mark.parametrize(("environment", "script"), sorted(SCRIPTS))
def test_the_environment_of_a_rule_has_what_its_script_imports(environment, script):
    *_, pip = yaml.safe_load((ENVIRONMENTS / f"{environment}.yaml").read_text(encoding="utf-8"))["dependencies"]
    there = {canonicalize_name(name) for name in pins(pip["pip"])}
    there |= {name for name, package in BROUGHT_BY.items() if package in there}
    missing = {
        package
        for package in needed_by(f"workflow_scripts.{script}", set())
        if not there & set(map(canonicalize_name, PROVIDERS[package]))
    }
    assert missing == set()
