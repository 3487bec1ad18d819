"""The config file: complete it from its schema and check that its names refer to each other."""

import json
from collections.abc import Iterator
from pathlib import Path

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from mie_x_lib.errors import InputError
from mie_x_lib.terms import EMOTION_LABELS, UNUSED_EMOTIONS


def complete(config: dict, schema_path: str | Path) -> None:
    """Fill the defaults of the schema into `config` in place, and check it.

    Raises InputError with one line that names the first key at fault.
    """
    schema = json.loads(Path(schema_path).read_text(encoding="utf-8"))
    fault = best_match(_FillingValidator(schema).iter_errors(config))
    if fault is not None:
        raise InputError(_message(fault))
    for message in _loose_ends(config):
        raise InputError(f"config: {message}")


def _fill_defaults(validator, properties: dict, instance, schema: dict) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for key, subschema in properties.items():
            switched_off = key in instance and "null" in subschema.get("type", "")
            if "default" in subschema and instance.get(key) is None and not switched_off:
                # A copy, so that no two configs share a default's list or dict.
                instance[key] = json.loads(json.dumps(subschema["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](validator, properties, instance, schema)


_FillingValidator = extend(Draft202012Validator, {"properties": _fill_defaults})


def _message(fault: ValidationError) -> str:
    where = ".".join(str(part) for part in fault.absolute_path)
    if fault.validator == "additionalProperties":
        known = sorted(fault.schema.get("properties", {}))
        unknown = sorted(set(fault.instance) - set(known))
        key = ".".join(filter(None, [where, unknown[0]]))
        return f"config: the key {key} does not exist; known here: {', '.join(known)}"
    return f"config: {where or 'the top level'}: {fault.message}; expected: {fault.schema.get('description', '')}"


def _loose_ends(config: dict) -> Iterator[str]:
    """One message for every name that refers to nothing, and every setting that contradicts another."""
    for key, names, role in _dataset_names(config):
        for name in names:
            if name not in config["datasets"]:
                yield _unknown(key, name, "datasets", config)
            elif role is not None and config["datasets"][name]["role"] != role:
                found = config["datasets"][name]["role"]
                yield f"{key} takes datasets of role {role}, but datasets.{name}.role is {found}"
    for variant, entry in config["variants"].items():
        for section in ("id_sources", "au_sources"):
            for name in entry[section]:
                if name not in config[section]:
                    yield _unknown(f"variants.{variant}.{section}", name, section, config)
    for name in config["exports"]["variants"]:
        if name not in config["variants"]:
            yield _unknown("exports.variants", name, "variants", config)
    yield from _contradictions(config)


def _dataset_names(config: dict) -> Iterator[tuple[str, list[str], str | None]]:
    """(key, the datasets that it names, the role that they must have) for every key that names datasets."""
    yield "simulated", list(config["simulated"]), None
    for name, evaluation in config["evaluations"].items():
        yield f"evaluations.{name}.datasets", evaluation["datasets"], "micro"
    for name, entry in config["datasets"].items():
        if entry["same_people_as"] is not None:
            yield f"datasets.{name}.same_people_as", [entry["same_people_as"]], entry["role"]
    for section in ("generator_training", "au_network_training"):
        yield f"{section}.datasets", config[section]["datasets"], "training"
    for name, source in config["au_sources"].items():
        yield f"au_sources.{name}.datasets", source["datasets"], source["kind"]
    yield "quality.reference", config["quality"]["reference"] or [], "micro"
    for name, source in config["id_sources"].items():
        yield f"id_sources.{name}.dataset", [source["dataset"]], "identity"


def _unknown(key: str, name: str, section: str, config: dict) -> str:
    return f"{key} names {name}, which {section} does not have; it has {', '.join(sorted(config[section]))}"


def _contradictions(config: dict) -> Iterator[str]:
    for name, entry in config["datasets"].items():
        if (entry["root"] is None) != (name in config["simulated"]):
            yield f"datasets.{name} needs either a root, the folder that holds it, or an entry simulated.{name}"
        other = config["datasets"].get(entry["same_people_as"], {})
        if other.get("same_people_as") is not None:
            yield f"datasets.{name}.same_people_as: name {other['same_people_as']}, whom that dataset names itself"
    for name, source in config["au_sources"].items():
        is_expert = source["kind"] == "expert"
        if is_expert != (source["table"] is not None) or is_expert == bool(source["datasets"]):
            yield f"au_sources.{name}: kind expert takes a table and no datasets, micro and macro take datasets alone"
    yield from _faults_of_rows(config)
    yield from _faults_of_claims(config)
    for name, evaluation in config["evaluations"].items():
        yield from _faults_of_evaluation(f"evaluations.{name}", evaluation)
    if "none" in config["variants"]:
        yield "variants.none: `none` stands for no variant in the paths of the regime real; take another name"
    trained = {
        "generator": config["generator"]["weights"] is None,
        "au_network": config["action_units"]["weights"] is None and config["action_units"]["source"] == "embedded",
    }
    for name, is_trained in trained.items():
        if is_trained and not config[f"{name}_training"]["datasets"]:
            yield f"{name}_training.datasets is empty; name datasets to train on, or give the path of trained weights"


def _faults_of_rows(config: dict) -> Iterator[str]:
    for number, row in enumerate(config["rows"]):
        if (row["regimes"] != ["real"]) if row["variant"] is None else ("real" in row["regimes"]):
            yield f"rows[{number}]: the regime real stands alone and takes no variant; the synthetic regimes take one"
        if row["variant"] is not None and row["variant"] not in config["variants"]:
            yield _unknown(f"rows[{number}].variant", row["variant"], "variants", config)
        if row["evaluation"] not in config["evaluations"]:
            yield _unknown(f"rows[{number}].evaluation", row["evaluation"], "evaluations", config)
    tables = {str(row["table"]) for row in config["rows"]}
    for name in map(str, config["uf1_table"]):
        if name not in tables:
            yield f"uf1_table names {name}, which is the table of no row; rows have {', '.join(sorted(tables))}"


def _faults_of_claims(config: dict) -> Iterator[str]:
    of_claims = [row for row in config["rows"] if str(row["table"]) == "claims"]
    rows = {row["row"] for row in of_claims}
    if config["claims"] and len({(row["evaluation"], row["chosen_by"]) for row in of_claims}) > 1:
        yield "rows of table claims: they are compared, so give them one evaluation and one chosen_by"
    if config["claims"] and (len(rows) < len(of_claims) or any(len(row["regimes"]) > 1 for row in of_claims)):
        yield "rows of table claims: claims name them, so give each a name of its own and one regime"
    for number, claim in enumerate(config["claims"] if rows else []):
        key, is_beats = f"claims[{number}]", claim["kind"] == "beats"
        if is_beats != bool(claim["together"] and claim["alone"]) or is_beats == bool(claim["of"] and claim["sizes"]):
            yield f"{key}: kind beats takes together and alone, kind grows takes of and sizes"
        if claim["kind"] == "grows" and len(set(claim["sizes"].values())) < 2:
            yield f"{key}.sizes: {len(set(claim['sizes'].values()))} sizes have no slope, expected two or more"
        for name in [*filter(None, [claim["together"]]), *claim["alone"], *claim["sizes"]]:
            if name not in rows:
                yield f"{key} names {name}, which is no row of table claims; its rows are {', '.join(sorted(rows))}"


def _faults_of_evaluation(key: str, evaluation: dict) -> Iterator[str]:
    if (evaluation["folds"] == "leave_one_subject_out") != (evaluation["subjects"] is not None):
        yield f"{key}.subjects, their number, goes with folds: leave_one_subject_out, and with nothing else"
    if evaluation["folds"] == "leave_one_dataset_out" and len(evaluation["datasets"]) < 2:
        yield f"{key}: folds: leave_one_dataset_out needs two datasets or more; it has {len(evaluation['datasets'])}"
    classes: dict[str, str] = {}
    for name, emotions in evaluation["labels"].items():
        for emotion in emotions:
            if emotion not in EMOTION_LABELS and emotion not in UNUSED_EMOTIONS:
                known = ", ".join(sorted({*EMOTION_LABELS, *UNUSED_EMOTIONS}))
                yield f"{key}.labels.{name} names {emotion}, which is no emotion here; known are {known}"
            elif emotion in classes:
                yield f"{key}.labels has {emotion} in {classes[emotion]} and in {name}; leave it in one class"
            classes[emotion] = name
