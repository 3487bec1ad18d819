"""The recognition networks of MiE-X, and their training; one module a network in `networks`."""

from typing import TYPE_CHECKING

from mie_x_lib import plugins

if TYPE_CHECKING:
    from torch import nn

_PACKAGE = f"{__name__}.networks"
CLASSIFIERS = plugins.names(_PACKAGE)


def classifier_class(name: str) -> "type[nn.Module]":
    """Return the class of a classifier; `name` is of `CLASSIFIERS`: module `two_branches` has the class `TwoBranches`.

    Only that module is imported, so that a change of one classifier leaves the results of another as they are. Raises
    InputError for another name.
    """
    module = plugins.load(_PACKAGE, name, "classifiers: the name")
    return getattr(module, name.title().replace("_", ""))
