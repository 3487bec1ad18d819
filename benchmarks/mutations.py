"""Which faults do the tests not notice? Plants one at a time into a module and runs the unit tests that belong to it.

    .venv/bin/python -m benchmarks.mutations                             # all that make figures of results: hours
    .venv/bin/python -m benchmarks.mutations tables_metrics audit_leaks  # some of them: minutes

Prints how many faults were planted in each module, and a line for each that survived: all tests still pass. Some of
these change nothing that can be seen; each other one is a gap in the tests. Faults are planted in memory, and no file
is changed.
"""

import argparse
import ast
import copy
import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[1]
# The modules, by the names of their tests.
MODULES = {
    "tables_metrics": "mie_x_lib.tables.metrics",
    "folds_division": "mie_x_lib.folds.division",
    "folds_training_sets": "mie_x_lib.folds.training_sets",
    "triplets": "mie_x_lib.triplets",
    "tables_significance": "mie_x_lib.tables.significance",
    "tables_claims": "mie_x_lib.tables.claims",
    "audit_leaks": "mie_x_lib.audit.leaks",
    "audit_register": "mie_x_lib.audit.register",
    "files": "mie_x_lib.files",
    "classifiers_training": "mie_x_lib.classifiers.training",
    "ganimation_losses": "mie_x_lib.ganimation.losses",
    "ganimation_training": "mie_x_lib.ganimation.training",
}
# They are imported once, since that takes longer than most tests.
LIBRARIES = ("hypothesis.extra.numpy", "pandas", "sklearn.metrics", "sklearn.model_selection", "torch")
SWAPS: dict[type, type] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult},
    **{ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
# What stands in the place of a node; None for nothing.
Fault = Callable[[], ast.AST]


def faults(source: str) -> Iterator[tuple[int, str, ast.Module]]:
    """The line, a description and the syntax tree of a source for each fault that can be planted in it."""
    tree = ast.parse(source)
    for path in _places(tree, ()):
        for replace in _faults_of(_at(tree, path)):
            changed = copy.deepcopy(tree)
            before, after = _at(tree, path), replace()
            field, *index = path[-1]
            parent = _at(changed, path[:-1])
            if index:
                getattr(parent, field)[index[0]] = after
            else:
                setattr(parent, field, after)
            yield before.lineno, f"{_text(before)} -> {_text(after)}", ast.fix_missing_locations(changed)


def _places(node: ast.AST, path: tuple) -> Iterator[tuple]:
    """The way to every node that may be at fault: neither types, nor decorators, nor the words of messages."""
    left_out = {"annotation", "returns", "decorator_list", "type_comment", "bases"}
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    for field, value in ast.iter_fields(node):
        if field in left_out:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                step = (field,) if index is None else (field, index)
                if isinstance(child, ast.expr | ast.stmt):
                    yield (*path, step)
                yield from _places(child, (*path, step))


def _at(tree: ast.AST, path: tuple) -> ast.AST:
    for field, *index in path:
        tree = getattr(tree, field)[index[0]] if index else getattr(tree, field)
    return tree


def _faults_of(node: ast.AST) -> Iterator[Fault]:
    """What may stand in the place of a node."""

    def with_(**fields) -> Fault:
        def replace() -> ast.AST:
            changed = copy.deepcopy(node)
            for name, value in fields.items():
                setattr(changed, name, value)
            return changed

        return replace

    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                swapped = [SWAPS[type(operator)]() if place == other else one for other, one in enumerate(node.ops)]
                yield with_(ops=swapped)
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in SWAPS:
            yield with_(op=SWAPS[type(node.op)]())
        case ast.UnaryOp():
            yield lambda: node.operand
        case ast.If() | ast.IfExp() if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            yield with_(test=ast.UnaryOp(ast.Not(), node.test))
        case ast.Constant(value=bool()):
            yield with_(value=not node.value)
        case ast.Constant(value=int() | float()):
            yield with_(value=node.value + 1)
        case ast.Name() if node.id in NAMES:
            yield with_(id=NAMES[node.id])
        case ast.Attribute() if node.attr in NAMES:
            yield with_(attr=NAMES[node.attr])
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    is_written = isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript)
    if is_call or is_written or isinstance(node, ast.AugAssign | ast.Raise | ast.Continue | ast.Break):
        yield ast.Pass


def _text(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def is_noticed(module: str, tree: ast.Module, tests: str, seconds: int) -> bool:
    """Whether a test fails, or is not done after so many seconds, with this tree in the place of a module."""
    process = os.fork()
    if process == 0:
        # A test that never ends counts as one that fails.
        signal.alarm(seconds)
        os._exit(_failed(module, tree, tests))
    return os.waitpid(process, 0)[1] != 0


def _failed(module: str, tree: ast.Module, tests: str) -> int:
    import pytest

    # Looking for plugins takes longer than most tests.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    silent = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silent, stream)
    try:
        spec = importlib.util.find_spec(module)
        planted = importlib.util.module_from_spec(spec)
        sys.modules[module] = planted
        exec(compile(tree, spec.origin, "exec"), planted.__dict__)
        above, _, name = module.rpartition(".")
        setattr(sys.modules[above], name, planted)
        options = ["-x", "-q", "-p", "no:cacheprovider", "--assert=plain", "-oaddopts=", "--rootdir", str(ROOT)]
        return int(pytest.main([*options, tests]))
    except BaseException:
        return 1


def survivors(name: str) -> Iterator[str]:
    """Print what was planted in a module, and yield the faults that survive; ends the program where tests fail."""
    path = ROOT.joinpath(*MODULES[name].split(".")).with_suffix(".py")
    tests, source = str(ROOT / "tests/unit" / f"test_{name}.py"), path.read_text()
    started = perf_counter()
    if is_noticed(MODULES[name], ast.parse(source), tests, 3600):
        raise SystemExit(f"{tests}: fails without any fault; mend that first")
    limit = 20 + int(5 * (perf_counter() - started))
    planted = list(faults(source))
    print(f"{name}: {len(planted)} faults", flush=True)
    for line, text, tree in planted:
        if not is_noticed(MODULES[name], tree, tests, limit):
            yield f"  {path.relative_to(ROOT)}:{line}: {text}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(MODULES)}; all unless some are named")
    chosen = parser.parse_args().modules or list(MODULES)
    for name in chosen:
        if name not in MODULES:
            parser.error(f"no module {name} here, expected some of {', '.join(MODULES)}")
    for library in LIBRARIES:
        importlib.import_module(library)
    from hypothesis import settings

    # The same examples for every fault, few of them, and none that is remembered.
    settings.register_profile("mutations", derandomize=True, database=None, deadline=None, max_examples=25)
    settings.load_profile("mutations")
    for name in chosen:
        count = 0
        for survivor in survivors(name):
            count += 1
            print(survivor, flush=True)
        print(f"{name}: {count} survived", flush=True)


if __name__ == "__main__":
    main()
