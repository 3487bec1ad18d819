"""A change reruns exactly what hangs on it: Snakemake is asked by dry run, over a finished default experiment."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.workflow.conftest import copy_project, planned, snakemake

# Written together, by one rule.
PAGES = {
    *(f"results/pages/uf1_{name}.html" for name in ("table", "by_dataset", "comparisons")),
    *(f"results/pages/{name}.html" for name in ("audits", "au_means", "quality", "generator_checks")),
}
TABLE = PAGES | {
    *(f"results/uf1_table.{suffix}" for suffix in ("csv", "md", "tex")),
    *(f"results/uf1_{name}.csv" for name in ("by_dataset", "confusions", "comparisons")),
    *(f"results/figures/{name}.png" for name in ("uf1", "confusions", "curves")),
}
QUALITY = {"results/quality.csv", "results/figures/quality.png"}
AU_MEANS = {"results/figures/au_means.png", *(f"results/au_means.{suffix}" for suffix in ("csv", "md", "tex"))}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, set[str]]:
    """A project whose outputs are all there, empty, and recorded as made; and their paths."""
    project = copy_project(tmp_path_factory.mktemp("finished") / "project")
    outputs = planned(project)
    for path in outputs:
        place = project / path
        if path.startswith("results/corpora/"):
            place.mkdir(parents=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    run = snakemake(project, "--touch", "--forceall")
    assert run.returncode == 0, run.stdout
    return project, outputs


@contextmanager
def edited(path: Path, addition: str) -> Iterator[None]:
    """The file with a line more, until the block ends."""
    before, status = path.read_bytes(), path.stat()
    path.write_bytes(before + addition.encode())
    try:
        yield
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def among(outputs: set[str], *parts: str) -> set[str]:
    """The outputs with one of these names in their path."""
    return {path for path in outputs if set(re.split("[/.]", path)) & set(parts)}


def test_a_finished_experiment_has_nothing_to_do(finished):
    project, _ = finished
    assert planned(project) == set()


@pytest.mark.parametrize(
    ("file", "addition"),
    [
        ("README.md", "\nOne more word.\n"),
        ("mie_x_lib/triplets.py", "\n# One more comment.\n"),
        ("mie_x_lib/shards.py", "\n# One more comment.\n"),
    ],
)
def test_words_rerun_nothing(finished, file, addition):
    project, _ = finished
    with edited(project / file, addition):
        assert planned(project) == set()


def test_the_clips_of_one_dataset_rerun_what_hangs_on_them(finished):
    project, outputs = finished
    expected = among(outputs, "ckplus", "compmie_ckplus") - among(outputs, "corpora", "truth", "clips", "cards")
    with edited(project / "results/clips/ckplus.csv", "\n"):
        assert planned(project) == expected | AU_MEANS | QUALITY | TABLE


@pytest.mark.parametrize(
    ("dataset", "variants"),
    [("ckplus", ["compmie_ckplus"]), ("oulu", ["mmew_oulu", "mie_x_emotionnet", "mie_x_celeba"])],
)
def test_the_adapter_of_one_dataset_reruns_what_hangs_on_it(finished, dataset, variants):
    project, outputs = finished
    expected = among(outputs, dataset, *variants) - among(outputs, "corpora", "truth", "cards")
    with edited(project / f"mie_x_lib/corpora/{dataset}.py", "\nONE_MORE = 1\n"):
        assert planned(project) == expected | AU_MEANS | QUALITY | TABLE


def test_the_config_of_one_simulated_set_reruns_what_hangs_on_it(finished, tmp_path):
    project, outputs = finished
    (tmp_path / "more.yaml").write_text("simulated: {ckplus: {subjects: 13}}\n")
    found = planned(project, "--configfile", str(tmp_path / "more.yaml"))
    expected = among(outputs, "ckplus", "compmie_ckplus") - among(outputs, "cards")
    assert found == expected | AU_MEANS | QUALITY | TABLE


def test_the_expert_table_reruns_the_variants_that_hold_its_samples(finished):
    project, outputs = finished
    expected = among(outputs, "expert", "mie_x_emotionnet", "mie_x_celeba") - among(outputs, "cards")
    with edited(project / "config/expert_table.csv", "\n"):
        assert planned(project) == expected | QUALITY | TABLE


def test_the_code_of_the_generators_check_renders_nothing_again(finished):
    project, outputs = finished
    with edited(project / "mie_x_lib/quality/gate.py", "\nONE_MORE = 1\n"):
        assert planned(project) == among(outputs, "generator_checks", "cards") | PAGES


def test_another_threshold_renders_nothing_again(finished, tmp_path):
    project, outputs = finished
    (tmp_path / "less.yaml").write_text("quality: {thresholds: {sharpness: 0.7}}\n")
    found = planned(project, "--configfile", str(tmp_path / "less.yaml"))
    assert found == among(outputs, "generator_checks", "cards") | PAGES


def test_another_measure_is_taken_of_the_renders_that_are_there(finished):
    project, outputs = finished
    with edited(project / "mie_x_lib/quality/motion.py", "\nONE_MORE = 1\n"):
        found = planned(project)
    assert not found & among(outputs, "renders", "generator_checks", "networks") - PAGES
    assert QUALITY | among(outputs, "action_units") - {path for path in outputs if "/action_units/" in path} <= found


def test_the_config_of_apex_reruns_apex_alone(finished, tmp_path):
    project, outputs = finished
    (tmp_path / "apex.yaml").write_text("classifiers: {apex: {dropout: 0.25}}\n")
    assert planned(project, "--configfile", str(tmp_path / "apex.yaml")) == among(outputs, "apex") | TABLE


def test_the_code_of_apex_reruns_apex_alone(finished):
    project, outputs = finished
    with edited(project / "mie_x_lib/classifiers/networks/apex.py", "\nONE_MORE = 1\n"):
        assert planned(project) == among(outputs, "apex") | TABLE


def test_more_identities_append_shards(finished, tmp_path):
    project, outputs = finished
    (tmp_path / "more.yaml").write_text("id_sources: {emotionnet: {identities: 360}}\n")
    found = planned(project, "--configfile", str(tmp_path / "more.yaml"))
    shards = among(outputs, "identities", "triplets", "renders")
    assert not shards & found
    assert "results/renders/emotionnet/oulu/1.h5" in found


def test_an_edited_table_of_own_clips_is_noticed(project):
    root = project / "data/mine"
    root.mkdir(parents=True)
    (root / "clips.csv").write_text("clip,subject,emotion,path\nc1,anna,surprise,c1.png\n")
    (root / "c1.png").touch()
    (project / "own.yaml").write_text("datasets: {mine: {layout: videos, role: micro, root: data/mine}}\n")
    target = ("--configfile", "own.yaml", "--", "results/clips/mine.csv")
    run = snakemake(project, *target)
    assert run.returncode == 0, run.stdout
    assert planned(project, *target) == set()
    with edited(root / "clips.csv", "c2,anna,happiness,c1.png\n"):
        assert planned(project, *target) == {"results/clips/mine.csv"}
