"""What measures renders: OpenFace's binary where clips are its too, else py-feat if it is asked for, else nothing."""

import shutil

import pytest

from mie_x_lib.files import read_csv
from tests import fake_openface, pyfeat_weights
from tests.workflow.conftest import copy_project, planned, snakemake

# A generator that is checked by eye alone, and few people.
SMALL = """
image_size: 32
identities_per_shard: 6
datasets: {portraits: {layout: emotionnet, role: identity, root: portraits}}
simulated:
  # Of nine frames or less: OpenFace would read more of them in another order.
  mmew: {subjects: 3, clips_per_subject: 5, size: 96, fps: 15}
  emotionnet: {subjects: 6, size: 96}
id_sources: {emotionnet: {identities: 6}, portraits: {dataset: portraits, identities: 6}}
evaluations: {compmie: {datasets: [mmew]}}
variants: {own: {id_sources: [portraits], au_sources: [mmew]}, drawn: {id_sources: [emotionnet], au_sources: [mmew]}}
triplets: {min_change: 0}
render: {visible_change: 0}
tables: {own: [{row: own, variant: own, regimes: [synthetic]}, {row: drawn, variant: drawn, regimes: [synthetic]}]}
uf1_table: [own]
quality:
  probe: 4
  thresholds:
    au_fidelity: null
    identity_kept: null
    sharpness: null
    change_p95: null
    border_change: null
    fine_detail: null
    checkerboard: null
    saturated: null
    arithmetic_error: null
"""
GIVEN = "action_units: {source: openface, weights: null, openface: {files: 'given/{dataset}/{subject}/{clip}.csv'}}\n"
QUALITY, CARD = "results/quality.csv", "results/cards/own.md"
PAIR, CHECKS = "results/quality/portraits/mmew.csv", "results/generator_checks/portraits.csv"
OFFLINE = ("--configfile", "small.yaml", "given.yaml")
ASKED = (*OFFLINE, "asked.yaml")
COMPARED = ["au_strength", "au_wasserstein", "au_frechet"]


@pytest.fixture(scope="module")
def binary(tmp_path_factory):
    return fake_openface.install(tmp_path_factory.mktemp("openface") / "bin")


@pytest.fixture(scope="module")
def measured(tmp_path_factory, binary):
    """A project in which OpenFace's binary measured clips and renders; some of the photographs are the user's own."""
    project = copy_project(tmp_path_factory.mktemp("instruments") / "project")
    (project / "small.yaml").write_text(SMALL)
    (project / "binary.yaml").write_text(
        f"action_units: {{source: openface, weights: null, openface: {{binary: {binary}, static: true}}}}\n"
    )
    (project / "given.yaml").write_text(GIVEN)
    (project / "asked.yaml").write_text("quality: {thresholds: {au_fidelity: -1}}\n")
    run = snakemake(project, "--configfile", "small.yaml", "--", "results/corpora/emotionnet")
    assert run.returncode == 0, run.stdout
    shutil.copytree(project / "results/corpora/emotionnet", project / "portraits")
    run = snakemake(project, QUALITY, CARD, "--configfile", "small.yaml", "binary.yaml")
    assert run.returncode == 0, run.stdout
    shutil.copytree(project / "results/openface", project / "given")
    return project


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """py-feat without weights, and no network to fetch them from."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("PYTHONPATH", str(pyfeat_weights.shadow(tmp_path).parent))


def test_openface_measures_renders_where_it_measured_clips(measured):
    quality = read_csv(measured / QUALITY).set_index(["id_source", "label"])
    assert quality["au_measured_by"].str.startswith("OpenFace 2, static models, sha256 ").all()
    assert quality["au_remark"].isna().all()
    total = quality.xs("all", level="label")
    assert total[["au_fidelity", *COMPARED]].notna().all(axis=None)
    assert total["unmeasured"].eq(0).all()
    # The program takes a brightness for an action unit.
    line = (measured / CARD).read_text().partition("measured on renders")[2].partition("\n")[0]
    assert "OpenFace 2, static models, sha256" in line


def test_people_who_are_drawn_have_figures_of_drawn_faces(measured):
    quality = read_csv(measured / QUALITY).set_index(["id_source", "label"])
    drawn = quality.xs("all", level="label")[["pairs_drawn", "au_fidelity_drawn", "au_strength_drawn"]]
    assert drawn.loc["portraits"].isna().all()
    assert drawn.loc["emotionnet"].notna().all()
    assert 2 * drawn.loc["emotionnet", "pairs_drawn"] >= 18


def test_where_openface_cannot_look_and_nobody_asks_for_fidelity_no_network_is_needed(measured, offline):
    run = snakemake(measured, PAIR, CARD, *OFFLINE)
    assert run.returncode == 0, run.stdout
    assert "No action units of renders" in run.stdout
    checks = read_csv(measured / CHECKS).set_index("measure")
    assert set(checks["result"]) == {"off"}
    assert checks["value"].isna().to_dict() == {name: name == "au_fidelity" for name in checks.index}
    quality = read_csv(measured / PAIR)
    assert quality[["au_fidelity", *COMPARED, "unmeasured"]].isna().all(axis=None)
    assert quality[["sharpness", "motion_frechet"]].notna().all(axis=None)
    assert quality["au_measured_by"].isna().all()
    assert quality["au_remark"].str.startswith("No action units of renders").all()
    card = (measured / CARD).read_text()
    assert "No action units of renders" in card
    assert "| nothing" in card.partition("measured on renders")[2].partition("\n")[0]
    fetched = snakemake(measured, "fetch_weights", *OFFLINE)
    assert "takes no weights from the internet" in fetched.stdout


def test_where_fidelity_is_asked_for_py_feat_measures_and_nothing_of_two_instruments_is_compared(
    measured, offline, pyfeat_package, monkeypatch
):
    run = snakemake(measured, PAIR, CHECKS, *OFFLINE)
    assert run.returncode == 0, run.stdout
    # Renders are there, and a threshold makes none again.
    assert planned(measured, PAIR, CHECKS, *ASKED) == {PAIR, PAIR.replace(".csv", ".action_units.csv"), CHECKS}
    run = snakemake(measured, CHECKS, *ASKED)
    assert run.returncode == 1
    assert "py-feat's Detectorv2: the weights are not here" in run.stdout
    monkeypatch.setenv("PYTHONPATH", str(pyfeat_package.parent))
    run = snakemake(measured, PAIR, *ASKED)
    assert run.returncode == 0, run.stdout
    quality = read_csv(measured / PAIR)
    assert quality["au_measured_by"].str.startswith("py-feat 2.1.5, detector v2").all()
    assert quality[COMPARED].isna().all(axis=None)
    assert quality["au_remark"].str.contains("clips were measured by OpenFace 2, renders by py-feat 2.1.5").all()
