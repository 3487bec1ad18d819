"""Every block of code of docs/using_the_data.md runs on a tiny data set that lies where the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mie_x_lib.dataset import PairDataset
from mie_x_lib.exports import FORMATS, export
from mie_x_lib.exports.card import Card
from mie_x_lib.provenance import ROOT
from tests.hub import hub
from tests.tiny_variant import write_card, write_variant

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "using_the_data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A folder with the results that the page names."""
    folder = tmp_path_factory.mktemp("run")
    paths, _ = write_variant(folder)
    card = Card.read(*write_card(folder / "results/cards"))
    for name in FORMATS:
        export(name, paths, card, folder / "results/exports/mie_x_emotionnet" / name)
    table = PairDataset.from_shards(paths).table[["shard_path", "position", "sample", "label", "identity"]]
    table["shard_path"] = [os.path.relpath(path, folder) for path in table["shard_path"]]
    training_set = folder / "results/training_sets/compmie/mie_x_unseen/all.csv"
    training_set.parent.mkdir(parents=True)
    table.to_csv(training_set, index=False)
    return folder


def test_the_page_has_code_of_every_format():
    assert {language for language, _ in BLOCKS} == {"bash", "python"}
    assert all(f"exports/mie_x_emotionnet/{name}" in PAGE for name in FORMATS)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_code_runs(number, run_folder, monkeypatch, capsys):
    language, code = BLOCKS[number]
    if language == "python":
        monkeypatch.chdir(run_folder)
        exec(compile(code, f"block {number} of the page", "exec"), {})
        assert capsys.readouterr().out or "print" not in code
        return
    program, *arguments = code.split()
    assert program in (".venv/bin/python", ".venv/bin/hf")
    beside = Path(sys.executable).with_name(Path(program).name)
    with hub(run_folder / "pushed") as address:
        reached = {"HF_ENDPOINT": address, "HF_TOKEN": "hf_none", "HF_HOME": str(run_folder / "home")}
        environment = os.environ | {"PYTHONPATH": str(ROOT)} | reached
        subprocess.run([beside, *arguments], cwd=run_folder, env=environment, check=True)
    if program.endswith("python"):
        assert (run_folder / "results/mmew.png").exists()
        return
    export, pushed = run_folder / arguments[2], run_folder / "pushed"
    assert "huggingface" in arguments[2]
    assert {str(path.relative_to(pushed)) for path in pushed.rglob("*.*")} >= {"README.md", "card.json"}
    for path in (path for path in export.rglob("*") if path.is_file()):
        assert (pushed / path.relative_to(export)).read_bytes() == path.read_bytes()


def test_an_export_is_read_back_in_ten_lines():
    reading = [code for language, code in BLOCKS if language == "python" and "results/exports" in code]
    assert len(reading) == len(FORMATS)
    assert max(len([line for line in code.splitlines() if line.strip()]) for code in reading) <= 10
