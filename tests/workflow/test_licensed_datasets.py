"""The paper's protocol on all licensed datasets, simulated by empty files of their names and numbers."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import fake_openface
from tests.licensed_datasets import lay_out
from tests.workflow.conftest import copy_project, outputs_of, snakemake

PAPER = ("--configfile", "config/paper.yaml")
LABELLED = ("clips", "subjects", "labelled", "negative", "positive", "surprise")
PUBLISHED = {
    "casme2": (145, 24, 145, 88, 32, 25),
    "smic": (164, 16, 164, 70, 51, 43),
    "samm": (133, 28, 133, 92, 26, 15),
    "compmie": (442, 68, 442, 250, 109, 83),
    "mmew": (300, 30, 234, 109, 36, 89),
    "ckplus": (593, 123, 327, 175, 69, 83),
    "oulu": (480, 80, 480, 320, 80, 80),
    "celeba": (202599, 10177),
}
MIE_X = ("mie_x_emotionnet", "mie_x_celeba", "mie_x_unseen")
TABLE_2 = ("compmie", "mmew", "ckplus", "oulu", "compmie_ckplus", "mmew_oulu")
COUNT = re.compile(r"^ *(\w+) +(clips|subjects|labelled|negative|positive|surprise) +(.*?) *$")


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Iterator[Path]:
    """A project whose folder `data` holds every dataset where config/paper.yaml looks for it."""
    project = copy_project(tmp_path_factory.mktemp("paper") / "project")
    lay_out(project / "data")
    fake_openface.install(project / "OpenFace/build/bin")
    yield project
    # Too many files to leave behind.
    shutil.rmtree(project / "data")


@pytest.fixture(scope="module")
def checked(paper) -> tuple[int, list[str]]:
    """What the check says while nothing is missing."""
    return check(paper)


@pytest.fixture(scope="module")
def plan(paper) -> str:
    """What a dry run of the table says while nothing is missing."""
    run = snakemake(paper, "--dry-run", *PAPER, "--", "results/uf1_table.csv")
    assert run.returncode == 0, run.stdout
    return run.stdout


def check(project, *configs: str) -> tuple[int, list[str]]:
    """Exit status and lines of the check, with configs over the paper's."""
    run = snakemake(project, "check_datasets", *PAPER, *configs)
    assert "Traceback" not in run.stdout
    return run.returncode, run.stdout.splitlines()


def counts(lines: list[str]) -> dict[tuple[str, str], list[str]]:
    """(dataset, what) -> found and, where there is something to say, published, differs."""
    return {(match[1], match[2]): match[3].split() for match in map(COUNT.match, lines) if match}


@contextmanager
def gone(paths: list[Path]) -> Iterator[None]:
    """The files and folders under other names, which no dataset uses, until the block ends."""
    hidden = [path.with_name(f".{path.name}") for path in paths]
    for path, other in zip(paths, hidden, strict=True):
        path.rename(other)
    try:
        yield
    finally:
        for path, other in zip(paths, hidden, strict=True):
            other.rename(path)


def test_the_papers_protocol_plans_every_row_of_both_tables(plan):
    outputs = outputs_of(plan)
    made = {path.rpartition("/")[0] for path in outputs if path.startswith("results/predictions/")}
    for classifier in ("branches", "apex"):
        for seed in range(5):
            assert f"results/predictions/compmie/real/none/{classifier}/last_epoch/{seed}" in made
            for variant in (*MIE_X, *TABLE_2):
                assert f"results/predictions/compmie/synthetic/{variant}/{classifier}/last_epoch/{seed}" in made
    assert {path for path in outputs if path.startswith("results/clips/")} == {
        f"results/clips/{dataset}.csv" for dataset in (*set(PUBLISHED) - {"compmie"}, "emotionnet", "faces")
    }
    assert len([path for path in outputs if re.fullmatch(r"results/renders/celeba/ckplus/\d+\.h5", path)]) == 36
    assert "results/generator/generator.safetensors" in outputs
    assert not [path for path in outputs if path.startswith("results/corpora/")]


def sizes(lines: list[str]) -> dict[tuple[str, int], tuple[int, int, int]]:
    """(identity sources, people needed) -> people asked for, those there, and the share in percent that may be lost."""
    pattern = r"Sizes: (.+): .* (\d+) people; (\d+) are asked for, (\d+) there\. The run stops if (\d+) %"
    found = [match.groups() for match in (re.match(pattern, line) for line in lines) if match]
    return {(names, int(needed)): tuple(map(int, numbers)) for names, needed, *numbers in found}


def test_on_a_cluster_short_jobs_go_in_groups(paper):
    arguments = ("--dry-run", "--profile", "profiles/slurm", *PAPER, "--", "results/uf1_table.csv")
    plan = snakemake(paper, *arguments).stdout
    rules = "\n".join(path.read_text(encoding="utf-8") for path in (paper / "rules").glob("*.smk"))
    here = set(re.findall(r"^rule (\w+):(?:(?!^rule ).)*?^    localrule: True", rules, re.MULTILINE | re.DOTALL))
    groups = re.findall(r"Group job (\w+) ", plan)
    alone = [rule for rule in re.findall(r"^rule (\w+):", plan, re.MULTILINE) if rule not in here]
    grouped = re.findall(r"^ +rule (\w+):", plan, re.MULTILINE)
    assert set(groups) == {"faces", "crops", "units", "checks", "renders", "measures"}
    assert set(grouped).isdisjoint({*here, *alone})
    assert len(alone) + len(grouped) > 500
    assert len(alone) + len(groups) == 88


def test_the_plan_says_how_many_people_are_needed_and_how_many_are_there(paper, plan):
    assert sizes(plan.splitlines()) == {
        # A third of CompMiE's action units are of people whom a fold tests.
        ("emotionnet", 7500): (9000, 9000, 16),
        ("emotionnet", 5000): (9000, 9000, 44),
        ("celeba", 7500): (9000, 10177, 16),
    }
    photograph = next((paper / "data/EmotionNet").iterdir())
    with gone([photograph]):
        run = snakemake(paper, "--dry-run", *PAPER, "--", "results/uf1_table.csv")
    assert run.returncode != 0
    assert "emotionnet: 9000 people are asked for, and photographs of 8999 are there" in run.stdout


def test_the_check_says_how_many_people_are_needed(checked):
    assert sizes(checked[1]) == {("emotionnet", 7500): (9000, 9000, 16), ("celeba", 7500): (9000, 10177, 16)}


def test_the_check_finds_what_was_published(checked):
    status, lines = checked
    assert status == 0, lines
    found = counts(lines)
    for dataset, numbers in PUBLISHED.items():
        for what, number in zip(LABELLED, numbers, strict=False):
            assert found.pop((dataset, what)) == [str(number)] * 2
    # Nobody says how many these are.
    assert found == {
        (name, what): [n] for name, n in (("emotionnet", "9000"), ("faces", "2000")) for what in LABELLED[:2]
    }
    assert not [line for line in lines if line.startswith("Fault")]
    warnings = [line for line in lines if line.startswith("Warning")]
    # The trees of this test have no picture in their files.
    empty = [line for line in warnings if " empty (" in line]
    assert len({line.split(":")[1] for line in empty}) == len(empty) == 9
    told = [re.match(r"Warning: (\w+): .*row (\d+): ", line) for line in warnings if line not in empty]
    assert [match[1] for match in told] == ["casme2", "samm", "samm", *["mmew"] * 16]


def test_the_check_names_everything_that_is_missing_and_is_not_fooled_by_an_earlier_one(paper, checked):
    data = paper / "data"
    assert checked[0] == 0
    missing = {
        # A composite clip, and one that the composite does not list.
        "casme2": [
            data / "CASME2/CASME2_RAW_selected/sub01/EP01_2",
            data / "CASME2/CASME2_RAW_selected/sub10/EP13_08f",
        ],
        "smic": [
            data / "SMIC/SMIC_all_raw/SMIC_all_raw/HS/s14/micro/surprise/s14_sur_01",
            data / "SMIC/SMIC_all_raw/SMIC_all_raw/HS/s3/micro/positive/s3_po_02",
        ],
        "samm": [data / "SAMM/SAMM/006", data / "SAMM/SAMM/007/007_1_2/007_0180.jpg"],
        "mmew": [data / "MMEW/MMEW_Final/Micro_Expression/surprise/S30-02-001"],
        "ckplus": [data / "CK+/extended-cohn-kanade-images/cohn-kanade-images/S005/001"],
        "oulu": [data / "Oulu-CASIA/B_OriginalImg/OriginalImg/VL/Strong/P012/Fear"],
        "celeba": [data / "CelebA/Img/img_align_celeba/000123.jpg"],
        "emotionnet": [data / "EmotionNet"],
    }
    (paper / "few.yaml").write_text("id_sources: {celeba: {identities: 7499}}\n")
    with gone([path for paths in missing.values() for path in paths]):
        status, lines = check(paper, "few.yaml")
    assert status == 1
    found = counts(lines)
    assert found["casme2", "clips"] == ["144", "145", "yes"]
    assert found["smic", "clips"] == ["162", "164", "yes"]
    assert found["samm", "clips"] == ["127", "133", "yes"]
    assert found["samm", "subjects"] == ["27", "28", "yes"]
    assert found["compmie", "clips"] == ["433", "442", "yes"]
    assert found["mmew", "clips"] == ["299", "300", "yes"]
    assert found["ckplus", "clips"] == ["592", "593", "yes"]
    assert found["oulu", "clips"] == ["479", "480", "yes"]
    assert found["celeba", "clips"] == ["202598", "202599", "yes"]
    assert ("emotionnet", "clips") not in found
    faults = [line for line in lines if line.startswith("Fault: ")]
    expected = [
        r"casme2: .*/sub01/EP01_2 is missing",
        r"smic: .*combined_3class_gt.csv: row \d+: clip s03_po_02 of s03 is not in the smic root",
        r"smic: .*combined_3class_gt.csv: row \d+: clip s14_sur_01 of s14 is not in the smic root",
        *[rf"samm: .*/006/006_{number}_\d is missing" for number in range(1, 6)],
        r"samm: .*the onset is frame 180, but .*/007/007_1_2 holds 8 frames from 181 to 188",
        r"mmew: .*row 2: no folder S30-02-001",
        r"ckplus: .*/S005/001: expected a folder of frames",
        r"emotionnet: .*data/EmotionNet is not a folder",
        r"celeba: .* 7500 people, and 7499 are asked for",
    ]
    for pattern in expected:
        assert len([line for line in faults if re.match(f"Fault: {pattern}", line)]) == 1, (pattern, faults)
    assert len(faults) == len(expected)
    assert [line for line in lines if re.match("Warning: oulu: .*/P012/Fear is missing", line)]
    (last,) = [line for line in lines if line.startswith("Input error: ")]
    assert f"{len(faults)} faults" in last


def test_the_check_says_so_where_all_is_drawn(paper):
    run = snakemake(paper, "check_datasets")
    assert run.returncode == 0, run.stdout
    assert "No row of a table in uf1_table needs a dataset with a root" in run.stdout
