"""A generator is checked before anything is rendered: the shipped one passes, and an untrained one stops the run."""

import pandas as pd
import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.ganimation.networks import Generator
from tests.workflow.conftest import copy_project, snakemake

CHECKS = "results/generator_checks/emotionnet.csv"
SMALL = """
simulated: {emotionnet: {subjects: 12}}
id_sources: {emotionnet: {identities: 12}}
identities_per_shard: 12
quality: {probe: 48}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A project of few photographs, checked with the shipped generator."""
    project = copy_project(tmp_path_factory.mktemp("check") / "project")
    (project / "small.yaml").write_text(SMALL)
    run = snakemake(project, "--configfile", "small.yaml", "--", CHECKS)
    assert run.returncode == 0, run.stdout
    return project


def test_the_shipped_generator_passes(small):
    checks = pd.read_csv(small / CHECKS)
    assert checks["passed"].all()
    assert checks["value"].notna().all()


def test_an_untrained_generator_stops_the_run_before_anything_is_rendered(small):
    torch.manual_seed(0)
    arguments = {"width": 8, "residual_blocks": 1}
    weights.save(small / "untrained.safetensors", Generator(**arguments), "generator", arguments)
    (small / "untrained.yaml").write_text(f"{SMALL}generator: {{weights: untrained.safetensors}}\n")
    target = "results/renders/emotionnet/expert/0.h5"
    run = snakemake(small, "--configfile", "untrained.yaml", "--", target)
    assert run.returncode == 1, run.stdout
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("Input error: ")]
    for part in (
        "untrained.safetensors",
        "au_fidelity is",
        "expected at least 0.3",
        "border_change",
        "train",
        "quality.",
    ):
        assert part in line
    assert not (small / target).exists()
    assert not (small / CHECKS).exists()
