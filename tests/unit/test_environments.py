"""envs/requirements.txt chooses the versions; the conda environments repeat them."""

import re
from pathlib import Path

import pytest
import yaml

ENVIRONMENTS = Path(__file__).parents[2] / "envs"
RULES = Path(__file__).parents[2] / "rules"


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


@pytest.mark.parametrize("path", sorted(ENVIRONMENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_environments_pin_what_the_requirements_pin(path):
    *_, pip = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    chosen = requirements()
    for name, version in pins(pip["pip"]).items():
        assert chosen[name] == version, name


def test_one_package_provides_cv2():
    assert [name for name in requirements() if name.startswith("opencv")] == ["opencv-python-headless"]
    assert int(requirements()["opencv-python-headless"].partition(".")[0]) < 5


def test_rules_name_environments_that_exist():
    named = {name for path in RULES.rglob("*.smk") for name in re.findall(r'"\.\./envs/([^"]+)"', path.read_text())}
    assert named == {path.name for path in ENVIRONMENTS.glob("*.yaml")}
