"""Files of a config, laid over each other key by key."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from mie_x_lib.errors import InputError


class _Loader(yaml.SafeLoader):
    """PyYAML's, which takes the last of two equal keys in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key, _ in node.value:
            # Lists and mappings as keys are refused below.
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            if key.value in seen:
                line = key.start_mark.line + 1
                raise InputError(f"the key {key.value} stands twice, the second time in line {line}; leave one of them")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# Values of a config with every alias written out; the largest of this project has some hundreds.
_MOST_VALUES = 100_000
_MERGE = "tag:yaml.org,2002:merge"


def read_layer(path: Path) -> dict:
    """Read one file of a config; raises InputError where it is missing, no mapping, or has a key twice."""
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        if node is not None and _values(node, {}) > _MOST_VALUES:
            raise InputError(f"its aliases stand for more than {_MOST_VALUES} values; write what they stand for")
        layer = None if node is None else loader.construct_document(node)
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from None
    except (OSError, ValueError, OverflowError, RecursionError, yaml.YAMLError) as fault:
        raise InputError(f"{path}: cannot be read as YAML ({' '.join(str(fault).split())}); correct the file") from None
    if not isinstance(layer or {}, dict):
        raise InputError(f"{path}: holds {type(layer).__name__}, expected keys with values; correct the file")
    return layer or {}


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node has with every alias written out; more than any where one stands within itself."""
    if id(node) not in known:
        known[id(node)] = _MOST_VALUES + 1
        parts = node.value if isinstance(node, yaml.CollectionNode) else []
        if isinstance(node, yaml.MappingNode):
            parts = [part for pair in node.value for part in pair]
        known[id(node)] = 1 + sum(_values(part, known) for part in parts)
    return known[id(node)]


# Mappings whose order says something: they are replaced as a whole, as lists are.
REPLACED = ("labels",)


def laid_over(base: Mapping, layer: Mapping) -> dict:
    """The base with the values of the layer in place of its own; mappings are laid over each other, lists replaced.

    Keys that both have keep their place, new ones follow. Neither is changed.
    """
    merged = dict(base)
    for key, value in layer.items():
        below = merged.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping) and key not in REPLACED
        merged[key] = laid_over(below if both else {}, value) if isinstance(value, Mapping) else value
    return merged
