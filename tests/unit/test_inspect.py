import cv2
import h5py
import numpy as np
import pandas as pd
import pytest

from mie_x_lib import shards
from mie_x_lib.inspect import describe, main
from tests.tiny_variant import write_shard

pytestmark = pytest.mark.slow


@pytest.fixture(params=[2, 10])
def shard(request, tmp_path):
    write_shard(tmp_path / "mmew/0.h5", "mmew", 0, frames=request.param)
    return tmp_path / "mmew/0.h5"


def write_crops(path):
    table = pd.DataFrame({"dataset": "samm", "subject": "006", "clip": ["a", "a", "b", "b"]}).astype("string")
    table = table.assign(emotion=["fear", "fear", "others", "others"], label=[0, 0, -1, -1], role=["onset", "apex"] * 2)
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    shards.write_images(path, images, table, {})


def damage(path):
    with h5py.File(path) as file:
        chunk = file["images"].id.get_chunk_info(3)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(content)


def test_a_shard_is_described(shard):
    frames = shards.image_shape(shard)[1]
    lines, is_whole = describe(shard)
    text = " ".join(" ".join(lines).split())
    assert is_whole
    assert lines[0] == str(shard)
    assert f"6 samples of {frames} frames, 16 x 16 pixels" in text
    assert "id_source emotionnet" in text
    assert "identities 2, N_0000000001_00001 to é b.c" in text
    assert "AU clips 6 of 1 names of subjects" in text
    assert "emotions negative 2, positive 2, surprise 2" in text
    assert "left out 1 of 7 sampled: no visible change" in text
    assert "all checksums right" in text
    assert "card Drawn at random." in text
    assert "mmew 2 2 2 6" in text
    found = shards.read_table(shard)["apex_AU12"]
    assert f"{found.mean():.2f} ({found.min():.2f}-{found.max():.2f})" in text
    assert max(map(len, lines)) <= 100
    assert len(lines) < 40


def test_pairs_without_a_change_are_counted(tmp_path):
    write_shard(tmp_path / "0.h5", "mmew", 0)
    images, table = shards.read_images(tmp_path / "0.h5"), shards.read_table(tmp_path / "0.h5")
    images[:2, 1] = images[:2, 0]
    images[2:] = 100
    images[2:, 1, 3, 3, 1] = 107
    shards.write_images(tmp_path / "0.h5", images, table, {})
    text = " ".join(" ".join(describe(tmp_path / "0.h5")[0]).split())
    assert "2 samples without any; the pixel that changes most does by 0 to 7 grey levels, median 7" in text


def test_crops_are_described(tmp_path, capsys):
    write_crops(tmp_path / "samm.h5")
    assert main([str(tmp_path / "samm.h5"), "--sheet", str(tmp_path / "sheet.png")]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "4 images, 8 x 8 pixels" in text
    assert "clips 2 of 1 names of subjects" in text
    assert "roles onset 2, apex 2" in text
    assert "emotions fear 2, others 2" in text
    assert "negative no label all" in text
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None


def test_a_sheet_of_a_shard_has_as_many_rows_as_asked_for(shard, tmp_path):
    heights = []
    for rows in (1, 3):
        assert main([str(shard), "--sheet", str(tmp_path / f"{rows}.png"), "--rows", str(rows)]) == 0
        heights.append(cv2.imread(str(tmp_path / f"{rows}.png")).shape[0])
    assert heights[0] < 0.6 * heights[1]


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet.PNG", "sheet", ""])
def test_a_sheet_of_another_kind_is_refused_before_the_file_is_read(shard, tmp_path, capsys, name):
    assert main([str(shard), "--sheet", str(tmp_path / name)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "expected the name of a picture to write, which ends in .png" in shown.err


@pytest.mark.parametrize("rows", [0, -1, 101])
def test_a_sheet_has_a_bound(shard, tmp_path, capsys, rows):
    assert main([str(shard), "--sheet", str(tmp_path / "a.png"), "--rows", str(rows)]) == 1
    assert f"--rows is {rows}, expected 1 to 100" in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_a_damaged_file_is_told_and_fails(shard, capsys):
    damage(shard)
    assert main([str(shard)]) == 1
    text = " ".join(capsys.readouterr().out.split())
    assert "checksums DAMAGED" in text
    assert "6 samples" in text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text.csv", "text.csv: no HDF5 file; expected a shard"),
        ("absent.h5", "absent.h5: no such file"),
        (".", ": a folder; expected an image file"),
        ("other.h5", "other.h5: not a whole image file"),
        (f"{'x' * 300}.h5", "x.h5: no such file"),
    ],
)
def test_a_file_that_is_none_is_an_error_of_one_line(tmp_path, capsys, name, message):
    (tmp_path / "text.csv").write_text("a,b\n")
    h5py.File(tmp_path / "other.h5", "w").close()
    assert main([str(tmp_path / name)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert shown.err.count("Input error") == 1


def test_a_file_without_images(tmp_path, capsys):
    write_shard(tmp_path / "0.h5", "mmew", 0)
    table = shards.read_table(tmp_path / "0.h5")[:0]
    shards.write_images(tmp_path / "0.h5", np.empty((0, 2, 8, 8, 3), np.uint8), table, {})
    assert main([str(tmp_path / "0.h5")]) == 0
    assert "0 samples" in capsys.readouterr().out
    assert main([str(tmp_path / "0.h5"), "--sheet", str(tmp_path / "a.png")]) == 1
