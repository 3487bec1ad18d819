import numpy as np
import pandas as pd
import pytest
from torch.utils.data import DataLoader

from mie_x_lib import shards
from mie_x_lib.dataset import ShardPairs, read_clip_pairs
from mie_x_lib.errors import InputError


def write_shard(path, size=4, count=3, seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (count, 2, size, size, 3), dtype=np.uint8)
    shards.write_images(path, images, pd.DataFrame({"sample": range(count)}), {})
    return images


def test_pairs_come_from_their_shard_and_position_in_the_order_asked_for(tmp_path):
    first, second = write_shard(tmp_path / "0.h5", seed=0), write_shard(tmp_path / "1.h5", seed=1)
    paths = [str(tmp_path / "1.h5"), str(tmp_path / "0.h5"), str(tmp_path / "1.h5")]
    pairs = ShardPairs(pd.DataFrame({"shard_path": paths, "position": [2, 0, 1]}))
    assert len(pairs) == 3
    np.testing.assert_array_equal(pairs[[2, 1, 0, 2]], [second[1], first[0], second[2], second[1]])


def test_processes_read_side_by_side(tmp_path):
    images = write_shard(tmp_path / "0.h5")
    pairs = ShardPairs(pd.DataFrame({"shard_path": str(tmp_path / "0.h5"), "position": [0, 1, 2]}))
    pairs[[0]]
    loader = DataLoader(pairs, sampler=[[2, 0], [1]], batch_size=None, num_workers=2)
    first, second = list(loader)
    np.testing.assert_array_equal(first, images[[2, 0]])
    np.testing.assert_array_equal(second, images[[1]])


def test_shards_of_two_image_sizes_are_refused(tmp_path):
    write_shard(tmp_path / "0.h5", size=4)
    write_shard(tmp_path / "1.h5", size=8)
    paths = [str(tmp_path / "0.h5"), str(tmp_path / "1.h5")]
    pairs = ShardPairs(pd.DataFrame({"shard_path": paths, "position": [0, 0]}))
    with pytest.raises(InputError, match=r"1\.h5: its pairs are \(2, 8, 8, 3\)"):
        pairs[[0, 1]]


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
    with pytest.raises(InputError, match=r"clip a of subject 006 of samm"):
        read_clip_pairs([tmp_path / "samm.h5"], clips(("samm", "007", "z"), ("samm", "006", "a")))


def test_no_clip_at_all_is_an_error(tmp_path):
    write_crops(tmp_path / "samm.h5", [("006", "a", "onset"), ("006", "a", "apex")])
    with pytest.raises(InputError, match="not one of its clips has a crop"):
        read_clip_pairs([tmp_path / "samm.h5"], clips(("smic", "006", "a")))


def test_crops_of_two_sizes_are_refused(tmp_path):
    rows = [("006", "a", "onset"), ("006", "a", "apex")]
    write_crops(tmp_path / "samm.h5", rows)
    write_crops(tmp_path / "smic.h5", rows, size=8)
    with pytest.raises(InputError, match=r"smic\.h5: its crops are \(8, 8, 3\)"):
        read_clip_pairs([tmp_path / "samm.h5", tmp_path / "smic.h5"], clips(("samm", "006", "a"), ("smic", "006", "a")))
