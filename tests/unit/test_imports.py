import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.default_run import imports_of
from mie_x_lib.provenance import ROOT

LIBRARY = ROOT / "mie_x_lib"
LIGHT = (
    *("terms", "errors", "files", "randomness", "people", "triplets", "provenance"),
    *("plugins", "bounds", "user_tables", "cards", "cards.renders", "cards.variant"),
    *("action_units", "action_units.instruments"),
    *("shards", "shards.checks", "shards.images", "shards.layout", "shards.open_files", "shards.reader"),
    *("shards.stored_streams", "shards.writer"),
    *("folds", "folds.division", "folds.training_sets", "folds.sample_choice", "folds.enough_people"),
    *("audit", "audit.leaks", "audit.register"),
    *("tables", "tables.uf1", "tables.metrics", "tables.significance", "tables.predictions", "tables.claims"),
    *("tables.au_means", "tables.markup"),
)
# What a light module may need beyond the standard library and the library itself.
NEEDS = {"folds.division": {"numpy", "pandas", "sklearn"}, "shards.stored_streams": {"zlib_ng"}}


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported(path):
    return imported_by(path.read_text(), path)


def imported_by(source, path):
    """Modules imported anywhere in a source, and those of them imported when the source itself is."""
    tree = ast.parse(source)
    inside = {
        node
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    everywhere, on_import = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        else:
            continue
        everywhere |= names
        if node not in inside:
            on_import |= names
    return everywhere, on_import


def packages(names):
    return {name.partition(".")[0] for name in names}


MODULES = sorted(LIBRARY.rglob("*.py"))
PATHS = {module_name(path).removeprefix("mie_x_lib."): path for path in MODULES}


def own_modules(names):
    """The modules of the library among the names, and the packages that hold them."""
    parts = [name.split(".")[1:] for name in names if name.startswith("mie_x_lib.")]
    return {".".join(of[:depth]) for of in parts for depth in range(1, len(of) + 1)} & set(PATHS)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_the_library_knows_nothing_of_the_workflow(path):
    everywhere, _ = imported(path)
    assert not packages(everywhere) & {"snakemake", "workflow_scripts", "rules"}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_py_feat_is_imported_by_its_own_module_and_only_when_called(path):
    everywhere, on_import = imported(path)
    assert "feat" not in packages(on_import)
    if "feat" in packages(everywhere):
        assert module_name(path) in {"mie_x_lib.action_units.sources.pyfeat", "mie_x_lib.frames.detectors.retinaface"}


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_module_needs_numpy_pandas_and_h5py_alone(name):
    everywhere, _ = imported(PATHS[name])
    others = packages(everywhere) - set(sys.stdlib_module_names) - {"mie_x_lib"}
    assert others <= NEEDS.get(name, {"numpy", "pandas", "h5py"})
    assert own_modules(everywhere) <= set(LIGHT)


def packages_of_extras():
    """The names under which the packages of the extras are imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {Requirement(line).name for lines in project["optional-dependencies"].values() for line in lines}
    extras = {canonicalize_name(name) for name in declared}
    providers = packages_distributions().items()
    return {package for package, names in providers if extras & set(map(canonicalize_name, names))}


@pytest.mark.slow
def test_light_modules_and_adapters_load_nothing_of_an_extra():
    folders = (LIBRARY / "corpora", LIBRARY / "corpora/layouts")
    adapters = [module_name(path) for folder in folders for path in sorted(folder.glob("*.py"))]
    assert "mie_x_lib.corpora.layouts.samm" in adapters
    modules = [f"mie_x_lib.{name}" for name in (*LIGHT, "inspect", "shipped")] + adapters
    program = "\n".join(
        [
            "import importlib, sys",
            f"for name in {modules}:",
            "    importlib.import_module(name)",
            f"print(sorted({packages_of_extras()} & set(sys.modules)))",
        ]
    )
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.slow
def test_no_script_loads_at_its_start_what_few_jobs_need():
    scripts = sorted((ROOT / "workflow_scripts").glob("*.py"))
    program = "\n".join(imports_of(path.read_text(encoding="utf-8")) for path in scripts)
    heavy = {"scipy", "sklearn", "sympy", "torch._dynamo", "torchvision", "feat", "datasets", "webdataset"}
    program += f"\nimport sys\nassert 'torch' in sys.modules\nprint(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


PARSED = [ROOT / "Snakefile", *sorted((ROOT / "rules").rglob("*.smk")), *sorted((ROOT / "rules").rglob("*.py"))]


@pytest.mark.parametrize("path", PARSED, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_every_job_parses_again_is_light(path):
    imports = [line.strip() for line in path.read_text().splitlines() if re.match(r"\s*(import|from)\s", line)]
    everywhere, _ = imported_by("\n".join(imports), path)
    others = {name for name in own_modules(everywhere) if name.partition(".")[0] not in {"settings", "corpora"}}
    assert others <= set(LIGHT)
    assert not packages(everywhere) & {"torch", "torchvision", "feat", "cv2", "matplotlib", "workflow_scripts"}
