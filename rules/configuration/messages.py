"""What is wrong with a config, in one line: the key, what was found, what was expected, and what the key means."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import yaml

from mie_x_lib.settings.section import NAME, Section

# Longer values are cut.
_SHOWN = 60


def message(fault: Mapping, model: type[Section]) -> str:
    """Put one of pydantic's errors into words; model: what was checked."""
    schema = _schema(model)
    key, node, rest = _found(fault["loc"], schema)
    where = _spelled_out(key) or "the top level"
    if fault["type"] == "invalid_key":
        return f"the key {fault['loc'][-1]!r} is no text; known here: {', '.join(sorted(schema['properties']))}"
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        known = sorted(resolved(node, schema)["properties"])
        return f"the key {_spelled_out([*key, rest[0]])} does not exist; known here: {', '.join(known)}"
    if fault["type"] == "missing":
        return f"the key {where} is missing or null; expected {_expected(node, schema)}"
    if rest and rest[-1] == "[key]":
        return f"{where}: the name {_shown(fault['input'])} {_fault_of_name(fault)}"
    if fault["type"] == "value_error":
        return f"{where}: {fault['ctx']['error']}"
    if fault["type"] == "string_type" and isinstance(fault["input"], int | float):
        return f"{where} is {fault['input']}; expected text: write it in quotes"
    if fault["type"] == "float_type" and _is_number(fault["input"]) and not _is_other_in_yaml(fault["input"]):
        return f"{where} is the text {fault['input']!r}; expected a number: YAML reads one with a point, 1.0e-4"
    advice = ""
    if _is_other_in_yaml(fault["input"]) and not fault["type"].startswith("string"):
        # Snakemake takes all that stands in braces for text.
        advice = " (this is text, as all within --config name={...} is; write it in a file for --configfile, unquoted)"
    return f"{where} is {_shown(fault['input'])}; expected {_expected(node, schema)}{advice}"


@cache
def _schema(model: type[Section]) -> dict:
    return model.model_json_schema()


def type_of(node: Mapping, schema: Mapping) -> str:
    """What a node of a JSON schema takes, in words such as "a whole number of 1 or more"; schema: the whole of it."""
    node = resolved(node, schema)
    if "anyOf" in node:
        return " or ".join(type_of(part, schema) for part in node["anyOf"])
    if "const" in node or "enum" in node:
        choices = [_spelled(value) for value in node.get("enum", [node.get("const")])]
        return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    kind = node.get("type")
    if kind == "null":
        return "null"
    if kind == "boolean":
        return "true or false"
    if kind in ("integer", "number"):
        return _number(node)
    if kind == "array":
        return _array(node, schema)
    if kind == "object":
        least = f"{node['minProperties']} or more " if node.get("minProperties", 1) > 1 else ""
        return "keys with values" if "properties" in node else f"{least}names with values"
    return "text"


def described(node: Mapping, schema: Mapping) -> str:
    """What a node means, on one line; "" where nothing says it."""
    return " ".join(str(node.get("description") or resolved(node, schema).get("description", "")).split())


def resolved(node: Mapping, schema: Mapping) -> Mapping:
    """The node itself, or the one that it refers to."""
    return schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def _expected(node: Mapping, schema: Mapping) -> str:
    meaning = described(node, schema)
    return f"{type_of(node, schema)}: {meaning}" if meaning else type_of(node, schema)


def _is_number(text: object) -> bool:
    try:
        float(str(text))
    except ValueError:
        return False
    return isinstance(text, str)


def _is_other_in_yaml(text: object) -> bool:
    """Whether a text, if it stood in a file without quotes, would be a number, true, false or null."""
    kinds = {f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null")}
    is_filled = isinstance(text, str) and text != ""
    return is_filled and yaml.SafeLoader("").resolve(yaml.ScalarNode, text, (True, False)) in kinds


def _spelled_out(key: Iterable[int | str]) -> str:
    """A place in the config as `tables.mine[0].row`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).removeprefix(".")


def _found(place: Iterable[int | str], schema: Mapping) -> tuple[list[int | str], Mapping, list]:
    """Follow a place in the config through the schema: the keys that it knows, the node there, and what is left."""
    key: list[int | str] = []
    node: Mapping = schema
    rest = list(place)
    while rest and rest[1:] != ["[key]"]:
        inner = _inner(resolved(node, schema), rest[0])
        if inner is None:
            break
        key.append(rest.pop(0))
        node = inner
    return key, node, rest


def _inner(node: Mapping, key: int | str) -> Mapping | None:
    if key in node.get("properties", {}):
        return node["properties"][key]
    if isinstance(key, int) and node.get("type") == "array":
        prefix = node.get("prefixItems", [])
        return prefix[key] if key < len(prefix) else node.get("items")
    for entry in (*node.get("patternProperties", {}).values(), node.get("additionalProperties")):
        if isinstance(entry, Mapping):
            return entry
    return None


def _number(node: Mapping) -> str:
    words = "a whole number" if node["type"] == "integer" else "a number"
    low, high = node.get("minimum"), node.get("maximum")
    limits = [
        f"from {_exact(low)} to {_exact(high)}" if low is not None and high is not None else "",
        f"of {_exact(low)} or more" if low is not None and high is None else "",
        f"above {node['exclusiveMinimum']:g}" if "exclusiveMinimum" in node else "",
        f"up to {_exact(high)}" if high is not None and low is None else "",
        f"a multiple of {node['multipleOf']}" if "multipleOf" in node else "",
    ]
    return " ".join([words, " and ".join(filter(None, limits))]).strip()


def _exact(limit: float) -> str:
    return str(limit) if isinstance(limit, int) else f"{limit:g}"


def _array(node: Mapping, schema: Mapping) -> str:
    if "prefixItems" in node:
        return f"{len(node['prefixItems'])} values, each {type_of(node['prefixItems'][0], schema)}"
    least = " of one or more" if node.get("minItems") else ""
    return f"a list{least}, each {type_of(node.get('items', {}), schema)}"


def _fault_of_name(fault: Mapping) -> str:
    if fault["type"] == "literal_error":
        return f"is not known; expected one of {fault['ctx']['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    if not isinstance(fault["input"], str):
        return "is no text; write it in quotes, or with a letter"
    if fault["type"] == "string_too_long":
        return f"has {len(fault['input'])} letters; write {fault['ctx']['max_length']} or fewer"
    if fault.get("ctx", {}).get("pattern") != NAME:
        return (
            "cannot stand in a path; write letters, digits, blanks and + . , & ( ) - _ alone, a letter or digit first"
        )
    return "cannot stand in a path; write letters, digits and _ alone"


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
