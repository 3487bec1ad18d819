"""What a result was made by: versions of code and of files."""

import ast
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from mie_x_lib.files import whole

ROOT = Path(__file__).resolve().parent.parent
# What a folder calls the file with the `checksums` of all others.
CHECKSUMS = "SHA256SUMS"
# Where a node of a syntax tree holds statements; handlers and cases hold some in turn.
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")

# Takes a module's dotted name and the root; returns its digest and the names of the modules that it may import, or
# None for modules of others.
_Parsed = tuple[str, tuple[str, ...]]
FindModule = Callable[[str, Path], _Parsed | None]


def code_version(module: str, root: Path = ROOT, find: FindModule | None = None) -> str:
    """Hash of what a module can do: 16 hex digits over its syntax tree and that of every project module it imports.

    Followed are imports at any depth, inside functions too, and the packages that hold a module; a module that is
    imported through its name as text is not followed. Comments, docstrings (and any other text that stands alone),
    layout and the working directory do not count. Nothing is imported, so a version costs milliseconds where the
    module itself would cost seconds.
    module: dotted name below `root`; what it imports lies there, or is this library's. find: of `Modules`, for many
    versions of files that stay as they are.
    Raises ModuleNotFoundError when there is none, SyntaxError for what is no Python.
    """
    find = find or Modules().find
    if find(module, root) is None:
        raise ModuleNotFoundError(f"{module} is no module below {root}", name=module)
    digests: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        found = find(name, root) or find(name, ROOT)
        if found is not None and name not in digests:
            digests[name], imported = found
            waiting += [name for name in imported if name not in digests]
    return hashlib.sha256(repr(sorted(digests.items())).encode()).hexdigest()[:16]


class Modules:
    """The modules of files that stay as they are, each of which is looked for once.

    notes: a file for what is known of modules from run to run; None for none. Reading the syntax of all modules takes a
    second, and finding their texts in the notes some hundredths of one. A text that is not there is read anew, and so
    are all where the notes are those of another Python or not as `keep` wrote them.
    """

    def __init__(self, notes: str | Path | None = None):
        self._notes = notes
        self._noted = {} if notes is None else _read_notes(notes)
        self._used: dict[str, _Parsed] = {}
        self.find: FindModule = cache(self._find)
        self._has_top = cache(_has_top)

    def keep(self) -> None:
        """Write what was found so far into the notes, and nothing else; where nobody may write, they stay away."""
        if self._notes is not None and self._used.keys() != self._noted.keys():
            kept = {"made_by": _maker(), "sum": _sum(self._used), "modules": self._used}
            with suppress(OSError), whole(self._notes) as part:
                part.write_text(json.dumps(kept), encoding="utf-8")

    def _find(self, module: str, root: Path) -> _Parsed | None:
        # Most imports are of other libraries, of which nothing has to be looked for below the root.
        file = _file_of(module, root) if self._has_top(module.partition(".")[0], root) else None
        if file is None:
            return None
        # Read once: what is noted of a text is of that text, whoever edits the file meanwhile.
        text = Path(file).read_bytes()
        if self._notes is None:
            return _parsed(text, module, file)
        key = hashlib.sha256(f"{module} {os.path.basename(file)} ".encode() + text).hexdigest()
        self._used[key] = self._noted.get(key) or _parsed(text, module, file)
        return self._used[key]


def sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _has_top(top: str, root: Path) -> bool:
    return _file_of(top, root) is not None or os.path.isdir(os.path.join(root, top))


def _file_of(module: str, root: Path) -> str | None:
    """The source file of a module or package below `root`; None for modules of others."""
    stem = os.path.join(root, *module.split("."))
    return next((file for file in (f"{stem}.py", os.path.join(stem, "__init__.py")) if os.path.isfile(file)), None)


def _read_notes(path: str | Path) -> dict[str, _Parsed]:
    """What the notes of `Modules` say of each text; nothing where they are missing, damaged or of another Python."""
    try:
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        modules = kept["modules"]
        is_whole = kept["made_by"] == _maker() and kept["sum"] == _sum(modules)
        return {key: (digest, tuple(imported)) for key, (digest, imported) in modules.items()} if is_whole else {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _maker() -> str:
    """What decides how a syntax tree is read: this module, and the version of Python."""
    return f"{sha256(__file__)} {sys.version}"


def _sum(modules: object) -> str:
    return hashlib.sha256(json.dumps(modules, sort_keys=True).encode()).hexdigest()


@cache
def _parsed(text: bytes, module: str, file: str) -> _Parsed:
    """Digest of a text's syntax tree without texts that stand alone, and the names of modules that it may import."""
    try:
        tree = ast.parse(text, filename=file)
    except ValueError as fault:  # before Python 3.11.4, for zero bytes
        raise SyntaxError(str(fault)) from fault
    package = module if os.path.basename(file) == "__init__.py" else module.rpartition(".")[0]
    imported = set(_with_parents(module))
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = _imported_from(node, package)
        else:
            waiting += _statements_within(node)
            continue
        imported.update(parent for name in names for parent in _with_parents(name))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), tuple(sorted(imported))


def _statements_within(node: ast.AST) -> Iterator[ast.AST]:
    """Take texts out of the bodies of a statement that are statements of their own, which document and do nothing.

    Yields what is left in the bodies, and nothing that stands in expressions, where there are no statements.
    """
    for field in _BODIES:
        if hasattr(node, field):
            kept = [statement for statement in getattr(node, field) if not _is_lone_text(statement)]
            setattr(node, field, kept)
            yield from kept


def _is_lone_text(statement: object) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _imported_from(node: ast.ImportFrom, package: str) -> list[str]:
    """`from a import b` names module a, and module a.b where b is one."""
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    return [base, *(f"{base}.{alias.name}" for alias in node.names)]


def _with_parents(module: str) -> list[str]:
    """`a.b.c` runs a, a.b and a.b.c."""
    parts = module.split(".")
    return [".".join(parts[: depth + 1]) for depth in range(len(parts))]


def checksums(folder: Path) -> str:
    """A line a file of a folder, as sha256sum of the GNU core utilities writes and checks it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(checksum(path, folder) for path in files)


def checksum(path: Path, folder: Path) -> str:
    """The line of `checksums` of one file in a folder."""
    return f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n"
