"""A table is made again, elsewhere, from what is packed with it."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mie_x_lib.bundle import CONFIG, EXPERIMENT, PACKAGES, TABLES, pack, remake
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import ROOT
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


def changed(bundle: Path, name: str, content: bytes | None) -> Path:
    """A bundle with another content of one of its files, or without it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
            elif content is not None:
                new.writestr(entry, content)
    bundle.write_bytes(packed.getvalue())
    return bundle


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("results/predictions/0/1.csv", b"subject,predicted\n1,2\n", "0/1.csv: is damaged"),
        ("results/predictions/0/1.csv", None, "0/1.csv: is missing"),
        ("results/manifest/uf1_table.csv.json", b"{}", "no whole record"),
        (EXPERIMENT, b"{}", "not a whole bundle"),
        (EXPERIMENT, b"[", "not a whole bundle"),
        (EXPERIMENT, None, "not a whole bundle"),
    ],
)
def test_a_bundle_that_is_not_whole_is_refused(bundle, tmp_path, name, content, told):
    with pytest.raises(InputError, match=told):
        remake(changed(bundle, name, content), tmp_path / "unpacked")


def test_what_is_no_bundle_and_a_folder_in_use_are_refused(bundle, tmp_path):
    (tmp_path / "a.zip").write_bytes(bundle.read_bytes()[:1000])
    for path in (tmp_path / "a.zip", tmp_path / "none.zip"):
        with pytest.raises(InputError, match="not a whole bundle"):
            remake(path, tmp_path / "unpacked")
    with pytest.raises(InputError, match="is not empty"):
        remake(bundle, tmp_path)


def test_a_table_that_comes_out_otherwise_is_named(bundle, tmp_path):
    experiment = json.loads(zipfile.ZipFile(bundle).read(EXPERIMENT))
    experiment["rows"][0]["row"] = "another name"
    bundle = changed(bundle, EXPERIMENT, json.dumps(experiment).encode())
    assert "uf1_table.csv" in remake(bundle, tmp_path / "unpacked")
