"""Modules that are found by their names: a file in the folder of a package is all that a new one needs."""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from mie_x_lib.errors import InputError

_ROOT = Path(__file__).resolve().parent.parent


def names(package: str) -> tuple[str, ...]:
    """The modules in a package of this library, such as `mie_x_lib.corpora.layouts`, sorted; none is imported."""
    return tuple(sorted(found.name for found in iter_modules([str(_ROOT.joinpath(*package.split(".")))])))


def load(package: str, name: str, what: str) -> ModuleType:
    """The module of that name in a package; raises InputError, which begins with `what`, where there is none."""
    if name not in names(package):
        raise InputError(f"{what} is {name!r}; expected one of {', '.join(names(package))}")
    return import_module(f"{package}.{name}")


def stated(package: str, name: str, constant: str) -> str:
    """The text that the module of that name in a package gives to a constant of its own, such as SCALE.

    It is read and not imported, since many a module needs packages that are heavy, or not there. Raises ValueError
    where it gives none.
    """
    text = _ROOT.joinpath(*package.split("."), f"{name}.py").read_text(encoding="utf-8")
    for node in _parsed(text).body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [constant]:
            return str(ast.literal_eval(node.value))
    raise ValueError(f"{package}.{name} states no {constant}")


@cache
def _parsed(text: str) -> ast.Module:
    # A plan asks for the scale of every shard.
    return ast.parse(text)
