"""Action units of two scales meet only where the config says so, whichever way they come in."""

import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.cards.renders import weights_notes
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.provenance import ROOT
from tests.workflow.conftest import copy_project
from tests.workflow.planner import Planner, outputs

PYFEAT = "action_units: {source: pyfeat, weights: null}\n"
# It is trained here, on what the source measures.
OWN_GENERATOR = (
    "datasets: {people: {layout: videos, role: training}}\n"
    "simulated: {people: {kind: training, subjects: 4}}\n"
    "generator: {weights: null}\ngenerator_training: {datasets: [people]}\n"
)
EXPERT, CLIPS = "results/renders/emotionnet/expert/0.h5", "results/renders/emotionnet/mmew/0.h5"


def save_generator(path, **notes):
    torch.manual_seed(0)
    arguments = {"width": 8, "residual_blocks": 1}
    weights.save(path, Generator(**arguments), "generator", arguments, **notes)


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("scales") / "project")
    (project / "net_G.pth").touch()
    for scale in ("intensity", "probability"):
        save_generator(project / f"{scale}.safetensors", au_scale=scale)
    save_generator(project / "silent.safetensors")
    planner = Planner(project)
    yield planner
    planner.close()


@pytest.fixture
def plan(planner):
    def plan(config: str, target: str) -> set[str]:
        """The outputs that would be made; ValueError with what is said where it is refused."""
        (planner.project / "own.yaml").write_text(config)
        return outputs(planner.plan(planner.project / "own.yaml", targets=(target,)))

    return plan


@pytest.mark.parametrize(
    ("generator", "target", "named"),
    [
        ("", CLIPS, "generator.weights, resources/generator.safetensors,"),
        ("generator: {weights: net_G.pth}\n", CLIPS, "generator.weights, net_G.pth,"),
        ("generator: {weights: intensity.safetensors}\n", CLIPS, "generator.weights, intensity.safetensors,"),
        (OWN_GENERATOR, EXPERT, "au_sources.expert, of kind expert,"),
        ("generator: {weights: probability.safetensors}\n", EXPERT, "au_sources.expert, of kind expert,"),
        ("generator: {weights: net_G.pth}\n", "results/generator_checks/celeba.csv", "generator.weights, net_G.pth,"),
        ("generator: {weights: net_G.pth}\n", "exports", "generator.weights, net_G.pth,"),
    ],
)
def test_probabilities_do_not_meet_intensities_unless_the_config_says_so(plan, generator, target, named):
    with pytest.raises(ValueError, match="does not mean the same strength") as refused:
        plan(PYFEAT + generator, target)
    said = " ".join(str(refused.value).split())
    assert f"{named} has intensities, OpenFace's 0 to 5 divided by 5" in said
    assert "action_units.source pyfeat measures probabilities that a unit is active" in said
    assert "action_units.mixed_scales" in said
    assert plan(PYFEAT.replace("}", ", mixed_scales: true}") + generator, target)


@pytest.mark.parametrize(
    ("config", "target"),
    [
        (PYFEAT, "results/action_units/mmew.csv"),
        (PYFEAT + OWN_GENERATOR, CLIPS),
        (PYFEAT + "generator: {weights: probability.safetensors}\n", CLIPS),
        (PYFEAT + "generator: {weights: silent.safetensors}\n", CLIPS),
        ("action_units: {source: openface, weights: null}\ngenerator: {weights: net_G.pth}\n", EXPERT),
        ("generator: {weights: net_G.pth}\n", EXPERT),
    ],
)
def test_what_has_one_scale_is_not_refused(plan, config, target):
    assert plan(config, target)


def test_intensities_do_not_meet_a_generator_of_probabilities(plan):
    with pytest.raises(ValueError, match=r"probability\.safetensors, has probabilities that a unit is active"):
        plan("generator: {weights: probability.safetensors}\n", CLIPS)


def test_the_shipped_generator_says_its_scale():
    assert weights_notes(ROOT / "resources/generator.safetensors")["au_scale"] == "intensity"


@pytest.mark.parametrize(
    ("config", "named"), [(PYFEAT, "generator.weights"), (PYFEAT + OWN_GENERATOR, "au_sources.expert")]
)
def test_files_of_an_earlier_run_hide_no_refusal(planner, plan, config, named):
    planner.pretend(targets=("results/uf1_table.csv",))
    with pytest.raises(ValueError, match=named):
        plan(config, "results/uf1_table.csv")
