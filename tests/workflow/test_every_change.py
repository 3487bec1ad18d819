"""No change is hidden: every key of the config and every module, changed alone or together with a threshold.

A change takes the one before it back. Each is planned and recorded as run. All jobs whose own params or inputs it
changed have to be in the plan, and the next plan has to be empty. The graph is that of reruns.yaml, in which nothing is
run.
"""

import copy
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

from rules.configuration import FILES
from tests.licensed_datasets import write_photographs
from tests.workflow.conftest import copy_project, planned, snakemake
from tests.workflow.planner import Job, Planner

EXPERIMENT = Path(__file__).with_name("reruns.yaml")
TARGETS = ("everything",)
# Of each key that takes a word, one of these is another value.
WORDS = (
    *("resources/generator.safetensors", "resources/au_network.safetensors", "config/other_table.csv", "data/other"),
    *("emotionnet", "micro", "other_faces", "pyfeat", "macro", "spot", "middle"),
    *("yunet", "eyes", "tracked", "v1", "keep"),
    *("float32", "bfloat16", "constant", "one_cycle", "test_fold", "last_epoch", "mixed", "folder", "hdf5"),
    *("other_macro", "other_people", "smic", "celeba", "lossless", "au_source", "other", "something else"),
)
# Keys that may allow no other value while the rest stays as it is, since they go with others.
TIED = {
    *("role", "kind", "same_people_as", "root", "options", "datasets", "subjects", "table"),
    *("row", "regimes", "variant", "evaluation", "chosen_by", "together", "alone", "of", "sizes", "steps", "seeds"),
    *("detector", "detector_weights", "predictions", "file"),
}
# Of keys that go with others, sections in which both are changed.
TOGETHER = {"frames": {"detector": "yunet", "detector_weights": "config/other_table.csv"}}


def keys(section: object, path: tuple = ()) -> Iterator[tuple]:
    """The path of every value in a config; a list of values is one."""
    if isinstance(section, dict) and section:
        for key, value in section.items():
            yield from keys(value, (*path, key))
    elif isinstance(section, list) and section and isinstance(section[0], dict):
        for place, entry in enumerate(section):
            yield from keys(entry, (*path, place))
    else:
        yield path


def at(config: object, path: tuple) -> object:
    for key in path:
        config = config[key]
    return config


def others(value: object) -> Iterator[object]:
    """What else may stand in place of a value; not all of it makes sense."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        # The last is for a number that is next to 1 and may not be more.
        yield from (value + 1, value - 1, value + 4, value * 0.9, value / 2, (value + 1) / 2)
    elif isinstance(value, list):
        yield from (value[::-1], value[:-1], [*value, *value[:1]], [0.9 * item for item in value if item != str(item)])
        yield [item + 1 for item in value if item != str(item)]
        yield from ([*value, word] for word in WORDS)
    elif isinstance(value, dict):
        yield from ({"real": 2}, {"release": "avi"}, {"happiness": 1})
    else:
        # What is null says nothing of what it may be.
        yield from (1, 0.5, *WORDS, []) if value is None else (*WORDS, 1, 0.5, [])


def with_value(config: dict, path: tuple, value: object) -> dict:
    """The config with another value at a path."""
    changed = copy.deepcopy(config)
    at(changed, path[:-1])[path[-1]] = value
    return changed


class Walk:
    """An experiment that is changed step by step, each of which is planned and recorded as run."""

    def __init__(self, folder: Path):
        self.project = copy_project(folder / "project")
        for name in FILES[1:]:
            (self.project / name).write_text("{}\n")
        (self.project / "data/own").mkdir(parents=True)
        # As many people as identity sources ask for.
        write_photographs(self.project / "data/own", (f"{number}.jpg" for number in range(12)))
        rows = [f"{number},{number},,{number}.jpg\n" for number in range(12)]
        (self.project / "data/own/clips.csv").write_text("".join(["clip,subject,emotion,path\n", *rows]))
        (self.project / "config/other_table.csv").write_bytes((self.project / "config/expert_table.csv").read_bytes())
        (self.project / "config.yaml").write_bytes(EXPERIMENT.read_bytes())
        self.planner = Planner(self.project)
        # Every key stands there, with its default where the experiment says nothing of it.
        self.config = self.planner.config()
        self.jobs = []
        self.is_strict = False
        self.step(self.config)

    def step(self, config: dict) -> list[str]:
        """Change the config and run; return what should have been planned and was not, or is planned once more."""
        config = with_value(config, ("quality", "thresholds", "sharpness"), 0.9 if self.is_strict else 0.8)
        (self.project / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        before = {job.outputs: job for job in self.jobs}
        self.jobs = self.planner.pretend(targets=TARGETS)
        # Targets, which make no file, are planned with what they ask for alone.
        making = [job for job in self.jobs if job.outputs and not job.is_planned]
        hidden = [name(job) for job in making if is_changed(before.get(job.outputs), job)]
        again = [name(job) for job in self.planner.plan(targets=TARGETS) if job.is_planned]
        return [f"not planned: {job}" for job in hidden] + [f"planned once more: {job}" for job in again]

    def faults_of_keys(self, keys: Iterable[tuple[tuple, object]]) -> list[str]:
        """What is hidden or left by changes of keys, given as path and value; each takes the one before back."""
        faults = [
            fault for path, value in self.half_with_a_threshold(keys) for fault in self.change_somehow(path, value)
        ]
        return faults + [f"all keys back: {fault}" for fault in self.step(self.config)]

    def faults_of_modules(self, paths: Iterable[Path]) -> list[str]:
        """What is hidden or left by changes of modules; each takes the one before back."""
        faults = []
        for path in self.half_with_a_threshold(paths):
            before, status = path.read_bytes(), path.stat()
            path.write_bytes(before + b"\nONE_MORE = 1\n")
            faults += [f"{path}: {fault}" for fault in self.step(self.config)]
            path.write_bytes(before)
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return faults + [f"all modules back: {fault}" for fault in self.step(self.config)]

    def half_with_a_threshold(self, changes: Iterable) -> Iterator:
        """Each change; every second one comes together with that of a threshold."""
        for number, change in enumerate(changes):
            self.is_strict = number % 4 > 1
            yield change
        self.is_strict = False

    def change_key(self, path: tuple, value: object) -> list[str]:
        """Change a key, and no other of the experiment; ValueError where Snakemake refuses the config."""
        return [f"{path} to {value!r}: {fault}" for fault in self.step(with_value(self.config, path, value))]

    def change_somehow(self, path: tuple, value: object) -> list[str]:
        """Change a key to something that is not refused, which there has to be unless the key is `TIED`."""
        for other in others(value):
            if other == value:
                continue
            try:
                return self.change_key(path, other)
            except ValueError:
                continue
        return [] if path[-1] in TIED else [f"{path}: no other value than {value!r} is allowed"]


def is_changed(before: Job | None, job: Job) -> bool:
    return before is not None and before.depends_on != job.depends_on


def name(job: Job) -> str:
    return f"{job.rule} {' '.join(job.outputs[:1])}"


@pytest.fixture(scope="module")
def walk(tmp_path_factory) -> Iterator[Walk]:
    walk = Walk(tmp_path_factory.mktemp("walk"))
    yield walk
    walk.planner.close()


def every_key(walk: Walk) -> list[tuple[tuple, object]]:
    return [(path, at(walk.config, path)) for path in keys(walk.config)]


def every_module(walk: Walk) -> list[Path]:
    folders = ("mie_x_lib", "workflow_scripts")
    return sorted(path for folder in folders for path in (walk.project / folder).rglob("*.py"))


def test_a_plan_notices_a_change_and_its_run_leaves_nothing_to_do(walk):
    """Of every section of the config, and of every folder of modules, one."""
    sections, folders = {}, {}
    for path, value in every_key(walk):
        if path[-1] not in TIED:
            sections.setdefault(path[0], (path, value))
    for path in every_module(walk):
        if path.name != "__init__.py":
            folders.setdefault(path.parent, path)
    assert min(len(sections), len(folders)) > 15
    faults = walk.faults_of_keys(sections.values()) + walk.faults_of_modules(folders.values())
    assert not faults, "\n".join(faults)


def test_a_plan_notices_that_a_param_takes_the_value_of_another_one(walk):
    path, others = ("au_sources", "expert", "clips"), (walk.config["seed"], walk.config["identities_per_shard"])
    assert len({*others, at(walk.config, path)}) == 3
    faults = [fault for value in others * 2 for fault in walk.step(with_value(walk.config, path, value))]
    assert faults + walk.step(walk.config) == []


@pytest.mark.parametrize(
    ("section", "rule"), [("generator_training", "train_generator"), ("au_network_training", "train_au_network")]
)
def test_the_order_of_the_datasets_that_a_network_learns_from_says_nothing(walk, section, rule):
    # What has a root is not drawn.
    config = with_value(walk.config, ("datasets", "other_people"), walk.config["datasets"]["people"])
    config = with_value(config, ("simulated", "other_people"), walk.config["simulated"]["people"])
    found = []
    for datasets in (["other_people", "people"], ["people", "other_people"]):
        assert walk.step(with_value(config, (section, "datasets"), datasets)) == []
        found += [job.inputs for job in walk.jobs if job.rule == rule]
    assert walk.step(walk.config) == []
    assert len(found) == 2
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("datasets", "own", "root"), "data/slip"),
        (("generator", "weights"), "resources/slip.safetensors"),
        (("training", "initial"), "slip.safetensors"),
        (("au_sources", "expert", "table"), "config/slip.csv"),
        (("generator_training", "initial"), "slip.pth"),
    ],
)
def test_a_path_to_nothing_is_told_where_results_of_another_one_are_there(walk, path, value):
    with pytest.raises(ValueError, match=f"{value}: not there, but .* has to make results/"):
        walk.step(with_value(walk.config, path, value))
    assert walk.step(walk.config) == []


def test_results_of_data_that_are_elsewhere_stay_until_they_have_to_be_made_again(walk):
    os.rename(walk.project / "data/own", walk.project / "data/away")
    try:
        assert [name(job) for job in walk.planner.plan(targets=TARGETS) if job.outputs and job.is_planned] == []
        with pytest.raises(ValueError, match=r"data/own: not there, but extract_frames has to make"):
            walk.step(with_value(walk.config, ("frames", "margin"), 0.3))
    finally:
        os.rename(walk.project / "data/away", walk.project / "data/own")
    assert walk.step(walk.config) == []


@pytest.fixture
def without_data(walk, tmp_path) -> Path:
    """A copy of the project in which a dataset is gone of which crops would be made again."""
    project = shutil.copytree(walk.project, tmp_path / "project")
    shutil.rmtree(project / "data/own")
    changed = with_value(walk.config, ("frames", "margin"), 0.3)
    (project / "config.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))
    return project


def test_only_a_run_that_waits_for_what_is_missing_is_refused(without_data):
    for arguments in (["--summary"], ["--dry-run", "--until", "match_people"]):
        told = snakemake(without_data, *TARGETS, *arguments)
        assert told.returncode == 0, told.stdout
    for arguments in (["--dry-run"], ["--dry-run", "--until", "extract_frames"]):
        told = snakemake(without_data, *TARGETS, *arguments)
        assert told.returncode == 1
        assert "data/own: not there, but extract_frames has to make results/frames/own.h5 again" in told.stdout


def test_what_was_made_of_data_that_are_gone_is_kept_as_the_refusal_says(without_data):
    refusal = snakemake(without_data, *TARGETS, "--dry-run").stdout
    way_out = re.search("run snakemake (--cleanup-metadata .*)", refusal)[1].split()
    assert snakemake(without_data, *way_out).returncode == 0
    found = planned(without_data, *TARGETS)
    assert "results/frames/smic.h5" in found
    assert "results/frames/own.h5" not in found


def test_records_of_earlier_versions_do_not_name_params_and_rerun_nothing(walk):
    for path in (walk.project / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            record = json.loads(path.read_text())
            params = [param for param in record["params"] if not param.startswith("params by name")]
            assert len(params) == len(record["params"]) - 1
            path.write_text(json.dumps(record | {"params": params}))
    assert [name(job) for job in walk.planner.plan(targets=TARGETS) if job.outputs and job.is_planned] == []


@pytest.mark.parametrize("suffix", ["html", "css", "js"])
def test_a_plan_notices_a_change_of_what_the_gallery_is_put_together_from(walk, suffix):
    path = walk.project / f"mie_x_lib/gallery/assets/gallery.{suffix}"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    rules = [job.rule for job in walk.planner.plan(targets=TARGETS) if job.is_planned and job.outputs]
    assert rules == ["make_gallery"]
    assert walk.step(walk.config) == []


@pytest.mark.long
def test_no_plan_hides_a_change_of_any_key(walk):
    faults = walk.faults_of_keys(every_key(walk))
    for section, values in TOGETHER.items():
        faults += walk.change_key((section,), walk.config[section] | values)
    faults += walk.step(walk.config)
    assert not faults, "\n".join(faults)


@pytest.mark.long
def test_no_plan_hides_a_change_of_any_module(walk):
    faults = walk.faults_of_modules(every_module(walk))
    assert not faults, "\n".join(faults)
