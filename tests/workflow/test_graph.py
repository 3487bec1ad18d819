"""The real graph, end to end, on tiny simulated corpora."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import f1_score, recall_score

from mie_x_lib.files import read_csv
from mie_x_lib.shards import read_attributes, read_table, verify
from tests.workflow.conftest import copy_project, planned, snakemake

TINY = ("--configfile", str(Path(__file__).with_name("tiny.yaml")))
CLIP = ["dataset", "subject", "clip"]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory) -> Path:
    """The folder of a finished tiny experiment."""
    project = copy_project(tmp_path_factory.mktemp("experiment") / "project")
    run = snakemake(project, *TINY, cores=2)
    assert run.returncode == 0, run.stdout
    return project


def test_a_finished_experiment_has_nothing_to_do(experiment):
    assert planned(experiment, *TINY) == set()


def test_the_table_has_a_row_for_each_classifier_and_regime(experiment):
    table = pd.read_csv(experiment / "results/uf1_table.csv")
    rows = set(zip(table["regime"], table["variant"], table["classifier"], strict=True))
    kinds = {
        ("real", "compmie"),
        ("synthetic", "compmie"),
        ("synthetic", "mie_x_emotionnet"),
        ("synthetic_then_real", "mie_x_emotionnet"),
    }
    assert rows == {(*kind, classifier) for kind in kinds for classifier in ("branches", "apex")}
    assert set(table.loc[table["published_uf1"].notna(), "classifier"]) == {"branches"}


def test_every_figure_can_be_recomputed_from_the_predictions(experiment):
    for row in pd.read_csv(experiment / "results/uf1_table.csv").itertuples():
        folder = experiment / "results/predictions" / row.regime / row.variant / row.classifier / "0"
        predictions = pd.concat(map(read_csv, sorted(folder.glob("*.csv"))))
        label, predicted = predictions["label"], predictions["predicted"]
        assert row.uf1_mean == pytest.approx(100 * f1_score(label, predicted, average="macro"), abs=0.01)
        recall = recall_score(label, predicted, average=None, labels=sorted(set(label)))
        assert row.uar_mean == pytest.approx(100 * recall.mean(), abs=0.01)


def test_every_test_clip_is_predicted_once_by_every_network(experiment):
    clips = read_csv(experiment / "results/folds.csv").sort_values(CLIP)[[*CLIP, "label", "fold"]]
    for folder in {path.parent for path in (experiment / "results/predictions").rglob("*.csv")}:
        predicted = pd.concat(map(read_csv, folder.glob("*.csv"))).sort_values(CLIP)[[*CLIP, "label", "fold"]]
        pd.testing.assert_frame_equal(predicted.reset_index(drop=True), clips.reset_index(drop=True))


def test_no_network_trains_on_a_subject_that_it_is_tested_on(experiment):
    folds = read_csv(experiment / "results/folds.csv")
    for path in (experiment / "results/training_sets").rglob("*.csv"):
        training_set = read_csv(path, dtype={"au_dataset": "string", "au_subject": "string"})
        tested = folds if path.stem == "all" else folds[folds["fold"] == int(path.stem)]
        trained = set(zip(training_set["au_dataset"], training_set["au_subject"], strict=True))
        assert len(training_set) == 9
        assert trained.isdisjoint(zip(tested["dataset"], tested["subject"], strict=True))


def test_a_planted_leak_stops_the_workflow(experiment, tmp_path):
    audits = sorted((experiment / "results/audits").iterdir())
    assert [path.stem for path in audits] == ["compmie", "mie_x_emotionnet"]
    assert all((read_csv(path)["leaks"] == 0).all() for path in audits)
    project = tmp_path / "project"
    shutil.copytree(experiment, project)
    path = project / "results/training_sets/compmie/0.csv"
    training_set = read_csv(path)
    folds = read_csv(project / "results/folds.csv")
    tested = set(folds.loc[folds["fold"] == 0, ["dataset", "subject"]].itertuples(index=False, name=None))
    shard = training_set["shard_path"].iloc[0]
    subjects = read_table(project / shard)[["au_dataset", "au_subject"]].itertuples(index=False, name=None)
    training_set.loc[0, "position"] = [subject in tested for subject in subjects].index(True)
    training_set.to_csv(path, index=False)
    run = snakemake(project, *TINY, "--rerun-triggers", "mtime", "--", "results/audits/compmie.csv")
    assert run.returncode != 0
    assert re.search(r"test subject \w+/\w+ is the AU source of 1 samples", run.stdout)
    assert not (project / "results/audits/compmie.csv").exists()


def test_one_network_serves_all_folds_only_where_no_subject_is_shared(experiment):
    networks = experiment / "results/networks/synthetic"
    assert {path.stem for path in (networks / "compmie/apex/0").iterdir()} == {"0", "1"}
    assert {path.stem for path in (networks / "mie_x_emotionnet/apex/0").iterdir()} == {"all"}


def test_shards_are_whole_and_say_what_they_hold(experiment):
    shards = sorted((experiment / "results/renders").rglob("*.h5"))
    assert len(shards) == 8
    for shard in shards:
        verify(shard)
        attributes = read_attributes(shard)
        assert (attributes["id_source"], attributes["au_source"], f"{attributes['shard']}.h5") == shard.parts[-3:]
        assert len(read_table(shard)) == attributes["asked"] - attributes["unchanged"]


def test_a_shard_is_the_same_when_made_again(experiment):
    shard = experiment / "results/renders/emotionnet/expert/1.h5"
    before = shard.read_bytes()
    run = snakemake(experiment, *TINY, "--forcerun", "render_shard", "--", "results/renders/emotionnet/expert/1.h5")
    assert run.returncode == 0, run.stdout
    assert shard.read_bytes() == before


def test_a_truncated_shard_is_named_and_nothing_is_made_of_it(experiment, tmp_path):
    project = tmp_path / "project"
    shutil.copytree(experiment, project)
    shard = project / "results/renders/emotionnet/compmie/0.h5"
    shard.write_bytes(shard.read_bytes()[:5000])
    run = snakemake(project, *TINY, "--", "results/training_sets/compmie/0.csv")
    assert run.returncode == 1
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("Input error: ")]
    assert "results/renders/emotionnet/compmie/0.h5" in line
    assert not (project / "results/training_sets/compmie/0.csv").exists()
