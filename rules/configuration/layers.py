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
                raise InputError(f"the key {key.value} stands twice, the second time in line {line}")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_MERGE = "tag:yaml.org,2002:merge"


def read_layer(path: Path) -> dict:
    """Read one file of a config; raises InputError where it is missing, no mapping, or has a key twice."""
    try:
        layer = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except InputError as fault:
        raise InputError(f"{path}: {fault}; leave one of them") from None
    except (OSError, UnicodeError, yaml.YAMLError) as fault:
        raise InputError(f"{path}: cannot be read as YAML ({' '.join(str(fault).split())}); correct the file") from None
    if not isinstance(layer or {}, dict):
        raise InputError(f"{path}: holds {type(layer).__name__}, expected keys with values; correct the file")
    return layer or {}


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
