"""What others read first agrees with what is there."""

import re
import tomllib

import pytest
import yaml

from mie_x_lib.provenance import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
# Places, targets and files of the table of pictures.
MADE = re.findall(r"^\| `(images/.+?)` \| `(.+?)` \| `(.+?)` \|$", CONTRIBUTING, flags=re.MULTILINE)
RULES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.smk")))
SNAKEFILE = (ROOT / "Snakefile").read_text(encoding="utf-8")


def test_every_picture_says_how_it_was_made():
    assert sorted(picture for picture, _, _ in MADE) == sorted(
        f"images/{path.name}" for path in (ROOT / "docs/images").iterdir()
    )


@pytest.mark.parametrize(("target", "file"), [made[1:] for made in MADE])
def test_what_makes_a_picture_is_there(target, file):
    outputs = set(re.findall(r'"(results/[^"]+\.(?:png|webp|html))"', RULES))
    patterns = [re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(output)) for output in outputs]
    assert any(re.fullmatch(pattern, file) for pattern in patterns)
    assert target == file or f"rule {target}:" in SNAKEFILE


def test_every_figure_is_made_as_pdf_too():
    figures, pages = (set(re.findall(rf'"(results/[^"]+)\.{kind}"', RULES)) for kind in ("png", "pdf"))
    assert len(figures) > 10
    # What is an input alone is another rule's output.
    assert figures <= pages


def test_paths_in_the_page_for_contributors_are_there():
    named = set(
        re.findall(
            r"`(?:\.venv/bin/pytest )?((?:mie_x_lib|rules|tests|config|envs|benchmarks|docs)/[\w./]+)`", CONTRIBUTING
        )
    )
    assert len(named) > 10
    assert {path for path in named if not (ROOT / path).exists()} == {"mie_x_lib/corpora/layouts/mine.py"}


def test_citation_changelog_and_package_are_of_one_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.findall(r"^## \[([\d.]+)\] - ([\d-]+)$", changelog, flags=re.MULTILINE)[0]
    assert newest == (CITATION["version"], str(CITATION["date-released"]))
    assert (CITATION["version"], CITATION["license"]) == (project["version"], project["license"])


def test_the_catalog_of_workflows_finds_what_it_asks_for():
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert usage["software-stack-deployment"] == {"conda": True, "report": True}
    manual = (ROOT / "config/README.md").read_text(encoding="utf-8")
    files = {path.name for path in (ROOT / "config").iterdir()} - {"README.md"}
    assert set(re.findall(r"^\| `(.+?)` \|", manual, flags=re.MULTILINE)) == files
