import ast
import ctypes
import errno
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from mie_x_lib import files
from mie_x_lib.errors import InputError, refusal_of
from mie_x_lib.files import TEXT, read_csv, sweep, whole, whole_folder, write_csv, write_text
from mie_x_lib.provenance import ROOT


def test_a_file_appears_when_the_block_ends_and_not_before(tmp_path):
    path = tmp_path / "new" / "folder" / "table.csv"
    with whole(path) as part:
        part.write_text("all of it")
        assert not path.exists()
        assert part.parent == path.parent
        assert part.suffix == path.suffix
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_on_the_disk_before_it_takes_the_place_of_another(tmp_path, monkeypatch):
    """Else a power cut could leave an empty file under the name of a whole one."""
    path, done = tmp_path / "table.csv", []
    replace = os.replace
    monkeypatch.setattr(os, "fsync", lambda file: done.append(("fsync", os.fstat(file).st_ino)))
    monkeypatch.setattr(
        os, "replace", lambda old, new: (done.append(("replace", os.stat(old).st_ino)), replace(old, new))
    )
    with whole(path) as part:
        part.write_text("all of it")
    assert done == [("fsync", path.stat().st_ino), ("replace", path.stat().st_ino)]


def test_processes_of_two_nodes_with_one_number_write_different_files(tmp_path, monkeypatch):
    parts = []
    for node in ("node1", "node2"):
        monkeypatch.setattr(socket, "gethostname", lambda node=node: node)
        with whole(tmp_path / "table.csv") as part:
            part.write_text(node)
            parts.append(part)
    assert len(set(parts)) == 2


def test_a_text_is_written_as_utf_8(tmp_path):
    write_text("±\n", tmp_path / "text.md")
    assert (tmp_path / "text.md").read_bytes() == "±\n".encode()


def test_a_failed_block_leaves_what_was_there(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("before")

    def fail():
        with whole(path) as part:
            part.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), whole(tmp_path / "table.csv"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_names_stay_text_and_numbers_stay_numbers(tmp_path):
    table = pd.DataFrame({"subject": ["006", "07"], "clip": ["1e3", "NA_1"], "emotion": ["", "fear"], "frame": [0, 12]})
    write_csv(table, tmp_path / "clips.csv")
    found = read_csv(tmp_path / "clips.csv")
    assert found["subject"].tolist() == ["006", "07"]
    assert found["clip"].tolist() == ["1e3", "NA_1"]
    assert found["frame"].tolist() == [0, 12]
    assert list(found.columns) == list(table.columns)


# What people, clips and files are called, and spreadsheets and pandas take for missing, for numbers or for truth.
NAMES = (
    *("NA", "N/A", "n/a", "null", "NULL", "nan", "NaN", "-nan", "None", "none", "<NA>", "#N/A", "1.#IND"),
    *(
        "1e5",
        "007",
        "1.0",
        "0x1F",
        "1_000",
        "inf",
        "True",
        "false",
        "2020-01-02",
        "12:30",
        " 7",
        "two\nlines",
        'a,"b"',
        "é",
    ),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_as_it_was_written(tmp_path, name):
    write_csv(pd.DataFrame({key: [name, ""] for key in TEXT} | {"number": [0.5, None]}), tmp_path / "table.csv")
    found = read_csv(tmp_path / "table.csv")
    assert found.loc[0].tolist() == [name] * len(TEXT) + [0.5]
    assert found.loc[1].isna().all()


@pytest.mark.slow
def test_tables_are_read_by_one_function():
    """Another one would take some names for missing."""
    files = [
        path
        for folder in ("mie_x_lib", "workflow_scripts", "rules", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    ]
    readers = re.compile(r"read_\w+|genfromtxt|loadtxt")
    pandas = {
        str(path.relative_to(ROOT))
        for path in files
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and readers.fullmatch(node.attr)
        if isinstance(node.value, ast.Name) and node.value.id in ("pd", "np", "numpy", "pandas")
    }
    assert pandas == {"mie_x_lib/files.py"}


def test_a_dtype_of_the_caller_goes_before(tmp_path):
    write_csv(pd.DataFrame({"subject": ["006"], "row": [3]}), tmp_path / "rows.csv")
    found = read_csv(tmp_path / "rows.csv", dtype={"row": "int64"})
    assert found.loc[0].tolist() == ["006", 3]


def test_a_folder_appears_when_the_block_ends_and_takes_the_place_of_another(tmp_path):
    path = tmp_path / "out" / "folder"
    with whole_folder(path) as part:
        (part / "a").write_text("1")
        assert not path.exists()
    with whole_folder(path) as part:
        (part / "b").write_text("2")
        assert [file.name for file in path.iterdir()] == ["a"]
    assert [file.name for file in path.iterdir()] == ["b"]

    def fail():
        with whole_folder(path) as part:
            (part / "c").write_text("3")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        fail()
    assert [file.name for file in path.iterdir()] == ["b"]
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_replaced_is_never_removed_under_its_name(tmp_path, monkeypatch):
    """Who is killed while files are removed one by one would leave the rest of them there."""
    path, removed, remove = tmp_path / "folder", [], shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", lambda folder, **how: (removed.append(folder), remove(folder, **how)))
    for content in "01":
        with whole_folder(path) as part:
            (part / "a").write_text(content)
    assert path not in removed
    assert (path / "a").read_text() == "1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    there = []
    sync = files._sync_disk_of
    monkeypatch.setattr(files, "_sync_disk_of", lambda part: there.append((tmp_path / "folder").exists()) or sync(part))
    with whole_folder(tmp_path / "folder"):
        pass
    assert there == [False]


def test_a_folder_whose_disk_has_a_fault_does_not_get_its_name(tmp_path, monkeypatch):
    """What the disk could not take is told here, and by no writer."""
    monkeypatch.setattr(files, "_libc", SimpleNamespace(syncfs=lambda opened: ctypes.set_errno(errno.EIO) or -1))
    with pytest.raises(OSError, match="error") as fault, whole_folder(tmp_path / "folder"):
        pass
    assert refusal_of(fault.value).startswith("Fault of the disk: ")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_replaced_stays(tmp_path, monkeypatch):
    path, replace = tmp_path / "folder", os.replace
    with whole_folder(path) as part:
        (part / "a").write_text("1")

    def fail(source, target):
        if Path(target) == path and not (Path(source) / "a").exists():
            raise OSError(errno.EIO, "Input/output error")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="error"), whole_folder(path):
        pass
    assert [file.name for file in path.iterdir()] == ["a"]
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, signal, sys
from mie_x_lib.files import whole, whole_folder
with whole(sys.argv[1] + "/a.b.csv") as part, whole_folder(sys.argv[1] + "/folder") as folder:
    part.write_text("half")
    (folder / "x").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=ROOT)
    assert len(list(tmp_path.iterdir())) == 2
    others = [".hidden", "a.part.csv", ".b.part.csv", ".elsewhere.0123abcd-1.part.csv"]
    for name in others:
        (tmp_path / name).touch()
    with whole(tmp_path / "c.csv") as part:
        part.touch()
        sweep(tmp_path)
        assert part.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "c.csv"])
    os.utime(tmp_path / others[-1], (0, 0))
    sweep(tmp_path)
    assert not (tmp_path / others[-1]).exists()


@pytest.mark.parametrize("way", [whole, whole_folder])
def test_a_full_disk_names_the_file(tmp_path, way):
    with pytest.raises(OSError, match=r"No space left on device: .*new\.csv") as fault, way(tmp_path / "new.csv"):
        raise OSError(errno.ENOSPC, "said otherwise by a library")
    assert (fault.value.errno, fault.value.filename) == (errno.ENOSPC, str(tmp_path / "new.csv"))


@pytest.mark.parametrize("writing", [whole, whole_folder])
def test_what_the_system_refuses_names_the_file_and_not_the_one_in_work(tmp_path, writing):
    def refuse(name):
        with writing(tmp_path / "table.csv") as part:
            raise PermissionError(errno.EPERM, "refused", part if name == "of the part" else name)

    # Libraries leave the name out, and what else is read in the block has its own.
    for name, expected in (("of the part", "table.csv"), (None, "table.csv"), ("/data/clips.csv", "/data/clips.csv")):
        with pytest.raises(PermissionError) as fault:
            refuse(name)
        assert fault.value.filename == str(tmp_path / expected)


@pytest.mark.parametrize(
    ("saved", "said"),
    [
        ("subject;frame\r\n006;1\r\n", r"its first row is 'subject;frame', as spreadsheets save a table"),
        ("subject\tframe\n006\t1\n", r"its first row is 'subject\\tframe', as spreadsheets save a table"),
        ("", "No columns to parse"),
        ("subject,frame\n006,1\n006,1,2\n", "Expected 2 fields in line 3, saw 3"),
        ("subject,frame\nJörg,1\n".encode("latin-1"), "can't decode byte 0xf6"),
    ],
)
def test_a_table_that_a_spreadsheet_has_saved_in_place_of_a_rule_is_refused_by_name(tmp_path, saved, said):
    (tmp_path / "clips.csv").write_bytes(saved if isinstance(saved, bytes) else saved.encode())
    with pytest.raises(InputError, match=rf"clips\.csv: not the table that its rule wrote.*{said}.*; delete it"):
        read_csv(tmp_path / "clips.csv")


def test_a_table_that_a_spreadsheet_has_saved_with_commas_is_the_same(tmp_path):
    (tmp_path / "clips.csv").write_bytes(b"\xef\xbb\xbfsubject,frame\r\n006,1\r\n\r\n")
    pd.testing.assert_frame_equal(
        read_csv(tmp_path / "clips.csv"), pd.DataFrame({"subject": pd.array(["006"], dtype="string"), "frame": [1]})
    )
