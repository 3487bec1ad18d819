"""Every shipped config, and every kind of fold, makes a graph."""

import re

import pytest

from tests.workflow.conftest import ROOT, planned


def test_the_example_of_the_docs_makes_a_graph_of_the_users_own_files(project):
    example = re.search(r"```yaml\n(datasets:.*?)```", (ROOT / "docs/own_data.md").read_text(encoding="utf-8"), re.S)
    (project / "own.yaml").write_text(example[1], encoding="utf-8")
    (project / "data/mine").mkdir(parents=True)
    (project / "data/portraits").mkdir()
    (project / "data/generator.pth").touch()
    outputs = planned(project, "results/uf1_table.csv", "--configfile", "config/paper.yaml", "own.yaml")
    assert "results/renders/portraits/mine/1.h5" in outputs
    assert not [path for path in outputs if path.startswith(("results/corpora/", "results/clips/casme2"))]


@pytest.mark.parametrize("name", ["generator/generator", "au_network/au_network"])
def test_the_recipe_of_the_shipped_weights_trains_them(project, name):
    outputs = planned(project, "--configfile", "config/shipped_weights.yaml", "--", "weights")
    assert f"results/{name}.safetensors" in outputs


def test_leaving_one_subject_out_makes_a_fold_a_subject(project):
    (project / "loso.yaml").write_text("evaluation: {folds: leave_one_subject_out, subjects: 34}\n")
    outputs = planned(project, "--configfile", "loso.yaml", "--", "results/uf1_table.csv")
    assert "results/networks/real/compmie/apex/0/33.safetensors" in outputs
    assert "results/networks/real/compmie/apex/0/34.safetensors" not in outputs


def test_contact_sheets_show_all_that_the_rows_are_made_of(project):
    sheets = {path for path in planned(project, "--", "contact_sheets") if path.startswith("results/figures/")}
    clips = {f"results/figures/crops/{name}.png" for name in ("casme2", "smic", "samm", "mmew", "ckplus", "oulu")}
    assert sheets == clips | {f"results/figures/identities/{name}.png" for name in ("emotionnet", "celeba")}
