"""Every output has a record of what it is and what made it, and everything that is not as recorded is named."""

import json
import os
import shutil

import numpy as np
import pandas as pd
import pytest

from mie_x_lib import manifest, shards
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import sha256
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


@pytest.mark.parametrize("name", ["new.csv", "corpora/samm/a/1.txt", "frames/.samm.7.part.h5"])
def test_a_foreign_file_is_named(results, name):
    (results / name).write_text("whose?")
    (fault,) = verify(results)[1]
    assert fault.startswith(f"{results / name}: is foreign")


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
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  ../a.txt\n")
    with pytest.raises(InputError, match="SHA256SUMS: line 1 is no checksum"):
        verify(tmp_path)


def test_an_image_file_whose_record_was_made_for_it_is_read_through(results):
    """A stranger can write both; labels and action units still have to be some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "_fault_of_values", lambda table, is_samples: None)
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
