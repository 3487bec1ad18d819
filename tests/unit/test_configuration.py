"""The config is completed from its schema, and every fault in it is named."""

import json
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from snakemake.utils import update_config

from mie_x_lib.corpora import LAYOUTS
from mie_x_lib.errors import InputError
from mie_x_lib.folds import emotion_labels
from mie_x_lib.terms import EMOTION_LABELS, LABEL_NAMES
from rules.configuration import complete

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas/config.schema.json"


def load(*names: str) -> dict:
    """config.yaml with these files laid over it, as Snakemake does it."""
    config = {}
    for name in ("config.yaml", *names):
        update_config(config, yaml.safe_load((ROOT / name).read_text(encoding="utf-8")))
    return config


@pytest.fixture
def config() -> dict:
    return load()


def sections(schema: dict, where: str = "config"):
    """Every object of the schema with named keys, with its place."""
    if "properties" in schema:
        yield where, schema
    children = dict(schema.get("properties", {}))
    for key in ("additionalProperties", "items"):
        if isinstance(schema.get(key), dict):
            children["*"] = schema[key]
    for key, child in children.items():
        yield from sections(child, f"{where}.{key}")


@pytest.mark.parametrize("overlays", [(), ("config/paper.yaml",), ("config/shipped_weights.yaml",)])
def test_shipped_configs_are_complete_and_consistent(overlays):
    complete(load(*overlays), SCHEMA)


def test_defaults_are_filled_at_every_depth(config):
    del config["frames"]
    config["training"]["epochs"] = {"real": 3}
    complete(config, SCHEMA)
    assert config["frames"]["missing_apex"]["default"] == "spot"
    assert config["training"]["epochs"] == {"real": 3, "synthetic": 30, "synthetic_then_real": 80}


def test_a_default_is_not_shared_between_entries(config):
    complete(config, SCHEMA)
    config["datasets"]["samm"]["options"]["part"] = "macro"
    assert config["datasets"]["smic"]["options"] == {}


def test_null_switches_a_threshold_off_and_nothing_else(config):
    config["quality"] = {"thresholds": {"sharpness": None}}
    complete(config, SCHEMA)
    thresholds = config["quality"]["thresholds"]
    assert thresholds.pop("sharpness") is None
    assert None not in thresholds.values()


def test_renders_are_compared_with_micro_expressions_alone(config):
    config["quality"] = {"reference": ["ckplus"]}
    with pytest.raises(InputError, match=r"quality\.reference takes datasets of role micro"):
        complete(config, SCHEMA)


def test_null_takes_the_simulated_sets_away():
    config = load("config/paper.yaml")
    complete(config, SCHEMA)
    assert config["simulated"] == {}


@pytest.mark.parametrize("section", ["image_size", "frames", "triplets", "classifiers", "training"])
def test_nothing_that_is_small_for_the_sake_of_speed_is_left_in_the_papers_protocol(section):
    def keys(value, where):
        if isinstance(value, dict):
            return {key for name, child in value.items() for key in keys(child, f"{where}.{name}")}
        return {where}

    default, paper = (
        yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))[section]
        for name in ("config.yaml", "config/paper.yaml")
    )
    assert keys(default, section) <= keys(paper, section)


def test_every_test_set_of_the_papers_protocol_has_the_published_schedule():
    config = load("config/paper.yaml")
    complete(config, SCHEMA)
    assert len(config["evaluations"]) > 5
    assert not [name for name, entry in config["evaluations"].items() if entry["epochs"]]


def test_completing_twice_changes_nothing(config):
    complete(config, SCHEMA)
    once = deepcopy(config)
    complete(config, SCHEMA)
    assert config == once


@pytest.mark.parametrize(
    ("section", "key", "value", "named"),
    [
        (None, "classifier", {}, "the key classifier does not exist"),
        ("frames", "margn", 0.1, "the key frames.margn does not exist"),
        ("classifiers", "apexx", {}, "the key classifiers.apexx does not exist"),
        ("training", "samples", "many", "training.samples"),
        ("training", "seeds", [], "training.seeds"),
        ("evaluations", "new", {"datasets": ["casme3"]}, "evaluations.new.datasets names casme3"),
        ("evaluations", "new", {"datasets": ["ckplus"]}, "role"),
        ("evaluations", "new", {"datasets": ["samm"], "folds": "leave_one_subject_out"}, "evaluations.new.subjects"),
        ("evaluations", "new", {"datasets": ["samm"], "subjects": 28}, "leave_one_subject_out"),
        ("evaluations", "new", {"datasets": ["samm"], "folds": "leave_one_dataset_out"}, "two datasets or more"),
        ("evaluations", "new", {"datasets": ["samm"], "labels": {"a": ["joy"], "b": ["fear"]}}, "joy, which is no"),
        ("evaluations", "new", {"datasets": ["samm"], "labels": {"a": ["fear"], "b": ["fear"]}}, "fear in a and in b"),
        ("evaluations", "new", {"datasets": ["samm"], "labels": {"a": ["fear"]}}, "evaluations.new.labels"),
        (None, "uf1_table", ["text", "3"], "uf1_table names 3"),
        ("variants", "none", {"id_sources": ["celeba"], "au_sources": ["mmew"]}, "variants.none"),
        ("variants", "new", {"id_sources": ["celeba"], "au_sources": ["mmew"], "clips": 0}, "variants.new.clips"),
        ("training", "held_out", 0, "training.held_out"),
        ("datasets", "casme3", {"layout": "casme2", "role": "micro"}, "datasets.casme3 needs either a root"),
        ("simulated", "casme3", {"kind": "micro", "subjects": 1}, "simulated names casme3"),
        ("au_sources", "expert", {"kind": "expert"}, "au_sources.expert"),
        ("au_sources", "mmew", {"kind": "macro", "datasets": ["mmew"]}, "au_sources.mmew.datasets"),
        ("id_sources", "celeba", {"dataset": "samm", "identities": 3}, "id_sources.celeba.dataset"),
        ("variants", "new", {"id_sources": ["emotionnet"], "au_sources": ["ck"]}, "variants.new.au_sources names ck"),
        ("generator", "weights", None, "generator_training.datasets"),
    ],
)
def test_a_fault_is_one_line_that_names_the_key(config, section, key, value, named):
    (config if section is None else config[section])[key] = value
    with pytest.raises(InputError) as fault:
        complete(config, SCHEMA)
    assert named in str(fault.value)
    assert "\n" not in str(fault.value)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"variant": "mie_y", "regimes": ["synthetic"]}, "names mie_y"),
        ({"variant": None, "regimes": ["synthetic"]}, "rows[0]"),
        ({"variant": "mmew", "regimes": ["real", "synthetic"]}, "rows[0]"),
        ({"variant": "mmew", "regimes": ["synthetic"], "evaluation": "casme3"}, "rows[0].evaluation names casme3"),
        ({"variant": "mmew", "regimes": ["synthetic"], "chosen_by": "luck"}, "rows.0.chosen_by"),
    ],
)
def test_a_row_that_cannot_be_made_is_named(config, row, named):
    config["rows"], config["uf1_table"] = [{"table": "1", "row": "one"} | row], [1]
    with pytest.raises(InputError, match="rows") as fault:
        complete(config, SCHEMA)
    assert named in str(fault.value)


def test_every_key_of_the_schema_is_described_and_no_other_is_let_in():
    for where, section in sections(json.loads(SCHEMA.read_text(encoding="utf-8"))):
        if not where.endswith("missing_apex"):
            assert section["additionalProperties"] is False, where
        for key, entry in section["properties"].items():
            assert entry.get("description"), f"{where}.{key}"


def test_every_key_that_may_be_left_out_has_a_default():
    optional = {"config.datasets.*.options", "config.simulated.*.emotions", "config.evaluations.*.epochs"}
    for where, section in sections(json.loads(SCHEMA.read_text(encoding="utf-8"))):
        if where not in optional:
            for key in set(section["properties"]) - set(section.get("required", [])):
                assert "default" in section["properties"][key], f"{where}.{key}"


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"same_people_as": "casme3"}, "casme3"),
        ({"same_people_as": "ckplus"}, "role"),
        ({"same_people_as": "b"}, "samm"),
    ],
)
def test_people_are_those_of_a_dataset_of_its_own(config, entry, named):
    config["datasets"]["b"] = {"layout": "samm", "role": "micro", "root": "data/b", "same_people_as": "samm"}
    config["datasets"]["a"] = {"layout": "samm", "role": "micro", "root": "data/a"} | entry
    with pytest.raises(InputError, match=r"datasets\.a\.same_people_as") as fault:
        complete(config, SCHEMA)
    assert named in str(fault.value)


def test_the_classes_that_are_taken_unless_others_are_named_are_those_of_the_shards(config):
    complete(config, SCHEMA)
    labels = config["evaluations"]["compmie"]["labels"]
    assert tuple(labels) == LABEL_NAMES
    assert emotion_labels(labels) == EMOTION_LABELS


def test_layouts_are_those_of_the_library():
    datasets = json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]["datasets"]
    assert set(datasets["additionalProperties"]["properties"]["layout"]["enum"]) == set(LAYOUTS)
