"""The recognition networks of MiE-X, by name."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

# Imported by name when it is built, so that a change of one classifier leaves the results of the other as they are.
CLASSIFIERS = {"branches": "Branches", "apex": "Apex"}


def classifier_class(name: str) -> "type[nn.Module]":
    """Return the class of a classifier; `name` is a key of `CLASSIFIERS` and the name of its module."""
    return getattr(import_module(f"{__name__}.{name}"), CLASSIFIERS[name])
