import ast
import hashlib
import os
import subprocess
import sys

import pytest

from mie_x_lib import provenance
from mie_x_lib.provenance import ROOT, Modules, code_version, sha256

FILES = {
    "lib/__init__.py": '"""Lib."""\n',
    "lib/leaf.py": "def f(x):\n    return x + 1\n",
    "lib/lazy.py": "VALUE = 1\n",
    "lib/alone.py": "VALUE = 2\n",
    "lib/settings.py": 'import lib.leaf\n\n\nclass A:\n    x: int = 1\n    """X."""\n    y = """Y"""\n',
    "lib/nested/__init__.py": "",
    "lib/nested/inner.py": "from ..leaf import f\n",
    "lib/top.py": (
        '"""Top."""\n'
        "import json\n"
        "import no_such_library\n"
        "from lib.nested import inner\n\n\n"
        "def run():\n"
        '    """Run."""\n'
        "    from . import lazy\n\n"
        "    return inner.f(lazy.VALUE)\n"
    ),
}


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def change(project, name, old, new):
    path = project / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("lib/top.py", "return inner", "return 1 + inner"),
        ("lib/leaf.py", "x + 1", "x + 2"),
        ("lib/lazy.py", "1", "3"),
        ("lib/__init__.py", '"""Lib."""', "VALUE = 1"),
        ("lib/nested/__init__.py", "", "VALUE = 1\n"),
        ("lib/settings.py", '"""Y"""', '"""Z"""'),
    ],
)
def test_an_edit_of_a_module_or_of_what_it_imports_counts(project, name, old, new):
    before = code_version("lib.top", project), code_version("lib.settings", project)
    change(project, name, old, new)
    assert (code_version("lib.top", project), code_version("lib.settings", project)) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("lib/alone.py", "2", "3"),
        ("lib/top.py", "import json\n", "# A comment.\nimport json\n\n"),
        ("lib/top.py", '"""Top."""', '"""Another\n\ndocstring."""'),
        ("lib/top.py", '    """Run."""\n', ""),
        ("lib/top.py", '    """Run."""\n', '    """Run."""\n    "Once."\n'),
        ("lib/settings.py", '    """X."""\n', '    """X, from 0 to 1."""\n'),
        ("lib/settings.py", '    """X."""\n', ""),
        ("lib/leaf.py", "x + 1", "(x  +  1)"),
    ],
)
def test_other_edits_do_not_count(project, name, old, new):
    before = code_version("lib.top", project), code_version("lib.settings", project)
    change(project, name, old, new)
    assert (code_version("lib.top", project), code_version("lib.settings", project)) == before


def test_a_new_module_that_shadows_an_import_counts(project):
    before = code_version("lib.top", project)
    (project / "no_such_library.py").write_text("VALUE = 1\n")
    assert code_version("lib.top", project) != before


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    {}\nexcept ValueError:\n    pass\n",
        "try:\n    pass\nexcept ValueError:\n    {}\n",
        "try:\n    pass\nfinally:\n    {}\n",
        "for i in ():\n    pass\nelse:\n    {}\n",
        "match 1:\n    case 2:\n        {}\n",
        "class A:\n    async def f():\n        async with a:\n            {}\n",
    ],
)
def test_an_import_and_a_lone_text_may_stand_wherever_a_statement_may(project, text):
    (project / "lib/alone.py").write_text(text.format("import lib.leaf"))
    before = code_version("lib.alone", project)
    (project / "lib/alone.py").write_text(text.format("'A text.'; import lib.leaf"))
    assert code_version("lib.alone", project) == before
    change(project, "lib/leaf.py", "x + 1", "x + 2")
    assert code_version("lib.alone", project) != before


def test_an_edit_of_the_library_counts_for_a_file_elsewhere_that_imports_it(project, tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", project)
    own = tmp_path / "own"
    own.mkdir()
    (own / "net.py").write_text("import helper\n")
    (own / "helper.py").write_text("from lib.nested.inner import f\n")
    before = code_version("net", own)
    change(project, "lib/alone.py", "2", "3")
    assert code_version("net", own) == before
    change(project, "lib/leaf.py", "x + 1", "x + 2")
    assert code_version("net", own) != before


def test_modules_that_import_each_other(project):
    change(project, "lib/leaf.py", "def f", "import lib.top\n\n\ndef f")
    assert code_version("lib.top", project) != code_version("lib.alone", project)


def test_versions_of_one_finder_are_those_of_a_finder_each(project):
    find = Modules().find
    for module in ("lib.top", "lib.settings", "lib.alone", "lib.top"):
        assert code_version(module, project, find) == code_version(module, project)


def test_one_finder_sees_no_later_edit(project):
    find = Modules().find
    before = code_version("lib.top", project, find)
    change(project, "lib/leaf.py", "x + 1", "x + 2")
    assert code_version("lib.top", project, find) == before
    assert code_version("lib.top", project, Modules().find) == code_version("lib.top", project) != before


def versions(project, notes):
    modules = Modules(notes)
    found = [code_version(module, project, modules.find) for module in ("lib.top", "lib.settings")]
    modules.keep()
    return found


@pytest.fixture
def notes(project, tmp_path):
    path = tmp_path / "kept/modules.json"
    versions(project, path)
    return path


def test_what_is_in_the_notes_is_not_parsed_again(project, notes, monkeypatch):
    expected, kept = versions(project, None), notes.read_bytes()
    provenance._parsed.cache_clear()
    monkeypatch.setattr(ast, "parse", lambda *_, **__: pytest.fail("parsed"))
    assert versions(project, notes) == expected
    assert notes.read_bytes() == kept


def test_an_edit_is_seen_whatever_notes_and_times_say(project, notes):
    path, before = project / "lib/leaf.py", versions(project, notes)
    status = path.stat()
    change(project, "lib/leaf.py", "x + 1", "x + 2")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    found = versions(project, notes)
    assert found[0] != before[0]
    assert found == versions(project, None)


def test_a_text_that_moves_to_another_package_imports_from_there(project, notes):
    (project / "lib/nested/leaf.py").write_text("def f(x):\n    return x\n")
    (project / "lib/nested/deeper").mkdir()
    (project / "lib/nested/deeper/inner.py").write_text(FILES["lib/nested/inner.py"])
    change(project, "lib/top.py", "lib.nested import", "lib.nested.deeper import")
    assert versions(project, notes) == versions(project, None)


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.95])
def test_damaged_notes_say_nothing(project, notes, place):
    expected, content = versions(project, None), bytearray(notes.read_bytes())
    content[int(place * len(content))] ^= 1
    for damaged in (content, content[: int(place * len(content))], b"[]", b'{"modules": []}'):
        notes.write_bytes(damaged)
        assert versions(project, notes) == expected


def test_notes_of_another_python_say_nothing(project, notes, monkeypatch):
    kept = notes.read_bytes()
    monkeypatch.setattr(sys, "version", "3.99")
    versions(project, notes)
    assert notes.read_bytes() != kept
    assert notes.stat().st_size > 100


def test_notes_forget_what_nobody_asks_for_and_stay_away_where_nobody_may_write(project, notes, tmp_path):
    long = notes.stat().st_size
    modules = Modules(notes)
    code_version("lib.settings", project, modules.find)
    modules.keep()
    assert 0 < notes.stat().st_size < long
    assert [path.name for path in notes.parent.iterdir()] == [notes.name]
    (tmp_path / "file").touch()
    assert versions(project, tmp_path / "file/modules.json") == versions(project, None)


def test_a_module_that_is_not_there(project):
    with pytest.raises(ModuleNotFoundError, match=r"lib\.none"):
        code_version("lib.none", project)


@pytest.mark.slow
def test_the_version_depends_on_neither_directory_nor_process_and_imports_nothing(tmp_path):
    program = (
        "import sys; from mie_x_lib.provenance import code_version; print(code_version('mie_x_lib.shards'));"
        "assert 'h5py' not in sys.modules"
    )
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == code_version("mie_x_lib.shards")


def test_sha256_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 100_000)
    assert sha256(tmp_path / "a") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_what_python_refuses_with_another_error_is_no_python_either(tmp_path, monkeypatch):
    def parse(source, filename):
        raise ValueError("source code string cannot contain null bytes")

    (tmp_path / "net.py").write_bytes(b"x = 1\0")
    # As before Python 3.11.4; pytest itself needs the real one when the test fails.
    with monkeypatch.context() as older:
        older.setattr(ast, "parse", parse)
        with pytest.raises(SyntaxError, match="null bytes"):
            code_version("net", tmp_path)
