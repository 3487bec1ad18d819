"""Every output has a record of what it is and what made it, and everything that is not as recorded is named."""

import errno
import hashlib
import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from mie_x_lib import manifest, shards
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import checksums, sha256
from mie_x_lib.verify import main, verify


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Results of three jobs: a drawn folder, crops of it with weights of the user's, and a table of the crops."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(bytes(range(256)))
    for name in ("results/corpora/samm/a/0.txt", "results/corpora/samm/b.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    manifest.record("results", ["results/corpora/samm"], [], {"rule": "draw"})
    shards.write_images("results/frames/samm.h5", np.ones((2, 8, 8, 3), np.uint8), pd.DataFrame({"frame": [0, 1]}), {})
    manifest.record("results", ["results/frames/samm.h5"], ["results/corpora/samm", "weights.bin"], {"rule": "cut"})
    (tmp_path / "results/table.csv").write_text("subject,predicted\n006,2\n")
    made = {"rule": "tabulate", "params": {"seed": 7, "path": os}}
    manifest.record("results", ["results/table.csv"], ["results/frames/samm.h5"], made)
    # What belongs to no job.
    for name in ("results/benchmarks/draw.tsv", "results/generator/training/state.safetensors"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path / "results"


def test_whole_results_have_no_fault(results):
    assert verify(results) == (4, [])
    assert verify("results") == (4, [])
    assert main([str(results)]) == 0


def test_a_record_says_what_made_a_file(results):
    record = manifest.read_record(manifest.record_path(results, "table.csv"))
    assert record["files"] == {"": sha256(results / "table.csv")}
    assert record["inputs"] == {"results/frames/samm.h5": sha256(results / "frames/samm.h5")}
    assert record["made"]["params"]["seed"] == 7
    of_crops = manifest.read_record(manifest.record_path(results, "frames/samm.h5"))
    drawn = manifest.read_record(manifest.record_path(results, "corpora/samm"))
    assert set(drawn["files"]) == {"a/0.txt", "b.txt"}
    assert of_crops["inputs"] == {"results/corpora/samm": manifest.digest(drawn), "weights.bin": sha256("weights.bin")}


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_job_tells_of_an_input_that_somebody_changed(results, caplog, is_changed):
    if is_changed:
        (results / "table.csv").write_text("subject,predicted\n6,2\n")
    (results / "uf1.csv").write_text("uf1\n1.0\n")
    manifest.record("results", ["results/uf1.csv"], ["results/table.csv", "weights.bin"], {"rule": "count"})
    told = [record.getMessage() for record in caplog.records]
    assert [line.split(",")[0] for line in told] == ["results/table.csv is not what its rule wrote"] * is_changed


def test_a_damaged_record_of_an_input_ends_no_job(results, caplog):
    manifest.record_path(results, "table.csv").write_text("{")
    (results / "uf1.csv").write_text("uf1\n1.0\n")
    manifest.record("results", ["results/uf1.csv"], ["results/table.csv"], {"rule": "count"})
    assert not caplog.records


def test_equal_jobs_write_equal_records(results):
    path = manifest.record_path(results, "table.csv")
    before = path.read_bytes()
    made = {"params": {"path": os, "seed": 7}, "rule": "tabulate"}
    manifest.record("results", ["results/table.csv"], ["results/frames/samm.h5"], made)
    assert path.read_bytes() == before


def flip(path, place=-2):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


FILES = ("corpora/samm/a/0.txt", "frames/samm.h5", "table.csv")


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named(results, name):
    flip(results / name)
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / name}: is damaged")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(results, name, capsys):
    (results / name).unlink()
    (fault,) = verify(results)[1]
    assert fault == f"{results / name}: is missing; make it again"
    assert main([str(results)]) == 1
    assert fault in capsys.readouterr().out


@pytest.mark.parametrize("name", ["new.csv", "corpora/samm/a/1.txt", "frames/.samm.7.part.h5", "generator/a.bin"])
def test_a_foreign_file_is_named(results, name):
    (results / name).write_text("whose?")
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / name}: is foreign")


@pytest.mark.parametrize("name", ["frames/link.csv", "manifest/link.json"])
def test_a_link_that_the_system_cannot_follow_is_named(results, name):
    (results / name).symlink_to("x" * 300)
    assert any(fault.startswith(f"{results / name}: ") for fault in verify(results)[1])


def test_what_was_made_of_something_else_is_named(results):
    shards.write_images("results/frames/samm.h5", np.ones((3, 8, 8, 3), np.uint8), pd.DataFrame({"n": [0, 1, 2]}), {})
    manifest.record("results", ["results/frames/samm.h5"], ["results/corpora/samm", "weights.bin"], {"rule": "cut"})
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / 'table.csv'}: is older than results/frames/samm.h5")


@pytest.mark.parametrize("what", ["weights.bin", "results/corpora/samm"])
def test_an_input_that_changed_is_named_whatever_its_time(results, what):
    times = os.stat(what)
    if what == "weights.bin":
        flip(results.parent / what)
        os.utime(what, ns=(times.st_atime_ns, times.st_mtime_ns))
    else:
        (results / "corpora/samm/b.txt").write_text("drawn again")
        manifest.record("results", [what], [], {"rule": "draw"})
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / 'frames/samm.h5'}: is older than {what}")


def test_results_that_were_passed_on_are_verified_without_what_was_given(results, tmp_path):
    moved = shutil.move(results, tmp_path / "elsewhere")
    (tmp_path / "weights.bin").unlink()
    assert verify(moved) == (4, [])
    flip(moved / "table.csv")
    assert len(verify(moved)[1]) == 1


@pytest.mark.slow
def test_every_flipped_bit_of_a_record_is_noticed(results):
    path = manifest.record_path(results, "table.csv")
    content = path.read_bytes()
    for place in range(len(content)):
        flip(path, place)
        # A line break or blank between two values says nothing.
        same = path.read_bytes()[place : place + 1].isspace() and content[place : place + 1].isspace()
        assert same or verify(results)[1], (place, content[place - 5 : place + 5])
        path.write_bytes(content)


@pytest.mark.parametrize("text", ["", "{}", "[", "7", '{"checksum": "x", "record": {}}', "[" * 100_000, "\ud800"])
def test_what_is_no_record_is_named(results, text):
    path = manifest.record_path(results, "table.csv")
    path.write_bytes(text.encode(errors="surrogatepass"))
    faults = verify(results)[1]
    assert any(fault.startswith(f"{path}: no whole record") for fault in faults)


def sign(path, content):
    """Write a record, with its checksum, that no job of this project would write."""
    checksum = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps({"checksum": checksum, "record": content}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("folder", None),
        ("folder", 7),
        ("files", {"": 7}),
        ("files", {"/dev/zero": "0"}),
        ("files", {"../../weights.bin": "0"}),
        ("files", {"\ud800": "0"}),
        ("files", {"a\0": "0"}),
        ("inputs", {"weights.bin": []}),
    ],
)
def test_a_record_that_somebody_else_made_up_is_named(results, key, value):
    path = manifest.record_path(results, "table.csv")
    sign(path, manifest.read_record(path) | {key: value})
    assert any(fault.startswith(f"{path}: no whole record") for fault in verify(results)[1])


@pytest.mark.parametrize(("key", "told"), [("files", "File name too long"), ("inputs", None)])
def test_a_record_of_names_that_no_file_can_have_is_looked_into_all_the_same(results, key, told):
    path = manifest.record_path(results, "table.csv")
    sign(path, manifest.read_record(path) | {key: {"a" * 5000: "0"}})
    faults = verify(results)[1]
    assert any(told in fault for fault in faults) if told else faults == []


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: os.symlink("/dev/zero", path)])
def test_a_record_that_is_no_file_is_named_and_not_waited_for(results, make):
    make(results / "manifest/a.json")
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / 'manifest/a.json'}: no whole record")


def test_a_record_of_terabytes_is_not_read(results):
    with open(results / "manifest/a.json", "wb") as file:
        file.truncate(10**12)
    (fault,) = verify(results)[1]
    assert "a.json: has 1000000 MB, more than" in fault


@pytest.mark.parametrize("name", [".table.csv.0123abcd-7.part.json", "note.txt"])
def test_what_is_no_record_among_records_is_foreign(results, name):
    (results / "manifest" / name).write_text("{")
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / 'manifest' / name}: is foreign")


@pytest.mark.parametrize("name", ["new", "corpora/samm/new", "manifest/new"])
def test_a_link_to_a_folder_is_foreign_too(results, tmp_path, name):
    (tmp_path / "other").mkdir()
    (results / name).symlink_to(tmp_path / "other")
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / name}: is foreign")


def test_a_folder_that_lies_elsewhere_under_a_link_is_looked_into(results, tmp_path):
    shutil.move(results / "corpora/samm", tmp_path / "large_disk")
    (results / "corpora/samm").symlink_to(tmp_path / "large_disk")
    assert verify(results) == (4, [])
    (tmp_path / "large_disk/new.txt").write_text("whose?")
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / 'corpora/samm/new.txt'}: is foreign")


@pytest.fixture
def forbid(monkeypatch):
    """A function after which nobody may look into a folder, or read a file; for root, too."""

    def forbid(path, but=()):
        def of(function):
            def asked(name=".", *arguments, **options):
                if str(name).startswith(str(path)):
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(name))
                return function(name, *arguments, **options)

            return asked

        for name in {"scandir", "stat"} - set(but):
            monkeypatch.setattr(os, name, of(getattr(os, name)))
        monkeypatch.setattr("builtins.open", of(open))

    return forbid


@pytest.mark.parametrize("what", ["results/frames", "results/corpora/samm", "results/new"])
def test_a_folder_that_nobody_may_read_is_named(results, forbid, what):
    (results / "new").mkdir()
    forbid(results.parent / what)
    faults = verify(results)[1]
    assert any(fault.startswith(f"{results.parent / what}: cannot be read (Permission denied)") for fault in faults)
    assert not any("is missing" in fault for fault in faults)


def test_an_input_that_nobody_may_read_is_named(results, forbid):
    forbid(results.parent / "weights.bin", but=["stat"])
    (fault,) = verify(results)[1]
    assert "weights.bin: cannot be read (Permission denied)" in fault


def test_a_manifest_that_nobody_may_read_is_not_an_empty_one(results, forbid):
    forbid(results / "manifest/frames")
    with pytest.raises(InputError, match=r"manifest/frames: cannot be read \(Permission denied\)"):
        verify(results)


@pytest.mark.parametrize("name", [b"a\nb.csv", b"\xff.csv", b"\x1b[2J.csv"])
def test_any_name_is_told_in_one_line(results, name):
    with open(os.fsencode(results) + b"/" + name, "w"):
        pass
    (fault,) = verify(results)[1]
    assert fault.isprintable()
    assert "is foreign" in fault.encode().decode()


def test_a_folder_without_manifest_is_refused(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert "has neither a folder manifest nor a file SHA256SUMS" in capsys.readouterr().err


def test_an_export_is_verified_by_its_checksums(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "SHA256SUMS").write_text(f"{sha256(tmp_path / 'a.txt')}  a.txt\n")
    assert verify(tmp_path) == (1, [])
    (tmp_path / "b.txt").write_text("b")
    flip(tmp_path / "a.txt", 0)
    assert [fault.partition(": ")[2][:9] for fault in verify(tmp_path)[1]] == ["is damage", "is foreig"]
    for name in ("../a.txt", "/a.txt", "b/../../a.txt"):
        (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  {name}\n")
        with pytest.raises(InputError, match="SHA256SUMS: line 1 is no checksum"):
            verify(tmp_path)
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  a.txt\n{sha256(tmp_path / 'a.txt')}  a.txt\n")
    with pytest.raises(InputError, match="SHA256SUMS: line 2 is no checksum"):
        verify(tmp_path)


def test_checksums_of_terabytes_are_not_read(tmp_path):
    with open(tmp_path / "SHA256SUMS", "wb") as file:
        file.truncate(10**12)
    with pytest.raises(InputError, match="SHA256SUMS: has 1000000 MB, more than"):
        verify(tmp_path)


def test_an_export_whose_names_have_line_breaks_of_other_alphabets_is_verified(tmp_path):
    (tmp_path / "a\x85b\u2028.txt").write_text("a")
    (tmp_path / "SHA256SUMS").write_text(checksums(tmp_path))
    assert verify(tmp_path) == (1, [])


def test_an_image_file_whose_record_was_made_for_it_is_read_through(results):
    """A stranger can write both; labels and action units still have to be some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards.writer, "fault_of_values", lambda table, is_samples: None)
        table = pd.DataFrame({"label": [9, 0]})
        shards.write_images("results/frames/samm.h5", np.ones((2, 8, 8, 3), np.uint8), table, {})
    manifest.record("results", ["results/frames/samm.h5"], ["results/corpora/samm", "weights.bin"], {"rule": "cut"})
    faults = verify(results)[1]
    assert any("label is 9" in fault and fault.startswith(f"{results / 'frames/samm.h5'}: ") for fault in faults)


def test_packages_are_those_that_were_loaded():
    found = manifest.loaded_packages()
    assert found["numpy"] == np.__version__
    assert found["h5py"]
    assert "json" not in found
    json.dumps(found)
