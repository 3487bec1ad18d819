"""The real graph, end to end, on tiny simulated corpora."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import f1_score, recall_score

from mie_x_lib.bundle import remake
from mie_x_lib.files import TEXT, read_csv
from mie_x_lib.shards import read_attributes, read_table, verify
from tests.browser import IS_THERE, NEEDED, Browser
from tests.workflow.conftest import ROOT, copy_project, planned, snakemake

TINY = ("--configfile", str(Path(__file__).with_name("tiny.yaml")))
CLIP = ["dataset", "subject", "clip"]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory) -> Path:
    """The folder of a finished tiny experiment."""
    project = copy_project(tmp_path_factory.mktemp("experiment") / "project")
    run = snakemake(project, *TINY, cores=2)
    assert run.returncode == 0, run.stdout
    return project


@pytest.fixture(scope="module")
def spoiled(experiment, tmp_path_factory) -> Path:
    """A copy of it, in which audits fail."""
    return shutil.copytree(experiment, tmp_path_factory.mktemp("spoiled") / "project")


def test_a_finished_experiment_has_nothing_to_do(experiment):
    assert planned(experiment, *TINY) == set()


def test_all_results_are_verified_and_the_table_is_made_again_from_a_bundle(experiment, tmp_path):
    project = shutil.copytree(experiment, tmp_path / "project")
    for target in ("verify", "bundle", "verify"):
        run = snakemake(project, target, *TINY)
        assert run.returncode == 0, run.stdout
    assert "all of them whole, and made of what is there" in run.stdout
    bundle = shutil.move(project / "results/bundle.zip", tmp_path / "bundle.zip")
    shutil.rmtree(project / "results")
    assert remake(bundle, tmp_path / "elsewhere") == []


def test_every_column_of_text_is_read_as_text(experiment):
    """Whatever its values look like; label and predicted are numbers in some tables and names in others."""
    for path in set((experiment / "results").rglob("*.csv")) - set((experiment / "results/corpora").rglob("*")):
        table = read_csv(path)
        guessed = set(table.select_dtypes(exclude=["number", "bool"])) - set(TEXT)
        assert table.empty or guessed <= {"label", "predicted", "fold"}, path


def test_the_table_has_a_row_for_each_classifier_and_regime(experiment):
    table = read_csv(experiment / "results/uf1_table.csv")
    rows = set(table[["evaluation", "regime", "variant", "chosen_by", "classifier"]].itertuples(index=False, name=None))
    kinds = {
        ("compmie", "real", "none", "last_epoch"),
        ("compmie", "synthetic", "compmie", "last_epoch"),
        ("compmie", "synthetic", "mie_x_unseen", "last_epoch"),
        ("compmie", "synthetic_then_real", "mie_x_unseen", "last_epoch"),
        ("across", "real", "none", "last_epoch"),
        ("compmie", "synthetic", "mie_x_unseen", "held_out_subjects"),
        ("compmie", "synthetic", "mie_x_unseen", "test_fold"),
    }
    assert rows == {(*kind, classifier) for kind in kinds for classifier in ("branches", "apex")}
    assert set(table.loc[table["published_uf1"].notna(), "classifier"]) == {"branches"}


def test_every_figure_can_be_recomputed_from_the_predictions(experiment):
    for row in read_csv(experiment / "results/uf1_table.csv").itertuples():
        folder = experiment / "results/predictions" / row.evaluation / row.regime / row.variant
        folder = folder / row.classifier / row.chosen_by / "0"
        predictions = pd.concat(map(read_csv, sorted(folder.glob("*.csv"))))
        label, predicted = predictions["label"], predictions["predicted"]
        assert row.uf1_mean == pytest.approx(100 * f1_score(label, predicted, average="macro"), abs=0.01)
        recall = recall_score(label, predicted, average=None, labels=sorted(set(label)))
        assert row.uar_mean == pytest.approx(100 * recall.mean(), abs=0.01)


def test_every_test_clip_is_predicted_once_by_every_network(experiment):
    columns = [*CLIP, "emotion", "label", "person", "fold"]
    for evaluation in ("compmie", "across"):
        clips = read_csv(experiment / f"results/folds/{evaluation}.csv").sort_values(CLIP)[columns]
        folders = {path.parent for path in (experiment / "results/predictions" / evaluation).rglob("*.csv")}
        assert folders
        for folder in folders:
            predicted = pd.concat(map(read_csv, folder.glob("*.csv"))).sort_values(CLIP)[columns]
            pd.testing.assert_frame_equal(predicted.reset_index(drop=True), clips.reset_index(drop=True))


def test_a_dataset_is_held_out_whole_in_classes_of_its_own(experiment):
    folds = read_csv(experiment / "results/folds/across.csv")
    assert folds.groupby("dataset")["fold"].unique().map(list).to_dict() == {"smic": [0], "mmew": [1]}
    emotions = folds.groupby("label")["emotion"].unique().map(set).to_dict()
    assert emotions == {0: {"happiness", "positive"}, 1: {"negative", "disgust"}}
    assert read_csv(experiment / "results/clips/mmew.csv")["emotion"].nunique() > 2


def test_an_epoch_is_chosen_by_what_was_watched(experiment):
    kept = {}
    for chosen_by in ("last_epoch", "held_out_subjects", "test_fold"):
        name = f"compmie/synthetic/mie_x_unseen/apex/{chosen_by}/0/all.csv"
        curve = read_csv(experiment / "results/curves" / name)
        assert ("watched_uf1" in curve) == (chosen_by != "last_epoch")
        kept[chosen_by] = read_csv(experiment / "results/predictions" / name)
    samples = {chosen_by: table["training_samples"].unique().tolist() for chosen_by, table in kept.items()}
    assert samples["last_epoch"] == samples["test_fold"] == [9]
    assert 0 < samples["held_out_subjects"][0] < 9
    assert (experiment / "logs/train_synthetic/compmie/mie_x_unseen/apex/test_fold/all/seed_0").is_dir()


def test_another_share_held_out_trains_only_those_who_choose_by_it(experiment, tmp_path):
    (tmp_path / "more.yaml").write_text("training: {held_out: 0.4}\nevaluations: {new: {datasets: [mmew]}}\n")
    trained = planned(experiment, *TINY, str(tmp_path / "more.yaml"), "--", "uf1_table")
    networks = {path for path in trained if path.startswith("results/networks/")}
    assert networks == {
        f"results/networks/compmie/synthetic/mie_x_unseen/{classifier}/held_out_subjects/0/all.safetensors"
        for classifier in ("apex", "branches")
    }
    assert not [path for path in trained if path.startswith(("results/folds/", "results/training_sets/"))]


def test_what_is_no_result_is_marked_in_every_table_and_what_is_missing_of_none(experiment):
    table = read_csv(experiment / "results/uf1_table.csv")
    marked = table["remark"].fillna("").str.contains("not a result")
    assert (marked == (table["chosen_by"] == "test_fold")).all()
    for suffix in ("md", "tex"):
        assert (experiment / f"results/uf1_table.{suffix}").read_text(encoding="utf-8").count("not a result") == 2
    compared = read_csv(experiment / "results/uf1_comparisons.csv")
    assert set(compared["evaluation"]) == {"compmie"}
    assert compared["second"].str.contains("not a result").any()


def test_confusions_count_every_test_clip(experiment):
    confusions = read_csv(experiment / "results/uf1_confusions.csv")
    clips = {name: len(read_csv(experiment / f"results/folds/{name}.csv")) for name in ("compmie", "across")}
    every = confusions[confusions["dataset"] == "all"]
    names = ["table", "row", "classifier", "regime", "evaluation", "chosen_by"]
    for name, cells in every.groupby(names):
        assert cells["clips"].sum() == pytest.approx(clips[name[4]])
        assert len(cells) == (9 if name[4] == "compmie" else 4)


def test_no_network_trains_on_a_subject_that_it_is_tested_on(experiment):
    folds = read_csv(experiment / "results/folds/compmie.csv")
    for path in (experiment / "results/training_sets/compmie").glob("*/*.csv"):
        training_set = read_csv(path)
        tested = folds if path.stem == "all" else folds[folds["fold"] == int(path.stem)]
        trained = set(zip(training_set["au_dataset"], training_set["au_subject"], strict=True))
        assert len(training_set) == 9
        assert trained.isdisjoint(zip(tested["dataset"], tested["subject"], strict=True))


def test_every_audit_of_the_table_is_made_and_finds_nothing(experiment):
    audits = sorted((experiment / "results/audits").rglob("*.csv"))
    names = {str(path.relative_to(experiment / "results/audits")) for path in audits}
    assert names == {
        "across/none.csv",
        "compmie/compmie.csv",
        "compmie/mie_x_unseen.csv",
        "compmie/mie_x_unseen/held_out_subjects.csv",
        "compmie/none.csv",
    }
    assert all((read_csv(path)["leaks"] == 0).all() for path in audits)
    looked_at = read_csv(experiment / "results/audits/compmie/mie_x_unseen.csv")
    assert looked_at["trained_on"].tolist() == ["real clips"] * 2 + ["rendered pairs", "generator", "au_network"]


def clips_of_fold(project: Path, fold: int) -> pd.DataFrame:
    folds = read_csv(project / "results/folds/compmie.csv")
    return folds[folds["fold"] == fold]


def plant_action_units(project: Path, training_set: pd.DataFrame) -> pd.DataFrame:
    tested = set(clips_of_fold(project, 0)[["dataset", "subject"]].itertuples(index=False, name=None))
    shard = read_table(project / training_set["shard_path"].iloc[0])
    subjects = shard[["au_dataset", "au_subject"]].itertuples(index=False, name=None)
    training_set.loc[0, "position"] = [subject in tested for subject in subjects].index(True)
    return training_set


def plant_face(project: Path, photographs: pd.DataFrame) -> pd.DataFrame:
    shown = read_csv(project / "results/training_sets/compmie/compmie/0.csv")["identity"].iloc[0]
    clip = clips_of_fold(project, 0).iloc[0]
    clips = read_csv(project / f"results/clips/{clip['dataset']}.csv")
    photographs.loc[photographs["subject"] == shown, "path"] = clips.set_index(CLIP)["path"][tuple(clip[CLIP])]
    return photographs


def plant_clip(project: Path, training_sets: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([training_sets, clips_of_fold(project, 0)[:1]])[training_sets.columns]


def plant_second_fold(project: Path, folds: pd.DataFrame) -> pd.DataFrame:
    folds.loc[0, "fold"] = 1 - folds.loc[0, "fold"]
    return folds


def plant_learned(project: Path, people: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([people, clips_of_fold(project, 1)[["dataset", "subject"]][:1].assign(crops=3)])


def plant_who_chooses(project: Path, training_set: pd.DataFrame) -> pd.DataFrame:
    held_out = read_csv(project / "results/held_out/compmie/mie_x_unseen/all.csv")
    chooses = set(held_out.loc[held_out["use"] == "chooses", "person"])
    # A sample of somebody who chooses, under the name of somebody who does not.
    planted = training_set[training_set["person"].isin(chooses)][:1].assign(person="somebody/else")
    return pd.concat([training_set, planted], ignore_index=True)


@pytest.mark.parametrize(
    ("file", "plant", "audit", "found"),
    [
        ("training_sets/compmie/compmie/0", plant_action_units, "compmie", r"\w+/\w+ is the AU source of 1 samples"),
        ("clips/emotionnet", plant_face, "compmie", r"\w+/\w+, as emotionnet/\w+, is the face of \d+ samples"),
        ("training_sets/compmie/none", plant_clip, "none", r"\w+/\w+ is the subject of 1 real training clips"),
        ("folds/compmie", plant_second_fold, "none", r"one person \(casme2/sub01\) is in 2 folds"),
        ("generator/people", plant_learned, "compmie", r"subject of 3 crops that the generator learned from"),
        ("au_network/people", plant_learned, "compmie", r"subject of 3 crops that the au_network learned from"),
        (
            "training_sets/compmie/mie_x_unseen/all",
            plant_who_chooses,
            "mie_x_unseen/held_out_subjects",
            r"one person \(\w+/\w+\) is trained on and chooses the epoch",
        ),
    ],
    ids=["action units", "face", "real clip", "two folds", "generator", "AU network", "who chooses the epoch"],
)
def test_a_planted_leak_stops_the_workflow(spoiled, file, plant, audit, found):
    path, target = spoiled / f"results/{file}.csv", f"results/audits/compmie/{audit}.csv"
    before, status = path.read_bytes(), path.stat()
    plant(spoiled, read_csv(path)).to_csv(path, index=False)
    # Nothing but the audit is to run again.
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    run = snakemake(spoiled, *TINY, "--forcerun", target, "--", target)
    path.write_bytes(before)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert run.returncode != 0
    assert re.search(found, run.stdout), run.stdout
    assert not (spoiled / target).exists()


def test_one_network_serves_all_folds_only_where_no_subject_is_shared(experiment):
    networks = experiment / "results/networks/compmie/synthetic"
    assert {path.stem for path in (networks / "compmie/apex/last_epoch/0").iterdir()} == {"0", "1"}
    assert {path.stem for path in (networks / "mie_x_unseen/apex/last_epoch/0").iterdir()} == {"all"}


def test_shards_are_whole_and_say_what_they_hold(experiment):
    shards = sorted((experiment / "results/renders").rglob("*.h5"))
    assert len(shards) == 8
    for shard in shards:
        verify(shard)
        attributes = read_attributes(shard)
        assert (attributes["id_source"], attributes["au_source"], f"{attributes['shard']}.h5") == shard.parts[-3:]
        assert len(read_table(shard)) == attributes["sampled"] - attributes["unchanged"]


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
    run = snakemake(project, *TINY, "--", "results/training_sets/compmie/compmie/0.csv")
    assert run.returncode == 1
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("Input error: ")]
    assert "results/renders/emotionnet/compmie/0.h5" in line
    assert not (project / "results/training_sets/compmie/compmie/0.csv").exists()


def test_another_program_learns_from_what_is_written_and_stands_in_the_table(experiment, tmp_path):
    """The example of docs/classifiers.md: its config, its commands and its program."""
    page = (ROOT / "docs/classifiers.md").read_text(encoding="utf-8")
    page = page[page.index("## A program of your own") :]
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    assert [language for language, _ in blocks] == ["yaml", "bash", "python", "bash"]
    (config, write, program, tabulate) = (code for _, code in blocks)
    (tmp_path / "mine.yaml").write_text(config)
    overlay = (*TINY, str(tmp_path / "mine.yaml"))
    targets = [command.split("--cores all ")[1].split(" --configfile")[0] for command in (write, tabulate)]
    run = snakemake(experiment, *overlay, "--", targets[0])
    assert run.returncode == 0, run.stdout
    folder = experiment / "results/training_data/compmie/mie_x_unseen"
    assert {path.name for path in folder.iterdir()} == {"folder", "tensors"}
    for number in (0, 1):
        rows = read_csv(folder / f"tensors/folds/{number}.csv")
        clips = read_csv(folder / "tensors/clips.csv")
        is_tested = rows["use"] == "test"
        assert set(clips.loc[rows.loc[is_tested, "number"], "fold"]) == {number}
        assert (rows.loc[~is_tested, "kind"] == "pairs").sum() == 9
    subprocess.run([sys.executable, "-c", program], cwd=experiment, check=True)
    run = snakemake(experiment, *overlay, "--", targets[1])
    assert run.returncode == 0, run.stdout
    table = read_csv(experiment / targets[1]).set_index("row")
    assert table.loc["my program", "classifier"] == "given"
    predicted = read_csv(experiment / "mine/0.csv").merge(read_csv(experiment / "results/folds/compmie.csv"), on=CLIP)
    truth = predicted["label"].map({0: "negative", 1: "positive", 2: "surprise"})
    found = 100 * f1_score(truth, predicted["predicted"], average="macro", labels=sorted(set(truth)))
    assert table.loc["my program", "uf1_mean"] == pytest.approx(found, abs=0.01)


def test_an_export_has_what_its_variant_allows(experiment, tmp_path):
    (tmp_path / "few.yaml").write_text(
        "variants: {few: {id_sources: [emotionnet], au_sources: [oulu, expert], identities: 8, samples: 9}}\n"
        "exports: {variants: [few], formats: [folder]}\n"
    )
    run = snakemake(experiment, *TINY, str(tmp_path / "few.yaml"), "--", "exports")
    assert run.returncode == 0, run.stdout
    folder = experiment / "results/exports/few/folder"
    labels = read_csv(folder / "labels.csv")
    counts = labels.groupby(["au_source", "label"]).size()
    assert (len(labels), counts.min(), counts.max()) == (9, 1, 2)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert (card["pairs"], sum(row["surprise"] for row in card["counts"])) == (9, (labels["label"] == 2).sum())
    assert re.match(r"Here are 9 of \d+ pairs, of the first 8 people of each source of faces, shared out", card["part"])
    assert card["part"] in (folder / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def gallery(experiment):
    """The page of the finished experiment, and what it knows."""
    run = snakemake(experiment, *TINY, "--", "gallery")
    assert run.returncode == 0, run.stdout
    path = experiment / "results/gallery.html"
    known = re.search(r'<script type="application/json" id="data">(.*?)</script>', path.read_text(encoding="utf-8"))
    return path, json.loads(known[1])


def test_the_gallery_shows_every_pair_and_every_tested_clip(experiment, gallery):
    _, known = gallery
    shards = (experiment / "results/renders").rglob("*.h5")
    pairs = {"/".join(["pair", *path.parts[-3:-1], str(n)]) for path in shards for n in read_table(path)["sample"]}
    tested = pd.concat(read_csv(path) for path in (experiment / "results/folds").glob("*.csv"))[CLIP].drop_duplicates()
    clips = {"/".join(["clip", *clip]) for clip in tested.itertuples(index=False, name=None)}
    assert len(known["samples"]["id"]) == len(pairs) + len(clips)
    assert set(known["samples"]["id"]) == pairs | clips
    assert sum(units is not None for units in known["samples"]["measured"]) == len(pairs) + len(clips)
    with Image.open(experiment / "results/figures/pairs.webp") as animation:
        assert animation.n_frames == 2


def test_the_gallery_says_what_every_network_said(experiment, gallery):
    _, known = gallery
    clips = [name for name in known["samples"]["id"] if name.startswith("clip/")]
    table = read_csv(experiment / "results/uf1_table.csv")
    assert len(known["rows"]) == len(table)
    for row, (_, figures) in zip(known["rows"], table.iterrows(), strict=True):
        said = [place for place, truth in enumerate(row["truth"]) if truth is not None]
        right = sum(row["predicted"][place] == [row["truth"][place]] for place in said)
        assert 100 * right / len(said) == pytest.approx(figures["accuracy_mean"], abs=0.01)
        folds = read_csv(experiment / f"results/folds/{figures['evaluation']}.csv")
        assert sorted(clips[place].split("/")[1] for place in said) == sorted(folds["dataset"])


@pytest.mark.skipif(not IS_THERE, reason=f"no {' and '.join(NEEDED)} here")
def test_the_gallery_opens_in_a_browser_filters_and_moves(gallery, tmp_path):
    path, known = gallery
    browser = Browser(tmp_path)
    try:
        browser.open(path.as_uri())
        browser.wait("return performance.getEntriesByName('first picture').length")
        right = known["rows"][0]["truth"]
        right = sum([truth] == said for truth, said in zip(right, known["rows"][0]["predicted"], strict=True))
        browser.run("controls.verdict.value = 'right'; choose()")
        assert browser.run("return chosen.length") == right > 0
        browser.run("controls.verdict.value = ''; choose(); controls.play.value = 'all'")
        for frame in "01":
            browser.wait("return document.querySelector('#grid canvas').dataset.frame === arguments[0]", frame)
        assert browser.console() == []
    finally:
        browser.close()


def test_the_gallery_keeps_its_pictures_beside_it_where_that_is_asked_for(experiment, gallery, tmp_path):
    (tmp_path / "beside.yaml").write_text("gallery: {one_file: false, identities: 2}\n")
    assert not list((experiment / "results/gallery").glob("*.js"))
    project = shutil.copytree(experiment, tmp_path / "project")
    run = snakemake(project, *TINY, str(tmp_path / "beside.yaml"), "--", "results/gallery.html")
    assert run.returncode == 0, run.stdout
    page = (project / "results/gallery.html").read_text(encoding="utf-8")
    assert len(page) < len(gallery[0].read_text(encoding="utf-8"))
    assert not re.search(r"<script>pictures\(", page)
    parts = {path.stem: path.read_text() for path in (project / "results/gallery").glob("*.js")}
    assert all(text.startswith(f'pictures("{name}", [') for name, text in parts.items())
    assert {"samples0", "photographs0"} <= set(parts)
    samples = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])["samples"]["id"]
    assert {name.rpartition("/")[2] for name in samples if name.startswith("pair/")} <= set("012345")


def test_the_report_is_one_file_with_tables_figures_and_captions(experiment, tmp_path):
    path = tmp_path / "report.html"
    run = snakemake(experiment, *TINY, "--report", str(path))
    assert run.returncode == 0, run.stdout
    html = path.read_text(encoding="utf-8")
    pages = {f"results/pages/{file.name}" for file in (experiment / "results/pages").glob("*.html")}
    figures = {f"results/figures/{name}.png" for name in ("uf1", "confusions", "au_means", "quality", "curves")}
    assert len(pages) == 7
    assert [name for name in pages | figures if name not in html] == []
    assert "counts the pairs and real clips" in html
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.https?:", html)
