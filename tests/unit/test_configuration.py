"""The config is laid together from its files, completed from the models of its sections, and every fault is named."""

import copy
import json
from copy import deepcopy
from datetime import date

import pytest
import torch
import yaml

from mie_x_lib import plugins
from mie_x_lib.action_units.instruments import PAPER_SCALE, scale_of
from mie_x_lib.errors import InputError
from mie_x_lib.folds.division import emotion_labels
from mie_x_lib.terms import EMOTION_LABELS, LABEL_NAMES
from rules.configuration import FILES, PROJECT, checked, complete, reference
from rules.configuration.experiment import Experiment
from rules.configuration.layers import laid_over, read_layer
from rules.configuration.messages import described

LAYOUTS = plugins.names("mie_x_lib.corpora.layouts")


@pytest.fixture(autouse=True, scope="module")
def shipped_files_are_read_once():
    shipped = {PROJECT / name: read_layer(PROJECT / name) for name in FILES}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rules.configuration.read_layer", lambda path: shipped.get(path) or read_layer(path))
        yield


def whole(*names: str) -> dict:
    """The files of the default experiment with others laid over them, not yet completed."""
    config: dict = {}
    for name in (*FILES, *names):
        config = laid_over(config, read_layer(PROJECT / name))
    return deepcopy(config)


@pytest.fixture
def config() -> dict:
    return whole()


def completed(**overlay) -> dict:
    complete(overlay)
    return overlay


def fault(**overlay) -> str:
    with pytest.raises(InputError) as found:
        complete(overlay)
    assert "\n" not in str(found.value)
    return str(found.value)


@pytest.mark.parametrize("name", ["paper", "equal_sizes", "shipped_weights"])
def test_shipped_configs_are_complete_and_consistent(name):
    completed(**read_layer(PROJECT / f"config/{name}.yaml"))


def test_defaults_are_filled_at_every_depth(config):
    del config["frames"]
    config["training"]["epochs"] = {"real": 3}
    found = checked(config)
    assert found["frames"]["missing_apex"]["default"] == "spot"
    assert found["training"]["epochs"] == {"real": 3, "synthetic": 30, "synthetic_then_real": 80}


def test_a_default_is_not_shared_between_entries():
    found = completed()
    found["datasets"]["samm"]["options"]["part"] = "macro"
    assert found["datasets"]["smic"]["options"] == {}


def test_null_switches_a_threshold_off_and_nothing_else():
    thresholds = completed(quality={"thresholds": {"sharpness": None}})["quality"]["thresholds"]
    assert thresholds.pop("sharpness") is None
    assert None not in thresholds.values()


def test_null_takes_an_entry_away():
    assert list(completed(classifiers={"apex": None})["classifiers"]) == ["branches"]
    roots = {name: {"root": "data"} for name in completed()["simulated"]}
    assert completed(simulated=None, datasets=roots)["simulated"] == {}
    assert "mmew_five" not in completed(evaluations={"mmew_five": None}, tables={"protocols": None})["evaluations"]


def test_one_line_makes_a_drawn_set_the_users_own():
    found = completed(datasets={"samm": {"root": "data/SAMM"}})
    assert found["datasets"]["samm"]["layout"] == "samm"
    assert "samm" not in found["simulated"]
    assert "smic" in found["simulated"]


def test_renders_are_compared_with_micro_expressions_alone():
    assert "quality.reference takes datasets of role micro" in fault(quality={"reference": ["ckplus"]})


def test_the_papers_protocol_draws_nobody():
    assert completed(**read_layer(PROJECT / "config/paper.yaml"))["simulated"] == {}


def test_the_papers_protocol_measures_on_the_papers_scale_with_the_papers_program():
    section = completed(**read_layer(PROJECT / "config/paper.yaml"))["action_units"]
    assert (section["source"], scale_of(section["source"])) == ("openface", PAPER_SCALE)
    # It looks at renders, too.
    assert section["openface"]["binary"]


@pytest.mark.parametrize("section", ["image_size", "frames", "triplets", "classifiers", "training"])
def test_nothing_that_is_small_for_the_sake_of_speed_is_left_in_the_papers_protocol(section):
    def keys(value, where):
        if isinstance(value, dict):
            return {key for name, child in value.items() for key in keys(child, f"{where}.{name}")}
        return {where}

    default, paper = (read_layer(PROJECT / name)[section] for name in ("config.yaml", "config/paper.yaml"))
    assert keys(default, section) <= keys(paper, section)


def test_every_test_set_of_the_papers_protocol_has_the_published_schedule():
    config = completed(**read_layer(PROJECT / "config/paper.yaml"))
    assert len(config["evaluations"]) > 5
    assert not [name for name, entry in config["evaluations"].items() if entry["epochs"]]


def test_the_papers_generator_is_trained_as_its_public_code_does():
    section = completed(**read_layer(PROJECT / "config/paper.yaml"))["generator_training"]
    assert (section["epochs"], section["critic_steps"], section["batch_size"]) == (30, 5, 25)
    assert section["decay_share"] == pytest.approx(10 / 30)
    assert (section["au_noise"], section["initial_std"], section["flip"]) == (0.1, 0.02, True)


def test_the_papers_classifiers_are_trained_as_its_public_code_does():
    section = completed(**read_layer(PROJECT / "config/paper.yaml"))["training"]
    assert (section["schedule"], section["flip"]) == ("constant_then_falling", False)
    shares = {"real": 40 / 80, "synthetic": 10 / 30, "synthetic_then_real": 40 / 80}
    assert section["decay_share"] == pytest.approx(shares)


def test_completing_twice_changes_nothing():
    once = completed()
    assert completed(**deepcopy(once)) == once


def keys_in_order(value) -> list:
    """Every key at every depth, in its order."""
    if not isinstance(value, dict):
        return [value]
    return [item for key, child in value.items() for item in (key, *keys_in_order(child))]


def backwards(value):
    """The config in the other order, but for classes, whose order is that of their numbers."""
    if not isinstance(value, dict):
        return value
    return {key: child if key == "labels" else backwards(child) for key, child in reversed(value.items())}


@pytest.mark.parametrize("depth", ["whole", "one value"])
def test_an_equal_experiment_is_an_equal_config_however_it_is_written(depth):
    plain = completed()
    repeated = {
        "whole": backwards(whole()),
        "one value": {"variants": {"oulu": {"au_sources": ["oulu"]}}, "classifiers": {"apex": {"dropout": 0.2}}},
    }[depth]
    assert keys_in_order(completed(**repeated)) == keys_in_order(plain)


@pytest.mark.parametrize(
    ("overlay", "named"),
    [
        ({"classifier": {}}, "the key classifier does not exist"),
        ({"frames": {"margn": 0.1}}, "the key frames.margn does not exist"),
        ({"frames": {"margn": None}}, "the key frames.margn does not exist"),
        *(
            ({"training": {"learning_rate": float(value)}}, f"training.learning_rate is {value}; expected")
            for value in ("nan", "inf")
        ),
        ({"generator_training": {"epochs": 3, "steps": 40}}, "generator_training: epochs and steps are both given"),
        ({"generator_training": {"epochs": None}}, "generator_training: epochs and steps are both null"),
        ({"classifiers": {"apexx": {}}}, "classifiers: the name 'apexx' is not known; expected one of apex, branches"),
        ({"training": {"samples": "many"}}, "training.samples is 'many'; expected a whole number of 1 or more: Rows"),
        ({"training": {"seeds": []}}, "training.seeds is []; expected a list of one or more"),
        ({"training": {"seeds": [0, 0]}}, "training.seeds: 0 stands there twice"),
        (
            {"training": {"seeds": [2**64]}},
            "training.seeds[0] is 18446744073709551616; expected a whole number from 0 to 18446744073709551615",
        ),
        ({"training": {"gradient_clip": 0}}, "training.gradient_clip is 0; expected a number above 0"),
        (
            {"datasets": {"samm": {"layout": "samm", "role": "micro", "root": "D:\0_data"}}},
            r"datasets.samm.root: 'D:\x00_data' has a zero byte; write a path with \ in single quotes or none",
        ),
        (
            {"classifiers": {"mine": {"file": "mine.py", "options": {"day": date(2024, 1, 1)}}}},
            "classifiers.mine.options.day is a date; write it in quotes, or as a list",
        ),
        (
            {"classifiers": {"mine": {"file": "mine.py", "options": {"sizes": [{1: 2}]}}}},
            "classifiers.mine.options.sizes has the key 1, which is no text; write it in quotes",
        ),
        ({"training": {"held_out": 0}}, "training.held_out is 0; expected a number above 0 and up to 0.5"),
        ({"training": 3}, "training is 3; expected keys with values"),
        ({"image_size": 150}, "image_size is 150; expected a whole number of 16 or more and a multiple of 4"),
        ({"datasets": {2021: {"layout": "smic", "role": "micro"}}}, "the name 2021 is no text; write it in quotes"),
        ({"datasets": {"my-videos": {"layout": "smic", "role": "micro"}}}, "write letters, digits and _ alone"),
        (
            {"datasets": {"a": {"layout": "casme3", "role": "micro"}}},
            f"a.layout is 'casme3'; expected one of {', '.join(LAYOUTS)}",
        ),
        (
            {"datasets": {"a": {"role": "micro"}}},
            f"the key datasets.a.layout is missing or null; expected one of {', '.join(LAYOUTS)}",
        ),
        ({"datasets": {"a": {"layout": "casme2", "role": "micro"}}}, "datasets.a needs a root"),
        (
            {"evaluations": {"compmie": {"folds": 1}}},
            "folds is 1; expected a whole number of 2 or more or one of",
        ),
        ({"evaluations": {"new": {"datasets": ["casme3"]}}}, "evaluations.new.datasets names casme3"),
        ({"evaluations": {"new": {"datasets": ["ckplus"]}}}, "role"),
        (
            {"evaluations": {"new": {"datasets": ["samm"], "folds": "leave_one_subject_out"}}},
            "new.subjects",
        ),
        ({"evaluations": {"new": {"datasets": ["samm"], "subjects": 28}}}, "leave_one_subject_out"),
        ({"evaluations": {"new": {"datasets": ["samm"], "folds": "leave_one_dataset_out"}}}, "two datasets or more"),
        (
            {"evaluations": {"new": {"datasets": ["samm"], "labels": {"a": ["joy"], "b": ["fear"]}}}},
            "joy, which is no",
        ),
        (
            {"evaluations": {"new": {"datasets": ["samm"], "labels": {"a": ["fear"], "b": ["fear"]}}}},
            "fear in a and in b",
        ),
        ({"evaluations": {"new": {"datasets": ["samm"], "labels": {"a": ["fear"]}}}}, "2 or more names"),
        ({"uf1_table": ["text", "3"]}, "uf1_table names 3, which tables does not have"),
        ({"gallery": {"tables": ["text", "3"]}}, "gallery.tables names 3, which tables does not have"),
        ({"uf1_table": [1]}, "uf1_table[0] is 1; expected text: write it in quotes"),
        ({"variants": {"none": {"id_sources": ["celeba"], "au_sources": ["mmew"]}}}, "variants.none"),
        ({"datasets": {"all": {"layout": "smic", "role": "micro", "root": "x"}}}, "datasets.all: `all` stands for"),
        ({"datasets": {"default": {"layout": "smic", "role": "micro", "root": "x"}}}, "datasets.default: `default`"),
        ({"au_sources": {"all": {"kind": "micro", "datasets": ["samm"]}}}, "au_sources.all: `all` stands for"),
        ({"classifiers": {"given": {"file": "given.py"}}}, "classifiers.given: `given` stands for"),
        (
            {"variants": {"oulu": {"clips": 0}}},
            "variants.oulu.clips is 0; expected a whole number of 1 or more",
        ),
        ({"variants": {"oulu": {"au_sources": ["ck"]}}}, "variants.oulu.au_sources names ck"),
        ({"simulated": {"casme3": {"kind": "photograph", "subjects": 1}}}, "simulated names casme3"),
        ({"simulated": {"samm": {"emotions": None}}}, "simulated.samm.emotions is empty; kind micro needs"),
        ({"simulated": {"samm": {"emotions": {"joy": 1}}}}, "the name 'joy' is not known; expected one of anger"),
        ({"simulated": {"samm": {"peak": [0.4, 0.1]}}}, "the range goes from 0.4 to 0.1"),
        ({"frames": {"missing_apex": {"samn": "middle"}}}, "frames.missing_apex names samn"),
        ({"frames": {"missing_apex": {"samm": "guess"}}}, "frames.missing_apex.samm is 'guess'; expected one of spot"),
        ({"action_units": {"openface": {"files": "of/{film}.csv"}}}, "has {film}; it may have {dataset}, {subject}"),
        ({"action_units": {"openface": {"files": "of/{clip.csv"}}}, "has a brace without its pair"),
        ({"action_units": {"openface": {"files": "of/{clip:>5d}.csv"}}}, "has {clip:>5d}; write {clip} for it"),
        ({"action_units": {"openface": {"files": "of/{clip!r}.csv"}}}, "has {clip!r}; write {clip} for it"),
        ({"action_units": {"openface": {"files": "of/{clip!r:{video}}.csv"}}}, "has {clip!r:{video}}; write {clip}"),
        ({"action_units": {"openface": {"files": "of/{clip.name}.csv"}}}, "has {clip.name}; it may have {dataset}"),
        ({"action_units": {"openface": {"files": "of/{}.csv"}}}, "has {}; it may have {dataset}"),
        ({"au_sources": {"expert": {"table": None}}}, "au_sources.expert"),
        ({"au_sources": {"mmew": {"kind": "macro"}}}, "au_sources.mmew.datasets"),
        ({"id_sources": {"celeba": {"dataset": "samm"}}}, "id_sources.celeba.dataset"),
        ({"generator": {"weights": None}}, "generator_training.datasets"),
        ({"seed": True}, "seed is True; expected a whole number"),
        ({"image_size": "64"}, "image_size is '64'; expected a whole number"),
        ({"training": {"flip": "yes"}}, "training.flip is 'yes'; expected true or false"),
        *(
            ({section: {260 * "a": {}}}, f"{section}: the name '{59 * 'a'}... has 260 letters; write 80 or fewer")
            for section in ("evaluations", "variants", "datasets", "id_sources", "au_sources", "classifiers", "tables")
        ),
        ({"tables": {2: None}}, "tables: the name 2 is no text; write it in quotes"),
        ({"tables": {"..": []}}, "tables: the name '..' cannot stand in a path"),
        ({"tables": {"{a}": []}}, "tables: the name '{a}' cannot stand in a path"),
        (
            {"frames": {"detector_weights": "y.onnx"}},
            "frames.detector_weights, a file, goes with frames.detector: yunet",
        ),
        ({"variants": {"oulu": {"id_sources": []}}}, "variants.oulu has no samples"),
        ({"variants": {"oulu": {"au_sources": []}}}, "variants.oulu has no samples"),
        (
            {"figure1": {"micro": "ckplus"}},
            "figure1.micro takes an AU source of kind micro, but au_sources.ckplus.kind is macro",
        ),
        ({"training_data": {"evaluations": ["casme3"]}}, "training_data.evaluations names casme3"),
        ({"training_data": {"variants": ["mie_y"]}}, "training_data.variants names mie_y"),
        ({"exports": {"variants": ["mie_y"]}}, "exports.variants names mie_y"),
        ({"simulated": {"oulu": {"emotions": None}}}, "simulated.oulu.emotions is empty; kind macro needs"),
        *(
            (
                {f"{network}_training": {"datasets": ["samm"]}},
                f"{network}_training.datasets takes datasets of role training, but datasets.samm.role is micro",
            )
            for network in ("generator", "au_network")
        ),
        (
            {"classifiers": {"ststnet": {"file": "mine.py"}}},
            "classifiers.ststnet is a network of this project; give your file another name",
        ),
        *(
            ({"classifiers": {"mine": {"file": file}}}, f"classifiers.mine.file is {file}; expected a Python file")
            for file in ("mine.txt", "my-net.py")
        ),
        (
            {"classifiers": {"mine": {"file": "mine.py", "width": 16}}},
            "classifiers.mine.width goes with a network of this project; give it as classifiers.mine.options.width",
        ),
        (
            {"classifiers": {"mine": {"file": "mine.py", "dropout": 0}}},
            "classifiers.mine.dropout goes with a network of this project",
        ),
        (
            {"classifiers": {"mine": {"file": "mine.py", "options": {"labels": 3}}}},
            "classifiers.mine.options has labels, which every network is made with; leave it out",
        ),
    ],
)
def test_a_fault_is_one_line_that_names_the_key(overlay, named):
    found = fault(**overlay)
    assert named in found
    assert not found.rstrip().endswith("expected:")


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"variant": "mie_y", "regimes": ["synthetic"]}, "names mie_y"),
        ({"variant": None, "regimes": ["synthetic"]}, "tables.new[0]"),
        ({"variant": "mmew", "regimes": ["real", "synthetic"]}, "tables.new[0]"),
        (
            {"variant": "mmew", "regimes": ["synthetic"], "evaluation": "casme3"},
            "new[0].evaluation names casme3",
        ),
        ({"variant": "mmew", "regimes": ["synthetic"], "chosen_by": "luck"}, "tables.new[0].chosen_by"),
        ({"variant": None, "regimes": ["real", "synthetic"]}, "tables.new[0]: a row of regime real has no other"),
        *(
            ({"predictions": "mine.csv"} | more, "tables.new[0]: a row of given predictions has no regimes, no variant")
            for more in ({"regimes": ["real"]}, {"variant": "mmew"}, {"chosen_by": "test_fold"})
        ),
    ],
)
def test_a_row_that_cannot_be_made_is_named(row, named):
    assert named in fault(tables={"new": [{"row": "one"} | row]}, uf1_table=["new"])


@pytest.mark.parametrize(
    "rows",
    [
        [{"variant": "mmew", "regimes": ["synthetic"]}, {"variant": "oulu", "regimes": ["synthetic"]}],
        [
            {"variant": "mmew", "regimes": ["synthetic"]},
            {"variant": "oulu", "regimes": ["synthetic_then_real", "synthetic"]},
        ],
        [{"predictions": "mine/*.csv"}, {"predictions": "theirs/*.csv"}],
    ],
)
def test_rows_of_other_networks_in_one_table_have_other_names(rows):
    named = [{"row": "one"} | row for row in rows]
    found = fault(tables={"new": named}, uf1_table=["new"])
    assert "tables.new[1] and tables.new[0] are of other networks, and both one; give each a name of its own" in found
    completed(tables={"new": [named[0]], "other": [named[1]]}, uf1_table=["new", "other"])
    apart = named[1] | {"evaluation": "samm"}
    if "regimes" in apart:
        completed(tables={"new": [named[0], named[1] | {"chosen_by": "test_fold"}]}, uf1_table=["new"])
    completed(tables={"new": [named[0], apart, {"row": "one", "regimes": ["real"]}]}, uf1_table=["new"])


@pytest.mark.parametrize(
    "overlay",
    [
        {"training": {"samples": "300"}},
        {"training": {"learning_rate": "0.001"}},
        {"training": {"flip": "true"}},
        {"training": {"seeds": ["0", "1"]}},
        {"evaluations": {"compmie": {"folds": "3"}}},
        {"simulated": {"samm": "null"}},
    ],
)
def test_what_snakemake_made_text_of_is_told_as_such(overlay):
    """It does so with all that stands in braces: `--config 'training={samples: 300}'`."""
    assert fault(**overlay).endswith(
        "(this is text, as all within --config name={...} is; write it in a file for --configfile, unquoted)"
    )


@pytest.mark.parametrize("value", ["many", "", "1e-4", 3, [1], "a: b"])
def test_nothing_else_is_told_as_text(value):
    assert "this is text" not in fault(training={"learning_rate": value, "crop": value, "flip": value})


def test_every_seed_that_pytorch_takes_is_taken():
    assert completed(training={"seeds": [2**64 - 1]})["training"]["seeds"] == [2**64 - 1]
    assert torch.Generator().manual_seed(2**64 - 1)


def test_a_row_is_tested_on_the_first_evaluation_unless_it_names_one():
    rows = completed(tables={"new": [{"row": "one", "regimes": ["real"]}]})["tables"]["new"]
    assert rows[0]["evaluation"] == "compmie"


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("training:\n  samples: 30\n  seeds: [0]\n  samples: 40\n")
    with pytest.raises(InputError, match=r"own\.yaml: the key samples stands twice, the second time in line 4"):
        complete({}, [path])
    path.write_text("? [training, samples]\n: 30\n")
    with pytest.raises(InputError, match=r"own\.yaml: cannot be read as YAML"):
        read_layer(path)
    path.write_text("base: &base {samples: 30}\ntraining:\n  <<: *base\n  samples: 40\n")
    assert read_layer(path)["training"] == {"samples": 40}


def test_classes_are_replaced_as_a_whole_in_the_order_that_is_given():
    classes = {"good": ["happiness"], "bad": ["fear", "disgust"]}
    found = completed(evaluations={"mmew_five": {"labels": classes}})["evaluations"]["mmew_five"]["labels"]
    assert keys_in_order(found) == keys_in_order(classes)


def test_classes_of_one_file_take_the_place_of_those_of_another():
    """Snakemake hands in one config of both files, with the classes of both."""
    first = {"pos": ["happiness"], "neg": ["disgust", "anger"]}
    second = {"sur": ["surprise"], "rep": ["repression"]}
    parts = [
        {"evaluations": {"e": {"datasets": ["casme2"], "folds": 2, "labels": first}}},
        {"evaluations": {"e": {"labels": second}}},
        {"seed": 5},
    ]
    config = {"evaluations": {"e": parts[0]["evaluations"]["e"] | {"labels": first | second}}, "seed": 5}
    complete(config, parts=parts)
    assert config["evaluations"]["e"]["labels"] == second
    assert (config["evaluations"]["e"]["folds"], config["seed"]) == (2, 5)


def test_what_a_file_takes_away_a_later_one_lays_over_the_default():
    """As Snakemake does it, and not over nothing."""
    parts = [{"classifiers": {"apex": None}}, {"classifiers": {"apex": {"width": 32}}}]
    config = copy.deepcopy(parts[1])
    complete(config, parts=parts)
    assert config["classifiers"]["apex"]["dropout"] == completed()["classifiers"]["apex"]["dropout"] != 0.5


def test_a_table_of_the_users_own_stands_beside_those_that_are_there():
    tables = completed(tables={"new": [{"row": "one", "regimes": ["real"]}]})["tables"]
    assert list(tables) == ["text", "1", "2", "MiE-X", "protocols", "claims", "new"]


SHIPPED = "resources/generator.safetensors"


def test_a_config_in_a_folder_of_its_own_lies_between_the_project_and_what_is_given(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("seed: 5\nimage_size: 32\n")
    monkeypatch.chdir(tmp_path)
    found = completed(image_size=48)
    assert (found["seed"], found["image_size"]) == (5, 48)
    assert found["generator"]["weights"] == str(PROJECT / "resources/generator.safetensors")
    assert found["au_sources"]["expert"]["table"] == str(PROJECT / "config/expert_table.csv")
    stand_in = "examples/pyfaceau/FeatureExtraction"
    found = completed(action_units={"openface": {"binary": stand_in}}, generator_training={"initial": SHIPPED})
    assert found["action_units"]["openface"]["binary"] == str(PROJECT / stand_in)
    assert found["generator_training"]["initial"] == str(PROJECT / SHIPPED)


def test_a_file_that_is_no_config_is_named(tmp_path, monkeypatch):
    (tmp_path / "config.yaml").write_text("- seed\n")
    monkeypatch.chdir(tmp_path)
    assert "config.yaml: holds list, expected keys with values" in fault()
    (tmp_path / "config.yaml").write_text("seed: [\n")
    assert "config.yaml: cannot be read as YAML" in fault()


@pytest.mark.parametrize(
    ("path", "text"), [("schemas/config.schema.json", reference.schema), ("docs/config.md", reference.page)]
)
def test_what_is_written_from_the_models_is_not_stale(path, text):
    assert (PROJECT / path).read_text(encoding="utf-8") == text(), "run `python -m rules.configuration`"


def test_every_key_is_described_and_no_other_is_let_in():
    whole = Experiment.model_json_schema()
    for name, section in [("Experiment", whole), *whole["$defs"].items()]:
        assert section["additionalProperties"] is False, name
        for key, entry in section["properties"].items():
            assert described(entry, whole), f"{name}.{key}"


def test_the_default_config_is_checked_as_an_editor_does():
    from jsonschema import Draft202012Validator

    schema = json.loads((PROJECT / "schemas/config.schema.json").read_text(encoding="utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(whole()))


@pytest.mark.parametrize(
    ("entry", "key", "named"),
    [
        ({"same_people_as": "casme3"}, "same_people_as", "casme3"),
        ({"other_people_than": ["casme3"]}, "other_people_than", "casme3"),
        ({"same_people_as": "a"}, "datasets.a.", "name another dataset"),
        ({"other_people_than": ["a"]}, "datasets.a.", "name another dataset"),
        ({"same_people_as": "samm", "other_people_than": ["samm"]}, "other_people_than", "samm"),
        # By way of b.
        ({"same_people_as": "b", "other_people_than": ["samm"]}, "other_people_than", "samm"),
        # By its folder.
        ({"root": "data/b/", "other_people_than": ["samm"]}, "other_people_than", "samm"),
    ],
)
def test_what_is_said_of_people_names_datasets_and_does_not_contradict_itself(entry, key, named):
    found = fault(
        datasets={
            "b": {"layout": "samm", "role": "micro", "root": "data/b", "same_people_as": "samm"},
            "a": {"layout": "samm", "role": "micro", "root": "data/a"} | entry,
        }
    )
    assert key in found
    assert named in found
    assert "datasets.a" in found


def test_people_of_any_role_are_tied_also_in_chains():
    datasets = {
        "b": {"layout": "samm", "role": "macro", "root": "data/b", "same_people_as": "samm"},
        "a": {"layout": "videos", "role": "identity", "root": "data/a", "same_people_as": "b"},
    }
    entries = completed(datasets=datasets)["datasets"]
    assert [entries[name]["same_people_as"] for name in ("a", "b", "samm")] == ["b", "samm", None]


def test_the_classes_that_are_taken_unless_others_are_named_are_those_of_the_shards():
    labels = completed()["evaluations"]["compmie"]["labels"]
    assert tuple(labels) == LABEL_NAMES
    assert emotion_labels(labels) == EMOTION_LABELS


def test_layouts_are_those_of_the_library():
    layouts = Experiment.model_json_schema()["$defs"]["Dataset"]["properties"]["layout"]["enum"]
    assert tuple(layouts) == LAYOUTS


def test_the_default_experiment_is_read_on_two_screens():
    text = (PROJECT / "config.yaml").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 140
    assert yaml.safe_load(text)["uf1_table"] == ["text", "1", "2", "MiE-X"]


def test_a_file_with_a_name_that_no_file_can_have_is_one_that_is_not_there():
    weights = f"{'x' * 300}.safetensors"
    assert completed(generator={"weights": weights})["generator"]["weights"] == weights


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"generator_training": {"betas": [1.0, 0.999]}}, "generator_training.betas"),
        ({"gallery": {"one_file": "no"}}, "gallery.one_file"),
        ({"gallery": {"one_file": 0}}, "gallery.one_file"),
        ({"tables": {"text": [{"row": "a", "regimes": ["real"], "published_uf1": "47.7"}]}}, "published_uf1"),
        ({"tables": {"text": [{"row": "a", "regimes": ["real"], "published_std": -5}]}}, "published_std"),
    ],
)
def test_a_value_is_of_its_kind_and_range(changes, told):
    assert told in fault(**changes)


def test_a_critic_halves_no_picture_to_less_than_a_pixel():
    training = {"generator": {"weights": None}, "generator_training": {"datasets": ["people"], "critic_layers": 7}}
    people = {
        "datasets": {"people": {"layout": "videos", "role": "training"}},
        "simulated": {"people": {"kind": "training", "subjects": 2}},
    }
    assert "generator_training.critic_layers is 7, which halve a picture of image_size 64" in fault(
        **people, **training
    )
    for term in ("adversarial", "action_units"):
        training["generator_training"]["weights"] = {term: 0}
        assert "generator_training.critic_layers is 7" in fault(**people, **training)
    training["generator_training"]["weights"] = {"adversarial": 0, "action_units": 0}
    completed(**people, **training)


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"initial": "imagenet"}, "classifiers.branches.width is 16, and the weights of training.initial: imagenet"),
        ({"crop": 32, "batch_size": 2}, "training.batch_size is 2 where training.crop is 32, of which a ResNet-18"),
        ({"crop": 16, "batch_size": 1}, "training.batch_size is 1 where training.crop is 16, of which a ResNet-18"),
    ],
)
def test_what_no_backbone_can_be_trained_with_is_told_before_anything_is_made(training, told):
    assert told in fault(training=training)
    completed(training=training, classifiers={"branches": None, "apex": None, "ststnet": {}})


def test_small_batches_are_taken_where_a_backbone_leaves_more_than_one_place():
    completed(training={"crop": 33, "batch_size": 1})
    completed(training={"crop": 32, "batch_size": 3})


def test_an_au_network_is_not_trained_on_single_crops_of_one_place():
    people = {
        "datasets": {"people": {"layout": "videos", "role": "training"}},
        "simulated": {"people": {"kind": "training", "subjects": 2}},
        "action_units": {"weights": None},
    }
    network = {"datasets": ["people"], "size": 32, "batch": 1}
    told = "au_network_training.batch is 1 where au_network_training.size is 32"
    assert told in fault(**people, au_network_training=network)
    completed(**people, au_network_training=network | {"batch": 2})


def test_clips_of_a_variant_are_limited_where_its_source_is_not():
    assert completed(variants={"oulu": {"clips": 5}})["au_sources"]["oulu"]["clips"] is None


def test_expert_knowledge_with_datasets_is_said_to_take_none():
    source = {"kind": "expert", "table": "config/expert_table.csv", "datasets": ["casme2"]}
    assert "au_sources.expert: kind expert takes a table and no datasets" in fault(au_sources={"expert": source})


@pytest.mark.parametrize(
    ("folds", "subjects", "told"),
    [
        ("leave_one_subject_out", None, "evaluations.compmie.folds is leave_one_subject_out; give their number as"),
        (3, 38, "evaluations.compmie.subjects goes with folds: leave_one_subject_out, and with nothing else; leave it"),
    ],
)
def test_the_number_of_subjects_is_given_where_each_is_a_fold_and_there_alone(folds, subjects, told):
    assert told in fault(evaluations={"compmie": {"folds": folds, "subjects": subjects}})
