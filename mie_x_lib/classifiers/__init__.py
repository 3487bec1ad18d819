"""The recognition networks of MiE-X, and their training; one module a network in `networks`."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from torch import nn

from mie_x_lib import plugins
from mie_x_lib.errors import InputError

_PACKAGE = f"{__name__}.networks"


def classifier_class(name: str, file: str | Path | None = None) -> type[nn.Module]:
    """Return the class of a classifier: module `two_branches` has the class `TwoBranches`.

    name: a module of `networks`, or with a file any. file: a Python file with such a class, which may import what lies
    beside it. Only that module is imported, so that a change of one classifier leaves the results of another as they
    are.
    Raises InputError for another name, and for a file that cannot be run or has no such class.
    """
    module = plugins.load(_PACKAGE, name, "classifiers: the name") if file is None else _run(name, Path(file))
    title = name.title().replace("_", "")
    kind = getattr(module, title, None)
    if kind is None:
        raise InputError(f"{file}: has no class {title}, for which classifiers.{name} stands; name the class so")
    if not isinstance(kind, type) or not issubclass(kind, nn.Module):
        raise InputError(f"{file}: {title} is no class derived from torch.nn.Module, as a network has to be; derive it")
    return kind


def _run(name: str, file: Path) -> object:
    sys.path.insert(0, str(file.parent.resolve()))
    spec = spec_from_file_location(f"own_classifier_{name}", file)
    if spec is None or spec.loader is None:
        raise InputError(f"classifiers.{name}.file is {file}; expected a Python file, which ends in .py")
    module = module_from_spec(spec)
    # Data classes look up in its module what their annotations name.
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as fault:  # whatever a user's file may raise
        where = f", line {fault.lineno}" if isinstance(fault, SyntaxError) and fault.lineno else ""
        raise InputError(f"{file}{where}: {type(fault).__name__}: {fault}; correct the file") from fault
    return module
