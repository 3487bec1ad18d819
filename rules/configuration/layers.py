"""Files of a config, laid over each other key by key."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from mie_x_lib.errors import InputError


def read_layer(path: Path) -> dict:
    """Read one file of a config; raises InputError where it is missing or no mapping."""
    try:
        layer = yaml.safe_load(path.read_text(encoding="utf-8"))
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
