"""What another program is given: the same images as the networks of this project, and nothing of whom a fold tests."""

import re
import subprocess

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from mie_x_lib.errors import InputError
from mie_x_lib.exports.card import Card
from mie_x_lib.exports.training_data import FORMATS, assemble, describe, write
from mie_x_lib.files import read_csv
from mie_x_lib.provenance import ROOT
from mie_x_lib.shards import read_samples
from mie_x_lib.tables.given_predictions import read, take
from tests.tiny_variant import write_card, write_variant

pytestmark = pytest.mark.slow

# Of which one looks like an empty cell to programs that guess.
LABELS = ["NA", "positive", "surprise"]
CLIPS = pd.DataFrame(
    {
        "dataset": ["smic"] * 4,
        "subject": ["006", "006", "7", "7"],
        "clip": ["NA", "b", "a", "c"],
        "emotion": ["negative", "positive", "surprise", "negative"],
        "label": [0, 1, 2, 0],
        "person": ["smic/006"] * 2 + ["smic/7"] * 2,
        "fold": [1, 1, 0, 0],
    },
    index=[4, 5, 6, 7],
)
REAL = CLIPS.assign(fold=1 - CLIPS["fold"])[["fold", "dataset", "subject", "clip", "label", "person"]]


@pytest.fixture
def given(tmp_path):
    """Tables, the pairs of the clips, all rendered pairs in the order of the shards, and the card.

    Samples are of the video variant, of which a pair is the first and the last frame.
    """
    paths, images = write_variant(tmp_path, frames=4)
    samples = pd.concat(map(read_samples, paths), ignore_index=True).assign(id_dataset="faces", person="p", face="f")
    # A training set that repeats a pair, and two that share one.
    rendered = {"0": samples.iloc[[7, 2, 2]], "1": samples.iloc[[7, 3]]}
    clip_pairs = np.random.default_rng(5).integers(0, 256, (4, 2, 16, 16, 3), np.uint8)
    return (
        assemble(CLIPS, REAL, rendered, LABELS),
        clip_pairs,
        images[:, [0, -1]],
        Card.read(*write_card(tmp_path / "cards")),
    )


def chosen(rows, use, kind):
    return rows.loc[(rows["use"] == use) & (rows["kind"] == kind), "number"].tolist()


def read_image(folder, format_name, kind, number):
    if format_name == "tensors":
        return np.load(folder / f"{kind}.npy", mmap_mode="r")[number]
    places = [folder / f"{kind}/{number:06}/{frame}.png" for frame in ("onset", "apex")]
    return np.stack([np.asarray(Image.open(place)) for place in places])


@pytest.mark.parametrize("format_name", FORMATS)
def test_each_fold_has_its_images_and_labels(given, tmp_path, format_name):
    data, clip_pairs, images, card = given
    write(tmp_path / "out", format_name, data, clip_pairs, card, "read me")
    # Whichever shard comes first by its path, a pair is found by its number.
    pairs = pd.read_csv(tmp_path / "out/pairs.csv", keep_default_na=False).set_index("number")
    assert len(pairs) == 3
    for fold, wanted in ((0, [7, 2, 2]), (1, [7, 3])):
        rows = pd.read_csv(tmp_path / f"out/folds/{fold}.csv", keep_default_na=False)
        for number, sample in zip(chosen(rows, "train", "pairs"), wanted, strict=True):
            np.testing.assert_array_equal(read_image(tmp_path / "out", format_name, "pairs", number), images[sample])
            assert pairs.loc[number, "label_name"] == LABELS[sample % 3]
        assert chosen(rows, "train", "clips") == ([0, 1] if fold == 0 else [2, 3])
        tested = chosen(rows, "test", "clips")
        assert tested == ([2, 3] if fold == 0 else [0, 1])
        for number in tested:
            np.testing.assert_array_equal(
                read_image(tmp_path / "out", format_name, "clips", number), clip_pairs[number]
            )
        assert (rows["label_name"] == rows["label"].map(dict(enumerate(LABELS)))).all()


def test_clips_keep_their_names_and_numbers(given, tmp_path):
    data, clip_pairs, _, card = given
    write(tmp_path / "out", "tensors", data, clip_pairs, card, "read me")
    clips = read_csv(tmp_path / "out/clips.csv")
    assert clips["number"].tolist() == [0, 1, 2, 3]
    columns = ["dataset", "subject", "clip", "fold"]
    assert clips[columns].to_numpy().tolist() == CLIPS[columns].to_numpy().tolist()


def test_one_training_set_serves_every_fold_that_has_none_of_its_own(given):
    pairs = given[0].pairs
    folds = assemble(CLIPS, REAL, {"all": pairs}, LABELS).folds
    assert [chosen(rows, "train", "pairs") for rows in folds.values()] == [[0, 1, 2]] * 2


def test_samples_at_one_position_of_two_shards_are_two_pairs():
    samples = pd.DataFrame({"shard_path": ["a.h5", "b.h5"], "position": 0, "label": [1, 2], "person": "p", "face": "f"})
    data = assemble(CLIPS, REAL, {"all": samples}, LABELS)
    assert data.pairs[["shard_path", "label"]].to_numpy().tolist() == [["a.h5", 1], ["b.h5", 2]]
    assert chosen(data.folds[0], "train", "pairs") == [0, 1]


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_readme_says_how_it_is_read_and_where_the_clips_are_from(given, tmp_path, monkeypatch, format_name):
    data, clip_pairs, _, card = given
    text = describe("compmie", "tiny", format_name, data, {"smic": "for research alone"})
    assert "fold 0: 3 pairs and 2 clips to train on, 2 clips to test" in text
    assert "0 NA, 1 positive, 2 surprise" in text
    assert "- smic: for research alone" in text
    # A row without an evaluation would be tested as the first of the config.
    (row,) = re.findall(r"```yaml\n(.*?)```", describe("_mine", "tiny", format_name, data, {}), flags=re.DOTALL)
    assert yaml.safe_load(row)["tables"]["mine"][0]["evaluation"] == "_mine"
    assert r"- \_mine: \$see\$ \~x\~" in describe("compmie", "tiny", format_name, data, {"_mine": "$see$ ~x~"})
    write(tmp_path / "out", format_name, data, clip_pairs, card, text)
    (code,) = re.findall(r"```python\n(.*?)```", (tmp_path / "out/README.md").read_text(), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path / "out")
    names = {}
    exec(code, names)
    assert set(names["fold"]["label_name"]) == set(LABELS)
    assert np.asarray(names["onset"]).shape == np.asarray(names["apex"]).shape == (16, 16, 3)


@pytest.mark.parametrize("format_name", FORMATS)
def test_damage_is_found_and_equal_inputs_give_equal_bytes(given, tmp_path, format_name):
    data, clip_pairs, _, card = given
    for name in ("a", "b"):
        write(tmp_path / name, format_name, data, clip_pairs, card, "read me")
    assert (tmp_path / "a/SHA256SUMS").read_text() == (tmp_path / "b/SHA256SUMS").read_text()
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path / "a").returncode == 0
    (tmp_path / "a/folds/1.csv").write_text("use\n")
    found = subprocess.run(check, cwd=tmp_path / "a", capture_output=True, text=True)
    assert found.returncode == 1
    assert "folds/1.csv: FAILED" in found.stdout


def test_nothing_is_left_of_an_export_that_fails_and_what_was_there_stays(given, tmp_path):
    data, clip_pairs, _, card = given
    write(tmp_path / "made/out", "tensors", data, clip_pairs, card, "read me")
    before = (tmp_path / "made/out/SHA256SUMS").read_text()
    # Pairs of 16 pixels have no place in an array of 8.
    with pytest.raises(ValueError, match="broadcast"):
        write(tmp_path / "made/out", "tensors", data, clip_pairs[:, :, :8], card, "another")
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["out"]
    assert (tmp_path / "made/out/SHA256SUMS").read_text() == before


def test_what_does_not_fit_is_named(given, tmp_path):
    data, clip_pairs, _, card = given
    with pytest.raises(InputError, match="format is 'zip'; expected one of folder, tensors"):
        write(tmp_path / "out", "zip", data, clip_pairs, card, "read me")
    with pytest.raises(InputError, match="training set: smic/006/other is no clip of the folds"):
        assemble(CLIPS, REAL.assign(clip="other"), {"all": data.pairs}, LABELS)


def test_the_program_of_the_page_predicts_every_clip(given, tmp_path, monkeypatch):
    """That of docs/classifiers.md, on the smallest training data that it can learn from."""
    data, clip_pairs, _, card = given
    page = (ROOT / "docs/classifiers.md").read_text(encoding="utf-8")
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL) if "training_data" in block]
    folder = tmp_path / re.search(r'"(results/training_data/.+?)"', code)[1]
    write(folder, "tensors", data, clip_pairs, card, "read me")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    taken = take(read(tmp_path / "mine/0.csv"), CLIPS, LABELS, "mine/0.csv")
    assert taken["predicted"].isin([0, 1, 2]).all()
