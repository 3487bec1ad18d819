"""Who is one person, through the graph: what it plans where people may be shared, and what it says of names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mie_x_lib.files import read_csv
from mie_x_lib.people import Ties
from tests.licensed_datasets import write_photographs
from tests.workflow.conftest import copy_project, snakemake
from tests.workflow.planner import Job, Planner

OWN = {"layout": "videos", "role": "micro", "root": "data/mine"}
FACES = {"layout": "videos", "role": "identity", "root": "data/faces"}
MMEW = {"layout": "mmew", "role": "micro", "root": "data/MMEW"}
MACRO = {"layout": "mmew", "role": "macro", "root": "data/MMEW", "options": {"part": "macro"}}


class Plans:
    """What Snakemake plans for an experiment of some datasets."""

    def __init__(self, folder: Path):
        self.project = copy_project(folder / "project")
        for name in ("mine", "faces", "MMEW", "others", "training"):
            (self.project / "data" / name).mkdir(parents=True)
        write_photographs(self.project / "data/faces", (f"{number}.jpg" for number in range(260)))
        self.planner = Planner(self.project)

    def of(self, datasets: dict, target: str, **sections) -> list[Job]:
        """Every job behind a target; `tested`, `macro` and `faces` are tested, give action units and faces."""
        variant = {"id_sources": ["faces"], "au_sources": ["macro"] if "macro" in datasets else ["expert"]}
        config = {
            "datasets": datasets,
            "evaluations": {"mine": {"datasets": ["tested"], "folds": 2}},
            "id_sources": {"faces": {"dataset": "faces" if "faces" in datasets else "celeba", "identities": 260}},
            "au_sources": {"macro": {"kind": "macro", "datasets": ["macro"]}} if "macro" in datasets else {},
            "variants": {"mine": variant},
            "simulated": {"celeba": {"subjects": 260}},
        }
        path = self.project / "own.yaml"
        path.write_text(yaml.safe_dump(config | sections))
        return self.planner.plan(path, targets=(target,))


@pytest.fixture(scope="module")
def plans(tmp_path_factory) -> Iterator[Plans]:
    plans = Plans(tmp_path_factory.mktemp("plans"))
    yield plans
    plans.planner.close()


def made(jobs: list[Job], rule: str) -> set[str]:
    return {path.removeprefix("results/") for job in jobs if job.rule == rule for path in job.outputs}


PARTED = {"other_people_than": ["tested"]}


@pytest.mark.parametrize(
    ("datasets", "folds"),
    [
        ({"tested": MMEW, "macro": MACRO}, "01"),
        ({"tested": MMEW, "macro": MACRO | PARTED}, ["all"]),
        ({"tested": MMEW, "macro": MACRO | {"root": "data/others"}}, ["all"]),
        ({"tested": MMEW, "macro": MACRO | {"root": "data/others", "same_people_as": "tested"}}, "01"),
        ({"tested": OWN, "macro": OWN | {"role": "macro"}}, "01"),
        ({"tested": OWN, "macro": OWN | {"role": "macro", "root": "data/others"}}, "01"),
        ({"tested": OWN | {"names_as_written": True}, "macro": OWN | {"role": "macro", "root": "data/others"}}, "01"),
        ({"tested": OWN, "faces": FACES}, "01"),
        ({"tested": OWN, "faces": FACES | PARTED}, ["all"]),
        ({"tested": OWN | {"other_people_than": ["faces"]}, "faces": FACES}, ["all"]),
        ({"tested": OWN, "faces": FACES | {"layout": "emotionnet"}}, ["all"]),
        ({"tested": OWN, "faces": FACES | {"layout": "emotionnet", "same_people_as": "tested"}}, "01"),
        # By way of a third.
        (
            {
                "tested": MMEW,
                "faces": FACES | {"same_people_as": "between"},
                "between": OWN | {"role": "training", "root": "data/others", "same_people_as": "tested"},
            },
            "01",
        ),
        # Names tie the faces to the set between, and the config that one to the tested.
        (
            {
                "tested": MMEW,
                "faces": FACES,
                "between": OWN | {"role": "training", "root": "data/others", "same_people_as": "tested"},
            },
            "01",
        ),
        (
            {
                "tested": MMEW,
                "faces": FACES | PARTED,
                "between": OWN | {"role": "training", "root": "data/others", "same_people_as": "tested"},
            },
            ["all"],
        ),
        # By way of two others, whose names tie them.
        (
            {
                "tested": MMEW,
                "faces": FACES | {"layout": "emotionnet"},
                "acted": OWN | {"role": "macro", "root": "data/others", "same_people_as": "tested"},
                "filmed": OWN | {"role": "training", "root": "data/training", "same_people_as": "faces"},
            },
            "01",
        ),
    ],
)
def test_each_fold_has_its_own_training_set_where_people_may_be_shared(plans, datasets, folds):
    jobs = plans.of(datasets, "results/audits/mine/mine.csv")
    assert made(jobs, "compose_training_set") == {f"training_sets/mine/mine/{fold}.csv" for fold in folds}


def test_a_source_of_action_units_that_a_fold_holds_out_whole_is_refused_in_the_plan(plans):
    datasets = {"tested": MMEW, "macro": MACRO}
    evaluations = {"mine": {"datasets": ["tested", "samm"], "folds": "leave_one_dataset_out"}}
    with pytest.raises(
        ValueError, match=r"evaluations\.mine tests tested .*au_sources\.macro, of variants\.mine, shows"
    ):
        plans.of(datasets, "results/audits/mine/mine.csv", evaluations=evaluations)
    others = {"macro": {"kind": "macro", "datasets": ["macro", "oulu"]}}
    jobs = plans.of(datasets, "results/audits/mine/mine.csv", evaluations=evaluations, au_sources=others)
    assert len(made(jobs, "compose_training_set")) == 2


@pytest.mark.parametrize(
    ("sections", "target", "told"),
    [
        (
            {"evaluations": {"mine": {"datasets": ["samm"], "folds": 15}}},
            "results/folds/mine.csv",
            r"evaluations\.mine\.folds is 15, and its datasets show 14 people",
        ),
        (
            {"evaluations": {"mine": {"datasets": ["samm"], "folds": "leave_one_subject_out", "subjects": 15}}},
            "results/folds/mine.csv",
            r"evaluations\.mine\.subjects is 15, and its datasets show 14 people",
        ),
        (
            {"simulated": {"celeba": {"subjects": 259}}},
            "results/audits/mine/mine.csv",
            "faces: 260 people are asked for, and photographs of 259 are there",
        ),
    ],
)
def test_more_people_than_are_drawn_are_refused_in_the_plan(plans, sections, target, told):
    with pytest.raises(ValueError, match=told):
        plans.of({"tested": OWN}, target, **sections)


def test_people_are_looked_for_once_among_those_who_meet(plans):
    datasets = {"tested": OWN, "faces": FACES, "macro": OWN | {"role": "macro", "root": "data/others"} | PARTED}
    jobs = plans.of(datasets, "results/audits/mine/mine.csv")
    pairs = ("faces/faces", "faces/macro", "faces/tested", "macro/macro", "tested/tested")
    assert made(jobs, "match_people") == {f"people/{pair}.csv" for pair in pairs}
    as_written = plans.of({"tested": OWN | {"names_as_written": True}}, "results/folds/mine.csv")
    assert made(as_written, "match_people") == set()


def test_people_are_looked_for_in_a_table_that_gives_the_files_of_another_their_names(plans):
    others = {"strangers": OWN | {"role": "training", "root": "data/others"}}
    datasets = {"tested": OWN, "faces": FACES} | others
    pairs = ("faces/faces", "faces/tested", "tested/tested")
    jobs = plans.of(datasets, "results/audits/mine/mine.csv")
    assert made(jobs, "match_people") == {f"people/{pair}.csv" for pair in pairs}
    # The faces are named after their files, and the table of this one says who they are.
    named = {"named": FACES | {"role": "training", "options": {"table": "who.csv"}}}
    jobs = plans.of({"tested": OWN, "faces": FACES} | named, "results/audits/mine/mine.csv")
    pairs += ("faces/named", "named/named", "named/tested")
    assert made(jobs, "match_people") == {f"people/{pair}.csv" for pair in pairs}
    (audit,) = [job for job in jobs if job.rule == "audit_folds"]
    assert "results/clips/named.csv" in audit.depends_on["its inputs"]


@pytest.mark.parametrize(
    ("named", "between"),
    [
        # Both name the same third.
        ({"same_people_as": "near"}, {"near": OWN | {"role": "training", "root": "data/others"}}),
        # Each is named by a part of another dataset.
        (
            {},
            {
                "near": MMEW | {"root": "data/others", "same_people_as": "tested"},
                "far": MACRO | {"root": "data/others", "same_people_as": "faces"},
            },
        ),
        # Two are parts of datasets which nothing else names.
        (
            {},
            {
                "first": MMEW | {"root": "data/others", "same_people_as": "tested"},
                "second": MACRO | {"root": "data/others", "same_people_as": "third"},
                "third": MMEW | {"root": "data/more"},
                "fourth": MACRO | {"root": "data/more", "same_people_as": "faces"},
            },
        ),
    ],
)
def test_the_audit_knows_of_whom_the_config_ties_by_way_of_datasets_that_nothing_else_asks_for(plans, named, between):
    datasets = {"tested": MMEW | named, "faces": FACES | {"layout": "emotionnet"} | named} | between
    jobs = plans.of(datasets, "results/audits/mine/mine.csv")
    (audit,) = [job for job in jobs if job.rule == "audit_folds"]
    assert Ties(ast.literal_eval(audit.depends_on["datasets"])).tied("tested") == sorted(datasets)


TRAINING = {"layout": "videos", "role": "training", "root": "data/training"}
TRAINED = {"generator": {"weights": None}, "generator_training": {"datasets": ["people"]}}


def generator_of(plans, **datasets) -> Job:
    target = "results/generator/generator.safetensors"
    (job,) = [job for job in plans.of(datasets, target, **TRAINED) if job.rule == "train_generator"]
    return job


def test_the_generator_is_told_of_tested_people_whom_the_config_ties_to_it_and_of_no_others(plans):
    untied = generator_of(plans, tested=MMEW, people=TRAINING)
    # Another evaluation with a folder of the user's own is nothing to a generator that took days.
    assert generator_of(plans, tested=OWN, people=TRAINING).depends_on == untied.depends_on
    tied = generator_of(plans, tested=OWN, people=TRAINING | {"same_people_as": "tested"})
    told = set(tied.depends_on["its inputs"]) - set(untied.depends_on["its inputs"])
    pairs = ("people/people", "people/tested", "tested/tested")
    assert told == {f"results/people/{pair}.csv" for pair in pairs}
    assert tied.depends_on["tested"] == "['tested']"


def test_the_user_hears_of_names_that_the_generator_learns_from_before_the_audit_stops_for_them(plans):
    jobs = plans.of({"tested": OWN, "people": TRAINING}, "results/audits/mine/mine.csv", **TRAINED)
    assert "people/people/tested.csv" in made(jobs, "match_people")


@pytest.mark.slow
def test_names_are_told_once_with_the_lines_that_join_and_part_them(tmp_path):
    project = copy_project(tmp_path / "project")
    folders = {"mine": ["c1", "c2", "c3"], "faces": ["nora", "7"]}
    for folder, names in folders.items():
        (project / folder).mkdir()
        for name in names:
            (project / folder / f"{name}.{'mp4' if folder == 'mine' else 'jpg'}").touch()
    (project / "mine/clips.csv").write_text(
        "clip,subject,emotion,path\n1,nora,happiness,c1.mp4\n2,007,surprise,c2.mp4\n3,７,surprise,c3.mp4\n"
        "4,ben,surprise,c1.mp4\n"
    )
    datasets = {"mine": OWN | {"root": "mine"}, "faces": FACES | {"root": "faces"}}
    (project / "own.yaml").write_text(yaml.safe_dump({"datasets": datasets}))
    pairs = ["mine/mine", "faces/mine"]
    run = snakemake(project, "--configfile", "own.yaml", "--", *(f"results/people/{pair}.csv" for pair in pairs))
    assert run.returncode == 0, run.stdout
    told = [line for line in run.stdout.splitlines() if line.startswith("Warning: ")]
    assert len(told) == 4
    for part in (
        "faces and mine have names in common, which are taken for the same people: nora.",
        "`datasets: {mine: {same_people_as: faces}}`",
        "`datasets: {mine: {other_people_than: [faces]}}`",
        "faces and mine: names that differ in case",
        "mine: names that differ in case, blanks, leading zeros, Unicode form or the .0 of a number alone",
        "'007' and '７'",
        "`datasets: {mine: {names_as_written: true}}`",
        "mine/c1.mp4 (ben, nora)",
    ):
        assert sum(part in line for line in told) >= 1, part
    shared = read_csv(project / "results/people/faces/mine.csv")
    assert shared["other_subject"].tolist() == ["007", "７", "nora"]


TWO_SETS = """
image_size: 32
datasets:
  first: {layout: samm, role: micro}
  second: {layout: samm, role: micro, same_people_as: first}
  third: {layout: samm, role: micro}
simulated:
  first: &drawn
    {kind: micro, subjects: 3, clips_per_subject: 3, size: 96, emotions: {anger: 1, happiness: 1, surprise: 1}}
  second: *drawn
  third: *drawn
evaluations:
  each: {datasets: [first, second], folds: leave_one_subject_out, subjects: 3}
  whole: {datasets: [first, second, third], folds: leave_one_dataset_out}
"""


@pytest.mark.slow
def test_two_sets_of_the_same_people_show_as_many_as_one(tmp_path):
    project = copy_project(tmp_path / "project")
    (project / "two.yaml").write_text(TWO_SETS)
    audits = [f"results/audits/{name}/none.csv" for name in ("each", "whole")]
    run = snakemake(project, "--configfile", "two.yaml", "--", *audits, cores=2)
    assert run.returncode == 0, run.stdout
    folds = read_csv(project / "results/folds/each.csv")
    assert folds["person"].nunique() == folds["fold"].nunique() == 3
    assert folds.groupby("subject")["fold"].nunique().max() == 1
    assert set(folds["dataset"]) == {"first", "second"}
    trained = read_csv(project / "results/training_sets/whole/none.csv").groupby("fold")["dataset"].unique()
    assert trained.map(set).to_dict() == {0: {"third"}, 1: {"third"}, 2: {"first", "second"}}
