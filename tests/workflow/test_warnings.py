"""Weights that were made from simulated people are warned of where they meet real ones."""

from ast import literal_eval

import pytest

from tests.workflow.conftest import copy_project
from tests.workflow.planner import Planner

OWN = "datasets: {own: {layout: videos, role: micro, root: own}}\n"
TESTED = OWN + "evaluations: {own: {datasets: [own, samm]}}\n"
TARGETS = tuple(
    f"results/predictions/own/{regime}/{variant}/apex/last_epoch/0/{fold}.csv"
    for regime, variant, fold in (("real", "none", "0"), ("synthetic", "mmew", "all"))
)


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("warnings") / "project")
    (project / "own").mkdir()
    planner = Planner(project)
    yield planner
    planner.close()


def warnings(planner, config, *targets):
    """The warnings of the jobs that train classifiers."""
    (planner.project / "own.yaml").write_text(config)
    jobs = planner.plan(planner.project / "own.yaml", targets=targets)
    training = [job for job in jobs if job.rule in ("train_real", "train_synthetic")]
    return {job.rule: literal_eval(job.depends_on["warning"]) for job in training}


def test_weights_of_simulated_people_are_warned_of_before_networks_of_real_clips(planner):
    found = warnings(planner, TESTED, *TARGETS)
    assert len(found) == 2
    for text in found.values():
        assert "resources/au_network.safetensors, from which the classifiers start" in text
        assert "is no start for own. Set training.initial" in text


@pytest.mark.parametrize("initial", ["imagenet", "random"])
def test_other_weights_and_simulated_clips_are_not_warned_of(planner, initial):
    wide = "classifiers: {branches: {width: 64}, apex: {width: 64}}\n"
    own = TESTED + wide + f"training: {{initial: {initial}}}\n"
    assert set(warnings(planner, own, *TARGETS).values()) == {""}
    drawn = [target.replace("/own/", "/compmie/") for target in TARGETS[:1]]
    assert warnings(planner, OWN, *drawn) == {"train_real": ""}
