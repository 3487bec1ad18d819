"""A change reruns exactly what hangs on it: Snakemake is asked over a finished default experiment."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import ROOT, copy_project, outputs_of, planned, snakemake
from tests.workflow.planner import Planner, outputs

EXPORTS = ("uf1_table", "exports")
# Written together, by one rule.
PAGES = {
    *(f"results/pages/uf1_{name}.html" for name in ("table", "by_dataset", "comparisons")),
    *(f"results/pages/{name}.html" for name in ("audits", "au_means", "quality", "generator_checks")),
}
TABULATED = {
    *(f"results/uf1_table.{suffix}" for suffix in ("csv", "md", "tex")),
    *(f"results/uf1_{name}.csv" for name in ("by_dataset", "confusions", "comparisons")),
    *(f"results/figures/{name}.{suffix}" for name in ("uf1", "confusions") for suffix in ("png", "pdf")),
}
CURVES = {"results/figures/curves.png", "results/figures/curves.pdf"}
TABLE = PAGES | TABULATED | CURVES
QUALITY = {"results/quality.csv", "results/figures/quality.png", "results/figures/quality.pdf"}
# Variants with action units of CK+.
OF_CKPLUS = ("compmie_ckplus", "mie_x_emotionnet", "mie_x_celeba")
AU_MEANS = {
    *(f"results/figures/au_means.{suffix}" for suffix in ("png", "pdf")),
    *(f"results/au_means.{suffix}" for suffix in ("csv", "md", "tex")),
}
CHECKS = {"results/generator_checks/emotionnet.csv", "results/generator_checks/celeba.csv"}


class Finished:
    """A finished default experiment: what a change would run, and what the next plan after it."""

    def __init__(self, folder: Path):
        self.project = copy_project(folder / "project")
        self.planner = Planner(self.project)
        self.outputs = outputs(self.planner.pretend())

    def planned(self, config: dict | None = None, *targets: str) -> set[str]:
        """The outputs that would be made."""
        return outputs(self.planner.plan(*self._overlay(config), targets=targets))

    def planned_twice(self, config: dict) -> tuple[set[str], set[str]]:
        """The outputs that would be made, and those that would be made once these are there; then all is put back."""
        overlay = self._overlay(config)
        first, second = outputs(self.planner.pretend(*overlay)), outputs(self.planner.plan(*overlay))
        self.planner.pretend()
        return first, second

    def among(self, *parts: str) -> set[str]:
        """The outputs with one of these names in their path."""
        return {path for path in self.outputs if set(re.split("[/.]", path)) & set(parts)}

    def _overlay(self, config: dict | None) -> list[Path]:
        if config is None:
            return []
        path = self.project / "overlay.yaml"
        path.write_text(yaml.safe_dump(config))
        return [path]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Iterator[Finished]:
    experiment = Finished(tmp_path_factory.mktemp("finished"))
    yield experiment
    experiment.planner.close()


@contextmanager
def edited(path: Path, change: Callable[[str], str]) -> Iterator[None]:
    """The file with another text, until the block ends; of a file that is not there, one more."""
    before, status = (path.read_bytes(), path.stat()) if path.exists() else (None, None)
    path.write_text(change(before.decode() if before else ""))
    try:
        yield
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def more(text: str) -> Callable[[str], str]:
    return lambda before: before + text


CODE = more("\nONE_MORE = 1\n")


def test_a_finished_experiment_has_nothing_to_do(finished):
    assert len(finished.outputs) > 200
    assert finished.planned() == set()


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("README.md", more("\nOne more word.\n")),
        ("mie_x_lib/triplets.py", more("\n# One more comment.\n")),
        ("mie_x_lib/shards/reader.py", more('\n"""One more text."""\n')),
        ("workflow_scripts/render_shard.py", more("\n# One more comment.\n")),
        ("workflow_scripts/simulate_corpus.py", more("")),
        ("rules/render.smk", more("\n# One more comment.\n")),
        ("config.yaml", more("\n# One more comment.\n")),
        ("resources/generator.safetensors", None),
    ],
)
def test_words_and_times_rerun_nothing(finished, file, change):
    path = finished.project / file
    if change is None:
        path.touch()
        assert finished.planned() == set()
    else:
        with edited(path, change):
            assert finished.planned() == set()


@pytest.mark.parametrize(
    "how", [("--workflow-profile", "none"), ("--workflow-profile", "none", "--rerun-triggers", "code", "mtime")]
)
def test_the_time_of_a_script_says_nothing_where_no_profile_is_read(finished, how, tmp_path):
    (finished.project / "workflow_scripts/simulate_corpus.py").touch()
    for command, folder in (
        ([], finished.project),
        (["--snakefile", str(finished.project / "Snakefile"), "--directory", str(finished.project)], tmp_path),
    ):
        assert "Nothing to be done" in snakemake(folder, "--dry-run", *command, *how).stdout


def test_the_code_of_a_script_reruns_its_rule(finished):
    with edited(finished.project / "workflow_scripts/plot_curves.py", CODE):
        assert finished.planned() == CURVES | TABULATED | PAGES


def test_a_clone_with_copied_results_has_nothing_to_do(finished, tmp_path):
    clone = copy_project(tmp_path / "clone")
    for path in clone.rglob("*"):
        path.touch()
    for part in ("results", ".snakemake"):
        shutil.copytree(finished.project / part, clone / part, dirs_exist_ok=True)
    planner = Planner(clone)
    assert outputs(planner.plan()) == set()
    planner.close()


def test_a_start_leaves_notes_of_all_modules_and_takes_them(project):
    notes = project / ".snakemake/modules.json"
    notes.unlink()
    plan = snakemake(project, "--dry-run").stdout
    kept, made = notes.read_bytes(), notes.stat().st_mtime_ns
    assert len(json.loads(kept)["modules"]) > 100
    assert outputs_of(snakemake(project, "--dry-run").stdout) == outputs_of(plan) != set()
    assert (notes.read_bytes(), notes.stat().st_mtime_ns) == (kept, made)
    with edited(project / "mie_x_lib/bounds.py", CODE):
        snakemake(project, "--dry-run")
    assert notes.read_bytes() != kept


def test_the_clips_of_one_dataset_rerun_what_hangs_on_them(finished):
    expected = finished.among("ckplus", *OF_CKPLUS) - finished.among("corpora", "truth", "clips")
    with edited(finished.project / "results/clips/ckplus.csv", more("\n")):
        assert finished.planned() == expected | AU_MEANS | QUALITY | TABLE


@pytest.mark.parametrize(
    ("dataset", "variants"),
    [("ckplus", OF_CKPLUS), ("oulu", ["mmew_oulu", "mie_x_unseen"])],
)
def test_the_adapter_of_one_dataset_reruns_what_hangs_on_it(finished, dataset, variants):
    expected = finished.among(dataset, *variants) - finished.among("corpora", "truth")
    with edited(finished.project / f"mie_x_lib/corpora/layouts/{dataset}.py", CODE):
        assert finished.planned() == expected | AU_MEANS | QUALITY | TABLE


def test_the_config_of_one_simulated_set_reruns_what_hangs_on_it(finished):
    found = finished.planned({"simulated": {"ckplus": {"subjects": 13}}})
    assert found == finished.among("ckplus", *OF_CKPLUS) | AU_MEANS | QUALITY | TABLE


def test_the_expert_table_reruns_the_variants_that_hold_its_samples(finished):
    expected = finished.among("expert", "mie_x_emotionnet", "mie_x_celeba", "mie_x_unseen")
    with edited(finished.project / "config/expert_table.csv", more("\n")):
        assert finished.planned() == expected | QUALITY | TABLE


def test_what_is_rendered_otherwise_is_rendered_and_all_that_follows_is_made(finished):
    first, second = finished.planned_twice({"render": {"visible_change": 8}})
    follows = finished.among(
        "renders", "training_sets", "synthetic", "synthetic_then_real", "generator_checks", "pairs"
    ) - {"results/training_sets/compmie/none.csv"}
    assert follows | QUALITY | TABLE <= first
    assert second == set()


def test_another_generator_is_one_plan(finished):
    shutil.copy(finished.project / "resources/generator.safetensors", finished.project / "other.safetensors")
    first, second = finished.planned_twice({"generator": {"weights": "other.safetensors"}})
    assert finished.among("renders", "generator_checks", "synthetic") | TABLE <= first
    assert second == set()


@pytest.mark.parametrize(
    "config", [{"thresholds": {"sharpness": 0.7}}, {"probe": 90}, {"thresholds": {"checkerboard": None}}]
)
def test_another_threshold_renders_and_trains_nothing_again(finished, config):
    assert finished.planned({"quality": config}) == CHECKS | PAGES | TABULATED


def test_a_threshold_writes_the_cards_again(finished):
    finished.planner.pretend(targets=EXPORTS)
    found = finished.planned({"quality": {"thresholds": {"sharpness": 0.7}}}, *EXPORTS)
    assert {"results/cards/mie_x_emotionnet.json", "results/exports/mie_x_emotionnet/folder"} <= found
    assert not {path for path in found if path.startswith(("results/renders/", "results/networks/"))}


def test_the_code_of_the_generators_check_renders_nothing_again(finished):
    with edited(finished.project / "mie_x_lib/quality/gate.py", CODE):
        assert finished.planned() == CHECKS | PAGES | TABULATED


def test_a_threshold_hides_no_other_change(finished):
    first, second = finished.planned_twice(
        {"quality": {"thresholds": {"sharpness": 0.7}}, "classifiers": {"apex": {"dropout": 0.25}}}
    )
    assert first == finished.among("apex") | TABLE | CHECKS
    assert second == set()


def test_a_licence_touches_cards_alone(finished):
    finished.planner.pretend(targets=EXPORTS)
    licence = {"datasets": {"ckplus": {"licence": "ours"}}}
    assert finished.planned(licence) == set()
    cards = {f"results/cards/mie_x_emotionnet.{suffix}" for suffix in ("md", "json")}
    formats = ("folder", "webdataset", "huggingface", "hdf5")
    exports = {f"results/exports/mie_x_emotionnet/{name}" for name in formats}
    assert finished.planned(licence, *EXPORTS) == cards | exports


def test_what_networks_start_from_trains_them_again(finished):
    random, _ = finished.planned_twice({"training": {"initial": "random"}})
    assert finished.among("networks") <= random
    # ImageNet weights are those of 64 channels.
    wide = {"classifiers": {name: {"width": 64} for name in ("branches", "apex")}}
    finished.planner.pretend(*finished._overlay(wide | {"training": {"initial": "random"}}))
    assert finished.among("networks") <= finished.planned(wide | {"training": {"initial": "imagenet"}})
    finished.planner.pretend()


def test_another_measure_is_taken_of_the_renders_that_are_there(finished):
    with edited(finished.project / "mie_x_lib/quality/motion.py", CODE):
        found = finished.planned()
    assert not found & (finished.among("renders", "generator_checks", "networks") - PAGES)
    assert QUALITY | {path for path in finished.outputs if path.endswith(".action_units.csv")} <= found


@pytest.mark.parametrize(
    "package",
    ["corpora.layouts", "action_units.sources", "frames.detectors", "classifiers.networks", "exports.formats"],
)
def test_a_new_module_that_nobody_names_reruns_nothing(finished, package):
    path = finished.project / "mie_x_lib" / package.replace(".", "/") / "one_more.py"
    with edited(path, lambda _: '"""One more."""\n\nVALUE = 1\n'):
        assert finished.planned() == set()


def test_a_new_measure_of_pairs_is_taken_and_renders_and_trains_nothing(finished):
    def add(text: str) -> str:
        assert "\nMEASURES = (" in text
        measure = "def one_more(frames, photographs):\n    return 2 * saturated(frames, photographs)\n\n\n"
        return text.replace("\nMEASURES = (", f"\n{measure}MEASURES = (one_more, ")

    with edited(finished.project / "mie_x_lib/quality/pictures.py", add):
        found = finished.planned()
    assert {"results/quality/emotionnet/mmew.csv", "results/generator_checks/celeba.csv"} <= found
    kinds = {path.split("/")[1] for path in found if path.count("/") > 1}
    assert kinds == {"quality", "generator_checks", "figures", "pages"}


def test_the_config_of_apex_reruns_apex_alone(finished):
    assert finished.planned({"classifiers": {"apex": {"dropout": 0.25}}}) == finished.among("apex") | TABLE


def test_the_code_of_apex_reruns_apex_alone(finished):
    with edited(finished.project / "mie_x_lib/classifiers/networks/apex.py", CODE):
        assert finished.planned() == finished.among("apex") | TABLE


def test_more_identities_append_shards(finished):
    drawn = {"simulated": {"emotionnet": {"subjects": 360}}}
    finished.planner.pretend(*finished._overlay(drawn))
    found = finished.planned(drawn | {"id_sources": {"emotionnet": {"identities": 360}}})
    finished.planner.pretend()
    assert not finished.among("identities", "triplets", "renders") & found
    assert "results/renders/emotionnet/oulu/1.h5" in found


def test_an_edited_table_of_own_clips_is_noticed_and_a_lost_record_is_told(project):
    root = project / "data/mine"
    root.mkdir(parents=True)
    (root / "clips.csv").write_text("clip,subject,emotion,path\nc1,anna,surprise,c1.png\n")
    (root / "c1.png").touch()
    (project / "own.yaml").write_text("datasets: {mine: {layout: videos, role: micro, root: data/mine}}\n")
    target = ("--configfile", "own.yaml", "--", "results/clips/mine.csv")
    run = snakemake(project, *target)
    assert run.returncode == 0, run.stdout
    assert planned(project, *target) == set()
    with edited(root / "clips.csv", more("c2,anna,happiness,c1.png\n")):
        assert planned(project, *target) == {"results/clips/mine.csv"}
    shutil.rmtree(project / ".snakemake")
    run = snakemake(project, "--dry-run", *target)
    assert "Warning: .snakemake has no record of results/clips/mine.csv" in run.stdout


def test_no_rule_has_an_edge_that_hides_a_change():
    rules = [ROOT / "Snakefile", *(ROOT / "rules").rglob("*.smk")]
    assert [path.name for path in rules if re.search(r"\b(ancient|before_update)\(", path.read_text())] == []
