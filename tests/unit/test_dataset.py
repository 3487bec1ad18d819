import multiprocessing

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader

from mie_x_lib import dataset, shards
from mie_x_lib.dataset import PairDataset, ShardImages, held_where_few, read_clip_pairs
from mie_x_lib.errors import InputError

CPU = torch.device("cpu")


def write_shard(path, size=4, count=3, seed=0, frames=2):
    images = np.random.default_rng(seed).integers(0, 256, (count, frames, size, size, 3), dtype=np.uint8)
    table = pd.DataFrame({"sample": range(count), "label": [n % 3 for n in range(count)]})
    shards.write_images(path, images, table.assign(identity="x"), {"id_source": "faces", "au_source": f"aus{seed}"})
    return images


@pytest.fixture
def two(tmp_path):
    """Paths and images of two shards."""
    paths = [str(tmp_path / "0.h5"), str(tmp_path / "1.h5")]
    return paths, [write_shard(path, seed=seed) for seed, path in enumerate(paths)]


def rows(paths, positions, labels=0):
    return pd.DataFrame({"shard_path": paths, "position": positions, "label": labels})


def test_images_come_from_their_shard_and_position_in_the_order_asked_for(two):
    paths, (first, second) = two
    images = ShardImages(rows([paths[1], paths[0], paths[1]], [2, 0, 1]))
    assert len(images) == 3
    np.testing.assert_array_equal(images[[2, 1, 0, 2]], [second[1], first[0], second[2], second[1]])


def test_samples_come_with_their_label(two):
    paths, (first, second) = two
    pairs = PairDataset(rows([paths[1], paths[0]], [2, 0], [1, 2]))
    assert len(pairs) == 2
    images, label = pairs[0]
    assert (images.dtype, type(label), label) == (torch.uint8, int, 1)
    np.testing.assert_array_equal(images, second[2])
    (left, two_), (right, one) = pairs.__getitems__([1, 0])
    assert (two_, one) == (2, 1)
    np.testing.assert_array_equal(left, first[0])
    np.testing.assert_array_equal(right, second[2])
    assert len(list(pairs)) == 2


@pytest.mark.parametrize("number", [-1, np.int64(1), torch.tensor(1)])
def test_a_sample_is_asked_for_by_any_whole_number(two, number):
    paths, (first, _) = two
    images, label = PairDataset(rows([paths[1], paths[0]], [2, 0], [1, 2]))[number]
    np.testing.assert_array_equal(images, first[0])
    assert label == 2


@pytest.mark.parametrize("some", [slice(0, 2), [0, 1], np.array([0, 1]), 1.0, "0", None])
def test_what_is_no_whole_number_is_told(two, some):
    with pytest.raises(TypeError, match=r"expected the number of one sample, found .*; for several take"):
        PairDataset.from_shards(two[0])[some]


def test_all_samples_of_some_shards(two):
    paths, (first, second) = two
    pairs = PairDataset.from_shards(paths)
    images, labels = next(iter(DataLoader(pairs, batch_size=6)))
    np.testing.assert_array_equal(images, np.concatenate([first, second]))
    assert labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert pairs.table["au_source"].tolist() == ["aus0"] * 3 + ["aus1"] * 3
    assert pairs.table["position"].tolist() == [0, 1, 2] * 2
    assert set(pairs.table["identity"]) == {"x"}


def test_the_samples_of_a_training_set(two, tmp_path):
    _, (first, second) = two
    table = rows(["0.h5", "1.h5", "1.h5"], [1, 0, 0], [1, 0, 0]).assign(au_subject="006")
    table.to_csv(tmp_path / "all.csv", index=False)
    pairs = PairDataset.from_training_set(tmp_path / "all.csv", folder=tmp_path)
    images, labels = next(iter(DataLoader(pairs, batch_size=3)))
    np.testing.assert_array_equal(images, [first[1], second[0], second[0]])
    assert labels.tolist() == [1, 0, 0]
    assert pairs.table["au_subject"].tolist() == ["006"] * 3
    table.drop(columns="label").to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(InputError, match=r"other\.csv: no column label"):
        PairDataset.from_training_set(tmp_path / "other.csv")


def test_shards_of_another_folder_are_told_at_once_and_a_later_change_of_folder_does_no_harm(
    two, tmp_path, monkeypatch
):
    _, (first, _) = two
    table = rows(["0.h5"], [1], [1])
    table.to_csv(tmp_path / "all.csv", index=False)
    with pytest.raises(InputError, match=r"0\.h5: no such file, and .*all\.csv names it; give `folder=`"):
        PairDataset.from_training_set(tmp_path / "all.csv", folder=tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"none\.csv: no such file; expected the table of a fold"):
        PairDataset.from_training_set(tmp_path / "none.csv")
    monkeypatch.chdir(tmp_path)
    pairs = PairDataset.from_training_set("all.csv")
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(pairs[0][0], first[1])


@pytest.mark.parametrize("name", ["identity", "au_subject", "sample"])
def test_a_table_is_read_with_the_shards_it_was_made_of_alone(tmp_path, name):
    images = np.zeros((3, 2, 4, 4, 3), np.uint8)
    table = pd.DataFrame({"sample": range(3), "label": 0, "au_subject": ["7", "", "x"], "identity": ["a", "b", "c"]})
    shards.write_images(tmp_path / "0.h5", images, table, {"id_source": "faces", "au_source": "mmew"})
    table.assign(shard_path="0.h5", position=range(3)).to_csv(tmp_path / "all.csv", index=False)
    assert len(PairDataset.from_training_set(tmp_path / "all.csv", tmp_path).images[[2, 0, 1]]) == 3
    pairs = PairDataset.from_shards(tmp_path / "0.h5")
    other = table.assign(**{name: table[name].to_numpy()[[0, 2, 1]]})
    shards.write_images(tmp_path / "0.h5", images, other, {"id_source": "faces", "au_source": "mmew"})
    told = rf"0\.h5: {name} of row 1 is .*, expected .*: the shard was made again since its table was read"
    for wrong in (pairs, PairDataset.from_training_set(tmp_path / "all.csv", tmp_path)):
        with pytest.raises(InputError, match=told):
            wrong[0]


def test_a_shard_that_is_replaced_under_a_reader_is_noticed(two):
    paths, _ = two
    pairs = PairDataset.from_shards(paths)
    pairs[0]
    pairs.images._reader.close()
    write_shard(paths[0], count=2)
    table = shards.read_table(paths[0])[::-1].reset_index(drop=True)
    shards.write_images(paths[0], shards.read_images(paths[0]), table, {"id_source": "faces", "au_source": "aus0"})
    with pytest.raises(InputError, match=r"0\.h5: sample of row 0 is '1', expected '0'"):
        pairs[0]


def test_labels_are_there_for_samplers(two):
    assert PairDataset.from_shards(two[0]).labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_onset_and_apex_of_the_video_variant_unless_asked_otherwise(tmp_path):
    clips = write_shard(tmp_path / "0.h5", frames=10)
    np.testing.assert_array_equal(PairDataset.from_shards(tmp_path / "0.h5")[1][0], clips[1, [0, 9]])
    np.testing.assert_array_equal(PairDataset.from_shards([tmp_path / "0.h5"], frames=None)[1][0], clips[1])
    np.testing.assert_array_equal(PairDataset.from_shards([tmp_path / "0.h5"], frames=(3,))[1][0], clips[1, [3]])


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_processes_read_side_by_side(two, method):
    paths, (first, second) = two
    pairs = PairDataset.from_shards(paths)
    # A file is open in this process when the others start.
    assert pairs[0][1] == 0
    loader = DataLoader(pairs, batch_size=2, num_workers=2, multiprocessing_context=multiprocessing.get_context(method))
    for _ in range(2):
        images, labels = map(torch.cat, zip(*loader, strict=True))
        np.testing.assert_array_equal(images, np.concatenate([first, second]))
        assert labels.tolist() == [0, 1, 2, 0, 1, 2]


def test_batches_of_indices_as_a_training_asks_for_them(two):
    paths, (first, second) = two
    loader = DataLoader(PairDataset.from_shards(paths).images, sampler=[[5, 0], [1]], batch_size=None, num_workers=2)
    left, right = list(loader)
    np.testing.assert_array_equal(left, [second[2], first[0]])
    np.testing.assert_array_equal(right, first[[1]])


def test_few_pairs_are_read_once_and_many_when_they_are_asked_for(two):
    paths, (first, second) = two
    images = PairDataset.from_shards(paths).images
    size = first.nbytes + second.nbytes
    np.testing.assert_array_equal(held_where_few(images, most=size, device=CPU), np.concatenate([first, second]))
    assert held_where_few(images, most=size - 1, device=CPU) is images
    assert len(held_where_few(ShardImages(PairDataset.from_shards(paths).table[:0]))) == 0


@pytest.mark.parametrize("block", [1, 2, 1024])
def test_what_is_held_comes_from_one_shard_after_another_and_stays_in_its_order(two, monkeypatch, block):
    monkeypatch.setattr(dataset, "_BLOCK", block)
    paths, (first, second) = two
    images, read = ShardImages(rows([paths[1], paths[0], paths[1], paths[0]], [2, 0, 1, 2])), []
    reader = images._reader.read
    monkeypatch.setattr(images._reader, "read", lambda path, *asked: read.append(path) or reader(path, *asked))
    held = images.on(CPU)
    np.testing.assert_array_equal(held, np.stack([second[2], first[0], second[1], first[2]]))
    # The first is read to see how large it is.
    assert read[1:] == sorted(read[1:])


@pytest.mark.parametrize(("free", "most"), [(500, 300), (1000, 550)])
def test_a_gpu_holds_half_of_what_is_free_of_its_memory(monkeypatch, free, most):
    """What PyTorch keeps and does not use is free."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 10**9))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 300)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 200)
    assert dataset._room(torch.device("cuda")) == most


def test_shards_of_two_image_sizes_are_refused(tmp_path):
    write_shard(tmp_path / "0.h5", size=4)
    write_shard(tmp_path / "1.h5", size=8)
    pairs = PairDataset.from_shards([tmp_path / "0.h5", tmp_path / "1.h5"])
    with pytest.raises(InputError, match=r"1\.h5: its samples are \(2, 8, 8, 3\)"):
        pairs.__getitems__([0, 3])


def test_no_shard_at_all_is_an_error():
    with pytest.raises(InputError, match="no shard was given"):
        PairDataset.from_shards([])


def test_a_file_of_crops_is_no_shard(tmp_path):
    write_crops(tmp_path / "samm.h5", [("006", "a", "onset")])
    with pytest.raises(InputError, match=r"samm\.h5: no shard of rendered samples"):
        PairDataset.from_shards([tmp_path / "samm.h5"])


def write_crops(path, rows, size=4):
    """rows: (subject, clip, role); the image is filled with the number of its row."""
    table = pd.DataFrame(rows, columns=["subject", "clip", "role"]).assign(dataset=path.stem, frame=0)
    images = np.arange(len(rows), dtype=np.uint8)[:, None, None, None] * np.ones((size, size, 3), np.uint8)
    shards.write_images(path, images, table, {})


def clips(*names):
    return pd.DataFrame(names, columns=["dataset", "subject", "clip"], dtype="string")


def test_clips_come_as_pairs_in_the_order_asked_for(tmp_path):
    rows = [
        ("006", "b", "apex"),
        ("006", "b", "onset"),
        ("006", "a", "onset"),
        ("006", "c", "frame"),
        ("006", "a", "apex"),
        ("006", "d", "onset"),
    ]
    write_crops(tmp_path / "samm.h5", rows)
    write_crops(tmp_path / "casme2.h5", [("006", "a", "onset"), ("006", "a", "apex")])
    wanted = clips(("samm", "006", "a"), ("casme2", "006", "a"), ("samm", "006", "b"))
    images = read_clip_pairs([tmp_path / "samm.h5", tmp_path / "casme2.h5"], wanted)
    assert images[:, :, 0, 0, 0].tolist() == [[2, 4], [0, 1], [1, 0]]


@pytest.mark.parametrize(
    "rows",
    [
        [("006", "a", "onset")],
        [("006", "a", "onset")] * 2 + [("006", "a", "apex")],
        [("006", "b", "onset"), ("006", "b", "apex")],
    ],
)
def test_a_clip_without_its_two_frames_is_named(tmp_path, rows):
    write_crops(tmp_path / "samm.h5", [*rows, ("007", "z", "onset"), ("007", "z", "apex")])
    with pytest.raises(InputError, match=r"frames of samm: clip a of subject 006"):
        read_clip_pairs([tmp_path / "samm.h5"], clips(("samm", "007", "z"), ("samm", "006", "a")))


def test_no_clip_at_all_is_an_error(tmp_path):
    write_crops(tmp_path / "samm.h5", [("006", "a", "onset"), ("006", "a", "apex")])
    with pytest.raises(InputError, match=r"samm\.h5: not one of the clips has a crop"):
        read_clip_pairs([tmp_path / "samm.h5"], clips(("smic", "006", "a")))


def test_crops_of_two_sizes_are_refused(tmp_path):
    rows = [("006", "a", "onset"), ("006", "a", "apex")]
    write_crops(tmp_path / "samm.h5", rows)
    write_crops(tmp_path / "smic.h5", rows, size=8)
    with pytest.raises(InputError, match=r"smic\.h5: its crops are \(8, 8, 3\)"):
        read_clip_pairs([tmp_path / "samm.h5", tmp_path / "smic.h5"], clips(("samm", "006", "a"), ("smic", "006", "a")))
