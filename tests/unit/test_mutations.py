"""The faults that `benchmarks.mutations` plants, and that it tells whether tests notice them."""

import ast
import subprocess
import sys

import pytest

from benchmarks.mutations import MODULES, faults
from mie_x_lib.provenance import ROOT


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", {"a <= b"}),
        ("a == b >= c", {"a != b >= c", "a == b > c"}),
        ("not a", {"a"}),
        ("-a", {"a"}),
        ("a + b * c", {"a - b * c", "a + b / c"}),
        ("a and b", {"a or b"}),
        ("x = 3", {"x = 4"}),
        ("x = True", {"x = False"}),
        ("x = min(a)", {"x = max(a)"}),
        ("x = a.any()", {"x = a.all()"}),
        ("os.fsync(f)", {"pass"}),
        ("x += a", {"x -= a", "pass"}),
        ("x[a] = b", {"pass"}),
        ("x = a if b else c", {"x = a if not b else c"}),
        ("def f(x: int = 2) -> list[3]:\n    raise ValueError('1' + 2)", {"x: int=3", "pass"}),
        ("def f():\n    '''Says 1 + 2.'''\n    return 'text'", set()),
    ],
)
def test_one_fault_is_planted_at_a_time(source, changed):
    whole = ast.unparse(ast.parse(source))
    found = [ast.unparse(tree) for _, _, tree in faults(source)]
    assert len(found) == len(changed)
    assert whole not in found
    for text in changed:
        assert any(text in tree for tree in found), (text, found)


def test_every_module_has_its_tests():
    for name, module in MODULES.items():
        assert (ROOT / f"tests/unit/test_{name}.py").is_file()
        assert ROOT.joinpath(*module.split(".")).with_suffix(".py").is_file()


@pytest.mark.slow
def test_a_fault_that_tests_notice_is_told_from_one_that_they_do_not(tmp_path):
    (tmp_path / "counting").mkdir()
    (tmp_path / "counting/__init__.py").touch()
    (tmp_path / "counting/sums.py").write_text(
        "def add(a, b=0):\n    return a + b\n\ndef less(a, b):\n    return a < b\n"
    )
    test = "from counting.sums import add, less\n\ndef test_it():\n    assert add(3, 2) == 5\n    assert less(1, 2)\n"
    (tmp_path / "test_sums.py").write_text(test)
    program = (
        "from benchmarks.mutations import faults, is_noticed\n"
        f"source = open({str(tmp_path / 'counting/sums.py')!r}).read()\n"
        f"tests = {str(tmp_path / 'test_sums.py')!r}\n"
        "print([text for _, text, tree in faults(source) if not is_noticed('counting.sums', tree, tests, 60)])\n"
    )
    paths = {"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": ""}
    run = subprocess.run([sys.executable, "-c", program], env=paths, capture_output=True, text=True, check=True)
    assert ast.literal_eval(run.stdout) == ["0 -> 1", "a < b -> a <= b"]
