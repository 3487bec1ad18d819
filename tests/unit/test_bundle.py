"""A table is made again, elsewhere, from what is packed with it."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mie_x_lib.bundle import CONFIG, EXPERIMENT, PACKAGES, TABLES, main, pack, remake
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import ROOT
from mie_x_lib.verify import verify
from tests.tiny_bundle import SIZES, write_bundle

pytestmark = pytest.mark.slow


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A bundle, and results of which it holds nothing; paths are those of the folder in which they lie."""
    monkeypatch.chdir(tmp_path)
    return write_bundle(tmp_path)


def test_tables_are_made_again_elsewhere(bundle, tmp_path):
    moved = tmp_path / "elsewhere" / "b.zip"
    moved.parent.mkdir()
    bundle.rename(moved)
    (tmp_path / "results").rename(tmp_path / "gone")
    run = subprocess.run(
        [sys.executable, "-m", "mie_x_lib.bundle", moved, "--to", moved.parent / "unpacked"],
        cwd=moved.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("made again, the same bytes") == len(TABLES)
    for name in TABLES.values():
        assert (moved.parent / "unpacked/remade" / name).read_bytes() == (tmp_path / "gone" / name).read_bytes()
    assert verify(moved.parent / "unpacked")[1] == []


def test_what_is_no_file_is_told(tmp_path):
    for path, what in ((tmp_path / "none.zip", "no such file"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=f"{path.name}: {what}; expected a bundle"):
            remake(path, tmp_path / "unpacked")


def test_what_made_it_is_in_it(bundle):
    with zipfile.ZipFile(bundle) as packed:
        names = set(packed.namelist())
        config, packages = json.loads(packed.read(CONFIG)), packed.read(PACKAGES).decode()
    assert config == {"seed": 2022}
    assert f"numpy=={np.__version__}" in packages.splitlines()
    assert {
        "README.md",
        EXPERIMENT,
        "results/predictions/1/0.csv",
        "results/manifest/predictions/1/0.csv.json",
    } <= names
    assert "provenance/manifest/networks/0.safetensors.json" in names
    assert "results/networks/0.safetensors" not in names


def test_equal_results_give_an_equal_bundle(bundle):
    before = bundle.read_bytes()
    with zipfile.ZipFile(bundle) as packed:
        experiment = json.loads(packed.read(EXPERIMENT))
        files = [name for name in packed.namelist() if name.startswith("results/") and "/manifest/" not in name]
    pack(bundle, "results", files, experiment["rows"], SIZES, {"seed": 2022})
    assert bundle.read_bytes() == before


def changed(bundle: Path, name: str, content: bytes | None, told: bool = False) -> Path:
    """A bundle with another content of one of its files, or without it. told: whether its checksums say so, too."""
    with zipfile.ZipFile(bundle) as old:
        contents = {entry: old.read(entry) for entry in old.namelist()} | {name: content}
    if told:
        sums = [line for line in contents["SHA256SUMS"].decode().splitlines() if line[66:] != name]
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}")
        contents["SHA256SUMS"] = "\n".join(sums).encode()
    with zipfile.ZipFile(bundle, "w") as new:
        for entry, data in contents.items():
            if data is not None:
                new.writestr(entry, data)
    return bundle


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("results/predictions/0/1.csv", b"subject,predicted\n1,2\n", "0/1.csv: is damaged"),
        ("results/predictions/0/1.csv", None, "0/1.csv: is missing"),
        ("results/manifest/uf1_table.csv.json", b"{}", "uf1_table.csv.json: is damaged"),
        ("provenance/manifest/networks/0.safetensors.json", None, "0.safetensors.json: is missing"),
        ("provenance/manifest/networks/0.safetensors.json", b"{}", "0.safetensors.json: is damaged"),
        (CONFIG, b"{}", "config.json: is damaged"),
        (PACKAGES, b"", "packages.txt: is damaged"),
        ("more.txt", b"", "more.txt: is foreign"),
        ("SHA256SUMS", None, "nor a file SHA256SUMS"),
        (EXPERIMENT, None, "experiment.json: is missing"),
    ],
)
def test_a_bundle_that_is_not_whole_is_refused(bundle, tmp_path, name, content, told):
    with pytest.raises(InputError, match=told):
        remake(changed(bundle, name, content), tmp_path / "unpacked")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: [], "experiment.json is none"),
        (lambda found: found | {"rows": 7}, "experiment.json is none"),
        (lambda found: found | {"rows": []}, "cannot be made again"),
        (lambda found: found | {"sizes": None}, "cannot be made again"),
        (lambda found: found | {"folder": 7}, "experiment.json is none"),
        (lambda found: found | {"folder": "../results"}, r"\.\./results is not in the bundle"),
        (lambda found: found | {"folder": str(Path("results").resolve())}, "is not in the bundle"),
        (lambda found: with_predictions(found, "/dev/zero"), "/dev/zero is not in the bundle"),
        (lambda found: with_predictions(found, "../results/predictions/0/0.csv"), "0.csv is not in the bundle"),
        (lambda found: with_predictions(found, "none.csv"), "cannot be made again"),
        (lambda found: with_predictions(found, "config.json"), "cannot be made again"),
        (lambda found: found | {"rows": [{"predictions": found["rows"][0]["predictions"]}]}, "cannot be made again"),
    ],
)
def test_a_bundle_that_somebody_else_made_up_is_refused(bundle, tmp_path, change, told):
    experiment = json.loads(zipfile.ZipFile(bundle).read(EXPERIMENT))
    bundle = changed(bundle, EXPERIMENT, json.dumps(change(experiment)).encode(), told=True)
    with pytest.raises(InputError, match=rf"{bundle.name}: .*{told}"):
        remake(bundle, tmp_path / "unpacked")


def with_predictions(experiment, path):
    """The experiment whose first row is made of another file."""
    row = experiment["rows"][0]
    return experiment | {"rows": [row | {"predictions": row["predictions"] | {"0": [path]}}]}


@pytest.mark.parametrize(
    ("name", "mode"), [("../evil", 0), ("/evil", 0), ("link", 0o120777), ("device", 0o20666), ("config.json", 0)]
)
def test_nothing_of_a_bundle_with_links_or_names_of_elsewhere_is_unpacked(bundle, tmp_path, name, mode):
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(bundle, "a") as packed:
        packed.writestr(entry, "/etc/hostname")
    with pytest.raises(InputError, match=f"{bundle.name}: not a whole bundle"):
        remake(bundle, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


def test_what_is_no_bundle_and_a_folder_in_use_are_refused(bundle, tmp_path):
    (tmp_path / "a.zip").write_bytes(bundle.read_bytes()[:1000])
    with pytest.raises(InputError, match="not a whole bundle"):
        remake(tmp_path / "a.zip", tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()
    for folder in (tmp_path, tmp_path / "a.zip"):
        with pytest.raises(InputError, match="is a file or has files"):
            remake(bundle, folder)


def test_a_full_disk_is_no_fault_of_the_bundle(bundle, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "unpacked/a"))

    monkeypatch.setattr(zipfile.ZipFile, "extractall", full)
    assert main([str(bundle), "--to", str(tmp_path / "unpacked")]) == 1
    assert capsys.readouterr().err.startswith("Disk full: ")
    # The next try finds nothing in its way.
    assert not (tmp_path / "unpacked").exists()


def test_a_table_that_comes_out_otherwise_is_named(bundle, tmp_path):
    experiment = json.loads(zipfile.ZipFile(bundle).read(EXPERIMENT))
    experiment["rows"][0]["row"] = "another name"
    bundle = changed(bundle, EXPERIMENT, json.dumps(experiment).encode(), told=True)
    assert "uf1_table.csv" in remake(bundle, tmp_path / "unpacked")
