"""A generator is checked before anything is rendered: the shipped one passes, and an untrained one stops the run."""

import pandas as pd
import pytest
import torch

from mie_x_lib import weights
from mie_x_lib.ganimation.networks import Generator
from tests.workflow.conftest import copy_project, planned, snakemake

CHECKS, ADMITTED = (f"results/generator_checks/emotionnet.{suffix}" for suffix in ("csv", "admitted.csv"))
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
    run = snakemake(project, "--configfile", "small.yaml", "--", CHECKS, ADMITTED)
    assert run.returncode == 0, run.stdout
    (project / "said.txt").write_text(run.stdout)
    return project


def test_the_shipped_generator_passes(small):
    checks = pd.read_csv(small / CHECKS)
    assert set(checks["result"]) == {"passed"}
    assert checks["value"].notna().all()
    said = (small / "said.txt").read_text()
    assert "resources/generator.safetensors, checked on 48 pairs of emotionnet: au_fidelity 0." in said
    assert all(f"{measure} " in said for measure in checks["measure"])
    assert "(at most 0.02)" in said
    assert (small / ADMITTED).read_bytes() == (small / CHECKS).read_bytes()


def test_a_stricter_threshold_is_asked_before_a_table_is_made_and_renders_nothing(small):
    (small / "strict.yaml").write_text(f"{SMALL.rstrip()[:-1]}, thresholds: {{sharpness: 0.999}}}}\n")
    assert planned(small, "--configfile", "strict.yaml", "--", ADMITTED) == set()
    run = snakemake(small, "--configfile", "strict.yaml", "--", CHECKS)
    assert run.returncode == 1, run.stdout
    assert "expected at least 0.999" in run.stdout
    assert not (small / CHECKS).exists()
    assert (small / ADMITTED).exists()


@pytest.mark.parametrize("cores", [1, 2])
def test_an_untrained_generator_stops_the_run_before_anything_is_rendered(small, cores):
    torch.manual_seed(0)
    arguments = {"width": 8, "residual_blocks": 1}
    weights.save(small / "untrained.safetensors", Generator(**arguments), "generator", arguments)
    (small / "untrained.yaml").write_text(f"{SMALL}generator: {{weights: untrained.safetensors}}\n")
    target = "results/renders/emotionnet/expert/0.h5"
    run = snakemake(small, "--configfile", "untrained.yaml", "--", target, CHECKS, cores=cores)
    assert run.returncode == 1, run.stdout
    # One of each rule, if both have begun.
    (line,) = {line for line in run.stdout.splitlines() if line.startswith("Input error: ")}
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
    # Nor is anything at the second asking: whichever check stopped the run, that of the first render is still to come.
    assert ADMITTED in planned(small, "--configfile", "untrained.yaml", "--", target)
