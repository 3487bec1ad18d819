"""Each export is read back with the means of its format, and holds the very pixels of the shards."""

import json
import subprocess
import sys

import cv2
import datasets
import h5py
import numpy as np
import pandas as pd
import pytest
import webdataset
import yaml
from torch.utils.data import DataLoader

from mie_x_lib import shards
from mie_x_lib.cards.variant import as_json, markdown, variant_card
from mie_x_lib.dataset import PairDataset
from mie_x_lib.errors import InputError
from mie_x_lib.exports import FORMATS, export
from mie_x_lib.exports.card import Card
from mie_x_lib.exports.formats.webdataset import export as write_tar_files
from mie_x_lib.exports.samples import COLUMNS, list_samples
from mie_x_lib.files import read_csv
from mie_x_lib.folds.training_sets import WhoIsTested, compose_training_set
from mie_x_lib.people import People
from mie_x_lib.provenance import ROOT
from mie_x_lib.terms import APEX_AUS, AU_NAMES, LABEL_NAMES, ONSET_AUS
from tests.tiny_variant import CARD, IDENTITIES, write_card, write_shard, write_variant
from tests.unit.test_cards import CHECKS, people, quality, source_card

pytestmark = pytest.mark.slow

NAMES = [f"{identity}_{source}_{label}" for source in ("mmew", "expert") for identity in (IDENTITIES[0], "--b-c")
         for label in range(3)]  # fmt: skip


@pytest.fixture(params=[2, 10])
def variant(request, tmp_path):
    """Paths of shards, all their images, and the card."""
    paths, images = write_variant(tmp_path, request.param)
    return paths, images, Card.read(*write_card(tmp_path / "cards"))


@pytest.fixture
def pairs(tmp_path):
    paths, images = write_variant(tmp_path)
    return paths, images, Card.read(*write_card(tmp_path / "cards"))


@pytest.fixture(scope="module")
def whole_card():
    """The card that the workflow writes of the shards of `pairs`."""
    sources = [("mmew", "micro"), ("expert", "expert")]
    cards = [source_card("emotionnet", au_source=name, kind=kind) for name, kind in sources]
    rows = pd.concat([quality("emotionnet", name, (2, 2, 2)) for name, _ in sources], ignore_index=True)
    content = variant_card("mie_x_emotionnet", cards, {"emotionnet": CHECKS}, rows, people("emotionnet"))
    return Card(markdown(content), as_json(content))


def read_png(path):
    return cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.COLOR_BGR2RGB)


def load_dataset(folder):
    """As who got an export loads it."""
    return datasets.load_dataset(str(folder), split="train", cache_dir=str(folder.parent / "cache"))


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_samples_have_the_names_of_the_published_set(pairs):
    samples = list_samples(pairs[0])
    assert samples["name"].tolist() == NAMES
    assert samples.columns.tolist() == [*COLUMNS, "shard_path", "position"]
    assert samples.attrs["shape"] == (2, 16, 16, 3)


def test_names_that_look_alike_are_told_apart(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.tiny_variant.IDENTITIES", ("Anna?", "anna/"))
    write_shard(tmp_path / "0.h5", "mmew", 0)
    names = list_samples([tmp_path / "0.h5"])["name"]
    assert names.tolist() == [*(f"Anna--0_mmew_{n}" for n in range(3)), *(f"anna--1_mmew_{n}" for n in range(3))]


def test_identities_of_several_sources_are_named_with_their_source(tmp_path):
    for source in ("celeba", "emotionnet"):
        write_shard(tmp_path / f"{source}.h5", "mmew", 0, id_source=source)
    names = list_samples([tmp_path / "celeba.h5", tmp_path / "emotionnet.h5"])["name"]
    assert names[0] == f"celeba-{IDENTITIES[0]}_mmew_0"
    assert names.is_unique


def test_the_folder_is_laid_out_as_the_published_set(variant, tmp_path):
    paths, images, card = variant
    export("folder", paths, card, tmp_path / "out")
    table = read_csv(tmp_path / "out/labels.csv")
    for number, row in enumerate(table.itertuples()):
        folder = tmp_path / "out" / row.name
        assert len(list(folder.iterdir())) == images.shape[1]
        for frame, image in enumerate(images[number]):
            np.testing.assert_array_equal(read_png(folder / f"{frame}.png"), image)
        assert row.name.endswith(f"_{row.label}")
    assert table.columns.tolist() == list(COLUMNS)
    expected = list_samples(paths)
    assert table["au_subject"].tolist() == ["006"] * 12
    np.testing.assert_array_equal(table[list(APEX_AUS)].to_numpy(np.float32), expected[list(APEX_AUS)])


def test_webdataset_reads_what_was_written_for_it(variant, tmp_path):
    paths, images, card = variant
    export("webdataset", paths, card, tmp_path / "out")
    files = [str(path) for path in sorted((tmp_path / "out").glob("*.tar"))]
    found = list(webdataset.WebDataset(files, shardshuffle=False).decode("rgb8"))
    names = [sample["__key__"] for sample in found]
    assert sorted(names) == sorted(NAMES)
    assert names != NAMES
    table = list_samples(paths)
    for sample in found:
        number = NAMES.index(sample["__key__"])
        for frame, image in enumerate(images[number]):
            np.testing.assert_array_equal(sample[f"{frame}.png"], image)
        assert sample["cls"] == sample["json"]["label"] == number % 3
        row = table.loc[number]
        assert sample["json"]["identity"] == row["identity"]
        assert sample["json"]["au_emotion"] == LABEL_NAMES[number % 3]
        assert np.float32(sample["json"]["apex_aus"]["AU12"]) == row["apex_AU12"]


def test_there_are_tar_files_for_several_workers(pairs, tmp_path):
    paths, _, card = pairs
    export("webdataset", paths, card, tmp_path / "out")
    files = [str(path) for path in sorted((tmp_path / "out").glob("*.tar"))]
    assert len(files) == 12
    loaded = DataLoader(webdataset.WebDataset(files, shardshuffle=False), batch_size=None, num_workers=2)
    assert sorted(sample["__key__"] for sample in loaded) == sorted(NAMES)


@pytest.mark.parametrize(
    ("count", "files"), [(1, 1), (15, 15), (16, 16), (17, 16), (31, 16), (33, 16), (48, 16), (80, 16), (81, 17)]
)
def test_samples_are_spread_evenly_over_tar_files(pairs, tmp_path, monkeypatch, count, files):
    paths, _, card = pairs
    monkeypatch.setattr("mie_x_lib.exports.formats.webdataset._SAMPLES_PER_FILE", 5)
    samples = list_samples(paths).loc[np.arange(count) % 12].reset_index(drop=True)
    samples["name"] = [f"sample_{number}" for number in range(count)]
    written = []
    for folder in (tmp_path / "once", tmp_path / "again"):
        folder.mkdir()
        write_tar_files(samples, card, folder)
        written.append(contents(folder))
    assert written[0] == written[1]
    found = [[sample["__key__"] for sample in webdataset.WebDataset(str(folder / name), shardshuffle=False)]
             for name in sorted(written[0])]  # fmt: skip
    assert len(found) == files
    assert {len(names) for names in found} <= {count // files, -(-count // files)}
    assert sorted(name for names in found for name in names) == sorted(samples["name"])


def test_a_tar_file_is_closed_when_it_is_full(pairs, tmp_path, monkeypatch):
    paths, _, card = pairs
    monkeypatch.setattr("mie_x_lib.exports.formats.webdataset._SAMPLES_PER_FILE", 5)
    monkeypatch.setattr("mie_x_lib.exports.formats.webdataset._LEAST_FILES", 1)
    export("webdataset", paths, card, tmp_path / "out")
    files = sorted(path.name for path in (tmp_path / "out").glob("*.tar"))
    assert files == ["000000.tar", "000001.tar", "000002.tar"]
    found = webdataset.WebDataset([str(tmp_path / "out" / name) for name in files], shardshuffle=False)
    assert len(list(found)) == 12


def test_datasets_loads_what_was_written_for_it(variant, tmp_path):
    paths, images, card = variant
    export("huggingface", paths, card, tmp_path / "out")
    found = load_dataset(tmp_path / "out")
    assert found["name"][:] == NAMES
    assert found.features["label"].names == list(LABEL_NAMES)
    table = list_samples(paths)
    for number, row in enumerate(found):
        frames = [row["onset"], *row.get("between", []), row["apex"]]
        np.testing.assert_array_equal(np.stack([np.asarray(frame) for frame in frames]), images[number])
        assert (row["label"], row["identity"]) == (number % 3, table["identity"][number])
        np.testing.assert_array_equal(np.float32(row["onset_aus"]), table.loc[number, list(ONSET_AUS)].astype("f4"))
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == ["data"]


@pytest.mark.parametrize("format_name", FORMATS)
def test_datasets_takes_no_export_for_another_of_the_same_name(format_name, pairs, tmp_path):
    """Its cache goes by the name of the folder and what README.md says of it, whatever lies in it."""
    paths, images, card = pairs
    for number in range(2):
        export(format_name, paths[number : number + 1], card, tmp_path / f"{number}/samples")
        found = datasets.load_dataset(str(tmp_path / f"{number}/samples"), split="train", cache_dir=str(tmp_path / "c"))
        column = next(name for name in ("apex", "1.png", "images") if name in found.column_names)
        first = np.asarray(found[0][column], np.uint8)
        wanted = images[6 * number : 6 * number + 6]
        assert any(np.array_equal(first, pair if column == "images" else pair[1]) for pair in wanted)


def test_datasets_finds_the_samples_of_a_folder_and_their_people(variant, tmp_path):
    paths, images, card = variant
    export("folder", paths, card, tmp_path / "out")
    found = load_dataset(tmp_path / "out")
    assert found["name"][:] == NAMES
    # A subject is a name, and no number.
    assert set(found["au_subject"]) == {"006"}
    for number, row in enumerate(found):
        frames = [row["onset"], *row.get("between", []), row["apex"]]
        np.testing.assert_array_equal(np.stack([np.asarray(frame) for frame in frames]), images[number])
        assert row["label"] == number % 3


def test_datasets_finds_the_samples_of_tar_and_hdf5_files(variant, tmp_path):
    paths, images, card = variant
    for name in ("webdataset", "hdf5"):
        export(name, paths, card, tmp_path / name)
    found = load_dataset(tmp_path / "webdataset")
    for row in found:
        np.testing.assert_array_equal(np.asarray(row["1.png"]), images[NAMES.index(row["__key__"]), 1])
    assert sorted(found["__key__"]) == sorted(NAMES)
    np.testing.assert_array_equal(load_dataset(tmp_path / "hdf5").with_format("numpy")["images"][:], images)


@pytest.mark.parametrize("head", ["", "---\nlicense: other\ntags:\n- synthetic\n---\n"])
def test_the_head_of_a_card_names_the_files_beside_what_it_said(head):
    text = "# tiny\n\nOne line.\n\n---\n\nAnother.\n"
    _, first, rest = Card(head + text, "{}").readme(["*.tar"], "0123").split("---\n", 2)
    named = yaml.safe_load(first)
    (config,) = named.pop("configs")
    assert config["data_files"] == [{"split": "train", "path": ["*.tar"]}]
    assert config["description"] == "SHA-256 0123"
    assert named == ({"license": "other", "tags": ["synthetic"]} if head else {})
    assert rest == text


def test_a_damaged_file_of_an_export_is_found_by_its_checksum(pairs, tmp_path):
    paths, _, card = pairs
    export("folder", paths, card, tmp_path / "out")
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    lines = (tmp_path / "out/SHA256SUMS").read_text().splitlines()
    assert len(lines) == len(contents(tmp_path / "out")) - 1
    assert subprocess.run(check, cwd=tmp_path / "out", capture_output=True).returncode == 0
    with (tmp_path / "out/labels.csv").open("a") as file:
        file.write(" ")
    found = subprocess.run(check, cwd=tmp_path / "out", capture_output=True, text=True)
    assert found.returncode == 1
    assert "labels.csv: FAILED" in found.stdout


def test_one_file_holds_images_table_and_card(variant, tmp_path):
    paths, images, card = variant
    export("hdf5", paths, card, tmp_path / "out")
    path = tmp_path / "out/mie_x_emotionnet.h5"
    shards.verify(path)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["images"][:], images)
        assert json.loads(file.attrs["card"]) == CARD
        assert "Drawn at random" in json.loads(file.attrs["card_markdown"])
    pairs = PairDataset.from_shards([path])
    np.testing.assert_array_equal(pairs[7][0], images[7, [0, -1]])
    assert pairs.table["au_source"].tolist() == ["mmew"] * 6 + ["expert"] * 6
    pd.testing.assert_frame_equal(
        list_samples([path])[list(COLUMNS)], list_samples(paths)[list(COLUMNS)], check_dtype=False
    )


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_card_lies_beside_and_equal_shards_give_equal_bytes(format_name, pairs, tmp_path):
    paths, _, card = pairs
    for name in ("a", "b"):
        program = (
            "import sys; from mie_x_lib.exports import export; from mie_x_lib.exports.card import Card; "
            f"export({format_name!r}, {paths!r}, Card({card.markdown!r}, {card.json!r}), {str(tmp_path / name)!r})"
        )
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True)
    first = contents(tmp_path / "a")
    assert first == contents(tmp_path / "b")
    names = {str(path): content for path, content in first.items()}
    assert names["README.md"].decode().endswith(card.markdown)
    assert json.loads(names["card.json"]) == CARD


def test_an_export_has_what_the_limits_of_its_variant_leave(pairs, whole_card, tmp_path):
    paths, _, _ = pairs
    card = whole_card
    export("folder", paths, card, tmp_path / "first", identities=1)
    table = read_csv(tmp_path / "first/labels.csv")
    assert set(table["identity"]) == {IDENTITIES[0]}
    assert len(table) == 6
    assert "6 of 12 pairs, of the first 1 people of each source" in (tmp_path / "first/README.md").read_text()
    export("folder", paths, card, tmp_path / "few", clips=1, seed=3)
    table = read_csv(tmp_path / "few/labels.csv")
    assert len(table[["au_source", "label", "au_clip"]].drop_duplicates()) == 6
    assert len(list((tmp_path / "few").glob("*/0.png"))) == len(table) == 6


@pytest.mark.parametrize("format_name", FORMATS)
def test_the_card_of_a_limited_export_counts_what_is_in_it(pairs, whole_card, tmp_path, format_name):
    paths, _, _ = pairs
    export(format_name, paths, whole_card, tmp_path / "out", identities=1, samples=4)
    card = json.loads((tmp_path / "out/card.json").read_text())
    table = list_samples(paths, identities=1, samples=4)
    assert (card["pairs"], card["identities"]) == (len(table), {"emotionnet": 1})
    counted = {(row["au_source"], label): row[label] for row in card["counts"] for label in LABEL_NAMES if row[label]}
    assert counted == table.groupby(["au_source", "label_name"]).size().to_dict()
    assert card["part"].startswith("Here are 4 of 12 pairs, of the first 1 people of each source of faces, shared out")
    # Measures are those of all renders, and say of how many pairs.
    assert card["quality"] == whole_card.content["quality"]
    readme = (tmp_path / "out/README.md").read_text()
    assert f"{card['part']}\n\n4 pairs, with the faces of 1 of emotionnet." in readme
    assert ("Here are" in whole_card.markdown, "12 pairs, with the faces of 6" in whole_card.markdown) == (False, True)
    if format_name == "hdf5":
        with h5py.File(tmp_path / "out/mie_x_emotionnet.h5") as file:
            assert json.loads(file.attrs["card"]) == card


def test_an_export_has_no_more_samples_than_its_variant_and_as_many_of_each_label_and_source(
    pairs, whole_card, tmp_path
):
    paths, _, _ = pairs
    card = whole_card
    export("folder", paths, card, tmp_path / "seven", samples=7, seed=3)
    seven = read_csv(tmp_path / "seven/labels.csv")
    counts = seven.groupby(["au_source", "label"]).size()
    assert sorted(counts) == [1, 1, 1, 1, 1, 2]
    readme = (tmp_path / "seven/README.md").read_text()
    assert "Here are 7 of 12 pairs, shared out evenly over labels and sources of action units, for 7 asked" in readme
    # As in training sets, more samples keep the first ones, and none is there twice where too few are left.
    export("folder", paths, card, tmp_path / "many", samples=300, seed=3)
    assert set(seven["name"]) < set(read_csv(tmp_path / "many/labels.csv")["name"])
    assert len(list((tmp_path / "many").glob("*/0.png"))) == 12
    chosen = [list_samples(paths, samples=6, seed=seed)["name"].tolist() for seed in range(9)]
    assert len(set(map(tuple, chosen))) > 1
    one = list_samples(paths, identities=1, samples=12)
    assert len(one) == 6


def test_an_export_has_the_samples_of_a_training_set_of_its_size(pairs):
    paths, _, _ = pairs
    index = pd.concat(map(shards.read_samples, paths), ignore_index=True).assign(id_dataset="emotionnet")
    nobody = WhoIsTested(pd.DataFrame({"dataset": [], "subject": []}, dtype="string"), People())
    classes = {"negative": ["negative"], "positive": ["positive"], "surprise": ["surprise"]}
    trained = compose_training_set(index, nobody, classes, samples=9, seed=4)
    exported = list_samples(paths, samples=9, seed=4)
    place = ["shard_path", "position"]
    assert set(trained[place].itertuples(index=False)) == set(exported[place].itertuples(index=False))


def test_what_cannot_be_exported_is_named(pairs, tmp_path):
    paths, _, card = pairs
    with pytest.raises(InputError, match=f"format is 'zip'; expected one of {', '.join(FORMATS)}"):
        export("zip", paths, card, tmp_path / "out")
    with pytest.raises(InputError, match="no shard was given"):
        export("folder", [], card, tmp_path / "out")
    with pytest.raises(InputError, match="two samples have the name"):
        list_samples([paths[0], paths[0]])
    write_shard(tmp_path / "larger.h5", "oulu", 0, size=32)
    with pytest.raises(InputError, match=r"larger\.h5: its samples are \(2, 32, 32, 3\)"):
        list_samples([*paths, tmp_path / "larger.h5"])
    shards.write_images(
        tmp_path / "crops.h5", np.zeros((1, 16, 16, 3), np.uint8), pd.DataFrame({"role": ["onset"]}), {}
    )
    with pytest.raises(InputError, match=r"crops\.h5: its samples are \(16, 16, 3\)"):
        list_samples([tmp_path / "crops.h5"])


def test_action_units_are_in_the_order_of_the_paper():
    assert [name.partition("_")[2] for name in ONSET_AUS] == list(AU_NAMES)
