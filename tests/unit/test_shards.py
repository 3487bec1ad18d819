import contextlib
import errno
import json
import math
import os
import pickle
import re
import subprocess
import sys
import zlib
from itertools import product

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mie_x_lib import shards
from mie_x_lib.errors import InputError
from mie_x_lib.provenance import ROOT
from mie_x_lib.shards.stored_streams import StoredStreams
from mie_x_lib.terms import APEX_AUS, AU_NAMES, LABEL_NAMES, ONSET_AUS

pytestmark = pytest.mark.slow


def example(n=5, frames=(), size=8):
    """Images (n, *frames, size, size, 3) and a table."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n, *frames, size, size, 3), dtype=np.uint8)
    table = pd.DataFrame(
        {
            "subject": pd.Series([f"{i:03d}" for i in range(n)], dtype="string"),
            "frame": np.arange(n),
            "AU12": rng.random(n).astype(np.float32),
            "clip": pd.Series(["é" * i for i in range(n)], dtype="string"),
        }
    )
    return images, table


@pytest.mark.parametrize("frames", [(), (2,), (10,)])
@pytest.mark.parametrize("n", [0, 1, 5])
def test_what_is_written_is_read(tmp_path, n, frames):
    images, table = example(n, frames)
    path = tmp_path / "deep" / "0.h5"
    shards.write_images(path, images, table, {"seed": 3, "unchanged": 1, "names": ["a", "b"]})
    np.testing.assert_array_equal(shards.read_images(path), images)
    assert shards.image_shape(path) == images.shape
    pd.testing.assert_frame_equal(shards.read_table(path), table)
    attributes = shards.read_attributes(path)
    assert attributes["au_names"] == list(AU_NAMES)
    assert attributes["label_names"] == list(LABEL_NAMES)
    assert (attributes["seed"], attributes["unchanged"], attributes["names"]) == (3, 1, ["a", "b"])
    shards.verify(path)


def test_equal_inputs_give_equal_bytes(tmp_path):
    images, table = example()
    for name in "ab":
        shards.write_images(tmp_path / name, images, table, {"seed": 3, "code": "x"})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    shards.write_images(tmp_path / "b", images, table, {"code": "x", "seed": 4})
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


def test_bytes_do_not_depend_on_what_was_written_before(tmp_path):
    ramp = np.linspace(0, 200, 48 * 48 * 3).reshape(48, 48, 3)
    noise = np.random.default_rng(0).integers(0, 4, (2, 12, 48, 48, 3))
    images, others = (ramp + noise).astype(np.uint8)
    table = pd.DataFrame({"number": range(12)})
    for name, pictures in (("a", images), ("other", others), ("b", images)):
        shards.write_images(tmp_path / name, pictures, table, {})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_one_image_a_chunk_and_checksums(tmp_path):
    shards.write_images(tmp_path / "a.h5", *example(frames=(10,)), {})
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["images"].chunks == (1, 1, 8, 8, 3)
        # Stored as it is, with the checksum of zlib.
        assert (file["images"].compression, file["images"].compression_opts) == ("gzip", 0)
        assert file["images"].id.get_chunk_info(0).size >= 8 * 8 * 3 + 4
        assert all(column.fletcher32 for column in file["columns"].values())


def test_zeros_in_the_place_of_white_are_noticed(tmp_path):
    images, path = np.full((2, 2, 64, 64, 3), 255, np.uint8), tmp_path / "a.h5"
    images[:, :, 20:40] = 7
    shards.write_images(path, images, pd.DataFrame({"number": [0, 1]}), {})
    with h5py.File(path) as file:
        begin = file["images"].id.get_chunk_info(0).byte_offset + 512
    content = bytearray(path.read_bytes())
    assert set(content[begin : begin + 512]) == {255}
    content[begin : begin + 512] = bytes(512)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.h5"):
        shards.read_images(path, [0])


def test_a_file_whose_images_are_compressed_is_read(tmp_path, monkeypatch):
    images, table = example(frames=(2,))
    path = tmp_path / "a.h5"
    shards.write_images(path, images, table, {})
    with h5py.File(path, "r+") as file:
        del file["images"]
        limits = {"chunks": (1, 1, 8, 8, 3), "maxshape": (None, 2, 8, 8, 3)}
        file.create_dataset("images", data=images, compression="gzip", fletcher32=True, **limits)
    # None of them can lie as it is, and to look for that would take time.
    monkeypatch.delattr(StoredStreams, "read")
    shards.verify(path)
    np.testing.assert_array_equal(shards.read_images(path, [4, 1]), images[[4, 1]])
    np.testing.assert_array_equal(shards.ImageReader().read(str(path), [4, 1]), images[[4, 1]])


# Bytes of a picture: of one block of zlib, one that is full, one and some bytes, two that are full, and some more.
SIDES = {192: (8, 8), 65535: (85, 257), 65538: (66, 331), 131070: (170, 257), 202800: (260, 260)}


@pytest.fixture
def no_way_through_hdf5(monkeypatch):
    def refuse(self, start, into):
        raise AssertionError("a picture that lies as it is was read by HDF5")

    monkeypatch.setattr(shards.images._Blocks, "read", refuse)


@pytest.mark.parametrize("frames", [(), (3,)])
@pytest.mark.parametrize("size", SIDES)
def test_pictures_that_lie_as_they_are_are_read_around_hdf5(tmp_path, no_way_through_hdf5, size, frames):
    images = np.random.default_rng(0).integers(0, 256, (3, *frames, *SIDES[size], 3), np.uint8)
    path, reader = str(tmp_path / "a.h5"), shards.ImageReader()
    assert math.prod(images.shape[-3:]) == size
    shards.write_images(path, images, pd.DataFrame({"number": range(3)}), {})
    np.testing.assert_array_equal(reader.read(path), images)
    np.testing.assert_array_equal(reader.read(path, [2, 0, 2]), images[[2, 0, 2]])
    if frames:
        np.testing.assert_array_equal(reader.read(path, [2, 0], (-1, 0)), images[[2, 0]][:, [-1, 0]])
    seen = []
    shards.verify(path, lambda row, image: seen.append(image))
    np.testing.assert_array_equal(seen, images)


@pytest.mark.parametrize("size", SIDES)
def test_the_file_is_that_of_hdf5s_own_filter(tmp_path, monkeypatch, size):
    images = np.random.default_rng(0).integers(0, 256, (3, 2, *SIDES[size], 3), np.uint8)
    table = pd.DataFrame({"number": range(3)})
    shards.write_images(tmp_path / "ours.h5", images, table, {})
    with h5py.File(tmp_path / "ours.h5") as file:
        np.testing.assert_array_equal(file["images"][:], images)

    def add(writer, image):
        writer._stored[writer._count] = image
        writer._count += 1

    monkeypatch.setattr(shards.ImageWriter, "add", add)
    shards.write_images(tmp_path / "filtered.h5", images, table, {})
    assert (tmp_path / "ours.h5").read_bytes() == (tmp_path / "filtered.h5").read_bytes()


@pytest.mark.parametrize("size", [1, *SIDES])
def test_zlib_reads_a_stored_stream(size):
    content = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    stream = StoredStreams(size).of(content.data)
    assert zlib.decompress(stream) == content.tobytes()
    assert len(stream) == StoredStreams(size).size


def test_a_picture_of_more_blocks_than_one_call_reads_is_read(tmp_path):
    images = np.zeros((1, 3400, 3400, 3), np.uint8)
    images[0, -1, -1] = 7
    shards.write_images(tmp_path / "a.h5", images, pd.DataFrame({"number": [0]}), {})
    assert (shards.ImageReader().read(str(tmp_path / "a.h5"), [0]) == images).all()


# Bytes of the stream of a picture of 67,500 bytes in two blocks, from its end on where they are negative.
PLACES = {
    "the header of zlib": (0, 1),
    "the head of a block": (2, 3, 4, 5, 6),
    "the pixels of a block": (7, 7 + 65534),
    "the head of another block": (65542, 65543, 65544, 65545, 65546),
    "the pixels of another block": (65547, -5),
    "the checksum": (-4, -3, -2, -1),
}


@pytest.mark.parametrize("where", PLACES)
def test_a_changed_byte_of_a_stored_picture_is_noticed_wherever_it_is(tmp_path, where):
    images, path = np.random.default_rng(0).integers(0, 256, (2, 2, 150, 150, 3), np.uint8), tmp_path / "a.h5"
    shards.write_images(path, images, pd.DataFrame({"number": [0, 1]}), {})
    with h5py.File(path) as file:
        chunk = file["images"].id.get_chunk_info_by_coord((1, 0, 0, 0, 0))
    content = path.read_bytes()
    assert chunk.size == 67_500 + 2 + 2 * 5 + 4
    for place in PLACES[where]:
        changed, reader = bytearray(content), shards.ImageReader()
        changed[chunk.byte_offset + place % chunk.size] ^= 0xFF
        path.write_bytes(changed)
        with pytest.raises(InputError, match=r"a\.h5: not a whole image file"):
            reader.read(str(path), [1])
        with pytest.raises(InputError, match=r"a\.h5: not a whole image file"):
            shards.verify(path)
        np.testing.assert_array_equal(reader.read(str(path), [0]), images[[0]])
        np.testing.assert_array_equal(reader.read(str(path), [1], (1,)), images[[1], 1:])


def test_a_file_that_the_system_does_not_open_is_not_to_be_deleted(tmp_path, monkeypatch):
    images, table = example()
    path = tmp_path / "a.h5"
    shards.write_images(path, images, table, {})
    for number, said in (
        (errno.EACCES, r"cannot be read \(Permission denied\); change its permissions"),
        (errno.EMFILE, r"cannot be read \(Too many open files\); allow more"),
    ):

        def refuse(*_, number=number, **__):
            raise OSError(number, "Unable to synchronously open file")

        monkeypatch.setattr(h5py, "File", refuse)
        with pytest.raises(InputError, match=rf"a\.h5: {said}"):
            shards.read_table(path)


@pytest.mark.parametrize("header", [b"\x78\x5e", b"\x78\x9c"], ids=["fast", "default"])
def test_a_stream_of_another_program_that_has_as_many_bytes_is_read(tmp_path, header):
    images, table = example(frames=(2,))
    path = tmp_path / "a.h5"
    shards.write_images(path, images, table, {})
    with h5py.File(path, "r+") as file:
        stored = file["images"].id
        _, stream = stored.read_direct_chunk((3, 1, 0, 0, 0))
        assert stream == zlib.compress(images[3, 1], 0)
        stored.write_direct_chunk((3, 1, 0, 0, 0), header + stream[2:])
    np.testing.assert_array_equal(shards.ImageReader().read(str(path), [3, 0]), images[[3, 0]])
    shards.verify(path)


def test_another_file_in_the_place_of_one_is_read_from_where_its_pictures_lie(tmp_path, no_way_through_hdf5):
    images, table = example(frames=(2,))
    path, reader = str(tmp_path / "a.h5"), shards.ImageReader()
    for note, pictures in (("", images), ("x" * 5000, images[::-1]), ("", images[:, ::-1])):
        shards.write_images(path, pictures, table, {"note": note})
        for _ in range(2):
            np.testing.assert_array_equal(reader.read(path, [0, 4]), pictures[[0, 4]])
            reader.close()


def test_what_was_read_before_is_not_taken_for_what_lies_behind_the_end_of_a_file(tmp_path):
    content, into, streams = bytes(range(100)), bytearray(100), StoredStreams(100)
    (tmp_path / "a").write_bytes(zlib.compress(content, 0))
    with open(tmp_path / "a", "rb") as file:
        assert streams.read(file.fileno(), 0, memoryview(into))
        assert into == content
        # Nothing is put in its place.
        assert not streams.read(file.fileno(), streams.size, memoryview(into))


def test_a_file_that_is_cut_off_while_it_is_open_is_told_with_its_name(tmp_path):
    images, table = example(frames=(2,), size=64)
    path, reader = tmp_path / "a.h5", shards.ImageReader()
    shards.write_images(path, images, table, {})
    with h5py.File(path) as file:
        end = file["images"].id.get_chunk_info_by_coord((4, 1, 0, 0, 0)).byte_offset
    reader.read(str(path), [0])
    for left in (100, 0):
        os.truncate(path, end + left)
        with pytest.raises(InputError, match=r"a\.h5: not a whole image file"):
            reader.read(str(path), [4])
    np.testing.assert_array_equal(reader.read(str(path), [3]), images[[3]])


@pytest.mark.parametrize("other", [np.zeros((2, 8, 8, 3), np.float32), np.zeros((2, 8, 4, 3), np.uint8)])
def test_a_stream_of_other_images_is_refused_and_nothing_is_left(tmp_path, other):
    images = [np.zeros((2, 8, 8, 3), np.uint8), other]
    with pytest.raises(ValueError, match=r"an image must be uint8 \(2, 8, 8, 3\), not"):
        shards.write_stream(tmp_path / "a.h5", images, (2, 8, 8, 3), pd.DataFrame({"number": [0, 1]}), {})
    assert not list(tmp_path.iterdir())


@given(rows=st.lists(st.integers(0, 4), max_size=8))
def test_rows_in_any_order_with_repeats(tmp_path_factory, rows):
    images, table = example()
    path = tmp_path_factory.getbasetemp() / "rows.h5"
    if not path.exists():
        shards.write_images(path, images, table, {})
    np.testing.assert_array_equal(shards.read_images(path, rows), images[rows])


@given(rows=st.lists(st.integers(0, 4), max_size=4), frames=st.lists(st.integers(-10, 9), min_size=1, max_size=4))
def test_frames_of_rows_in_any_order(tmp_path_factory, rows, frames):
    images, table = example(frames=(10,))
    path = tmp_path_factory.getbasetemp() / "frames.h5"
    if not path.exists():
        shards.write_images(path, images, table, {})
    np.testing.assert_array_equal(shards.read_images(path, rows, frames), images[rows][:, frames])


def test_all_frames_may_be_asked_for_in_another_order(tmp_path):
    images, table = example(frames=(2,))
    shards.write_images(tmp_path / "a.h5", images, table, {})
    for read in (shards.read_images, shards.ImageReader().read):
        np.testing.assert_array_equal(read(tmp_path / "a.h5", [1], (-1, 0)), images[[1]][:, ::-1])


def test_only_the_frames_asked_for_are_read(tmp_path):
    images, table = example(frames=(10,))
    path = tmp_path / "a.h5"
    shards.write_images(path, images, table, {})
    damage(path, row=2, frame=4)
    np.testing.assert_array_equal(shards.read_images(path, frames=(0, -1)), images[:, [0, -1]])
    with pytest.raises(InputError, match=r"a\.h5"):
        shards.read_images(path, [2])


@pytest.mark.parametrize(("frames", "read"), [((), (0, -1)), ((2,), (0, 2))])
def test_frame_that_does_not_exist(tmp_path, frames, read):
    path = tmp_path / "a.h5"
    shards.write_images(path, *example(frames=frames), {})
    with pytest.raises(InputError, match=r"a\.h5: frames .* were asked for"):
        shards.read_images(path, [0], read)


def test_a_reader_reads_many_files_of_which_it_keeps_a_few_open(tmp_path):
    images, table = example(frames=(2,))
    for name in range(5):
        shards.write_images(tmp_path / f"{name}.h5", images + np.uint8(name), table, {})
    reader = shards.ImageReader(most=2)
    for name in (0, 1, 2, 0, 4, 3, 3):
        read = reader.read(str(tmp_path / f"{name}.h5"), [name], (-1,))
        np.testing.assert_array_equal(read, images[[name], -1:] + np.uint8(name))
        assert len(open_files(tmp_path)) <= 2
    assert len(open_files(tmp_path)) == 2
    again = pickle.loads(pickle.dumps(reader))
    assert len(open_files(tmp_path)) == 2
    np.testing.assert_array_equal(again.read(str(tmp_path / "0.h5")), images)
    for each in (reader, again):
        each.close()
    assert not open_files(tmp_path)
    with pytest.raises(InputError, match=r"none\.h5: no such file"):
        reader.read(str(tmp_path / "none.h5"))


def test_nothing_is_open_across_a_fork(tmp_path):
    images, table = example()
    path = str(tmp_path / "0.h5")
    shards.write_images(path, images, table, {})
    reader = shards.ImageReader()
    reader.read(path, [0])
    assert open_files(tmp_path)
    child = os.fork()
    if not child:
        clean = not open_files(tmp_path)
        os._exit(0 if clean and (reader.read(path, [1]) == images[[1]]).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
    np.testing.assert_array_equal(reader.read(path, [2]), images[[2]])


def open_files(folder):
    """Files of a folder that this process has open."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    return [path for path in found if path.startswith(str(folder))]


def damage(path, row, frame=None):
    """Flip a bit in a stored image."""
    with h5py.File(path) as file:
        start = (row, 0, 0, 0) if frame is None else (row, frame, 0, 0, 0)
        chunk = file["images"].id.get_chunk_info_by_coord(start)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("row", [5, -1])
def test_row_that_does_not_exist(tmp_path, row):
    path = tmp_path / "a.h5"
    shards.write_images(path, *example(), {})
    for read in (shards.read_images, shards.ImageReader().read):
        with pytest.raises(InputError, match=rf"a\.h5.*row {row} "):
            read(path, [0, row])


@pytest.mark.parametrize("wrong", [[True, False, True], np.array([True] * 3), [1.0], 1, "01", [[0], [1]]])
def test_rows_and_frames_are_whole_numbers_and_no_mask(tmp_path, wrong):
    images, table = example(3, frames=(2,))
    shards.write_images(tmp_path / "a.h5", images, table, {})
    for read in (shards.read_images, shards.ImageReader().read):
        with pytest.raises(TypeError, match=r"^rows(:| are a mask, expected their numbers; numpy\.flatnonzero)"):
            read(tmp_path / "a.h5", wrong)
        with pytest.raises(TypeError, match=r"^frames"):
            read(tmp_path / "a.h5", [0], wrong)
        assert read(tmp_path / "a.h5", []).shape == (0, *images.shape[1:])
        assert read(tmp_path / "a.h5", range(2)).shape == (2, *images.shape[1:])


def test_missing_text_is_empty(tmp_path):
    images, table = example(2)
    table["subject"] = pd.Series([pd.NA, "s"], dtype="string")
    shards.write_images(tmp_path / "a.h5", images, table, {})
    assert list(shards.read_table(tmp_path / "a.h5")["subject"]) == ["", "s"]


@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 8, 8, 3), np.float32), np.zeros((2, 8, 8), np.uint8), np.zeros((2, 1, 8, 8, 3), np.uint8)],
)
def test_other_arrays_are_refused_and_nothing_is_left(tmp_path, images):
    with pytest.raises(ValueError, match="uint8"):
        shards.write_images(tmp_path / "a.h5", images, pd.DataFrame({"frame": [0, 1]}), {})
    assert not list(tmp_path.iterdir())


def test_a_column_of_another_kind_is_refused_and_nothing_is_left(tmp_path):
    images, table = example(2)
    with pytest.raises(ValueError, match="label"):
        shards.write_images(tmp_path / "a.h5", images, table.assign(label=[True, False]), {})
    with pytest.raises(ValueError, match="as many table rows"):
        shards.write_images(tmp_path / "a.h5", images, table[:1], {})
    assert not list(tmp_path.iterdir())


def test_absent_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.h5: no such file"):
        shards.verify(tmp_path / "none.h5")


def test_not_hdf5(tmp_path):
    (tmp_path / "a.h5").write_text("no picture")
    for read in (shards.verify, shards.read_table, shards.read_images, shards.read_attributes):
        with pytest.raises(InputError, match=r"a\.h5"):
            read(tmp_path / "a.h5")


def test_hdf5_of_others(tmp_path):
    for version in ("earliest", "latest"):
        h5py.File(tmp_path / "a.h5", "w", libver=version).close()
        with pytest.raises(InputError, match=r"a\.h5.*schema_version"):
            shards.verify(tmp_path / "a.h5")


def test_truncated(tmp_path):
    path = tmp_path / "a.h5"
    shards.write_images(path, *example(), {})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"a\.h5.*truncated"):
        shards.verify(path)


def test_a_flipped_bit_in_an_image(tmp_path):
    images, table = example()
    path = tmp_path / "a.h5"
    shards.write_images(path, images, table, {})
    damage(path, row=3)
    with pytest.raises(InputError, match=r"a\.h5"):
        shards.verify(path)
    with pytest.raises(InputError, match=r"a\.h5"):
        shards.read_images(path, [3])
    np.testing.assert_array_equal(shards.read_images(path, [2]), images[[2]])


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("schema_version", "99"), ("au_names", '["AU01"]'), ("label_names", '["positive", "negative", "surprise"]')],
)
def test_another_vocabulary(tmp_path, attribute, value):
    path = tmp_path / "a.h5"
    shards.write_images(path, *example(), {})
    with h5py.File(path, "r+") as file:
        file.attrs[attribute] = value
    with pytest.raises(InputError, match=rf"a\.h5: {attribute}"):
        shards.read_images(path)


def test_images_are_read_that_are_found_by_columns_in_the_order_asked_for(tmp_path):
    images, _ = example(5)
    table = pd.DataFrame({"key": [3, 1, 4, 1, 5], "name": ["c", "å", "", "b", "e"], "size": 0.5})
    shards.write_images(tmp_path / "a.h5", images, table, {})
    found, pictures = shards.read_found(tmp_path / "a.h5", ["key"], lambda by: np.flatnonzero(by["key"] == 1)[::-1])
    np.testing.assert_array_equal(pictures, images[[3, 1]])
    pd.testing.assert_frame_equal(
        found, shards.read_table(tmp_path / "a.h5").iloc[[3, 1]][["name", "size"]].reset_index(drop=True)
    )
    none, pictures = shards.read_found(tmp_path / "a.h5", ["size"], lambda by: np.array([], int))
    assert list(none) == ["key", "name"]
    assert len(none) == 0
    assert pictures.shape == (0, *images.shape[1:])


def test_table_and_images_of_different_length(tmp_path):
    path = tmp_path / "a.h5"
    shards.write_images(path, *example(), {})
    with h5py.File(path, "r+") as file:
        file["columns/frame"].resize((4,))
    with pytest.raises(InputError, match=r"a\.h5: column frame has 4 rows, expected 5"):
        shards.verify(path)


def test_a_missing_column(tmp_path):
    path = tmp_path / "a.h5"
    shards.write_images(path, *example(), {})
    with h5py.File(path, "r+") as file:
        del file["columns/frame"]
    with pytest.raises(InputError, match=r"a\.h5: columns .*'frame'"):
        shards.verify(path)


LINKED = ("linked from elsewhere", "linked from here")
# Groups have no data of their own that could be elsewhere.
STRANGERS = [
    *product(("images", "columns/number"), (*LINKED, "stored elsewhere", "put together")),
    *product(("columns",), LINKED),
]


@pytest.mark.parametrize(("name", "way"), STRANGERS)
def test_what_lies_in_another_file_or_under_another_name_is_refused(tmp_path, name, way):
    path, other = tmp_path / "a.h5", tmp_path / "other.h5"
    images, table = np.zeros((2, 2, 8, 8, 3), np.uint8), pd.DataFrame({"number": [0, 1]})
    shards.write_images(path, images, table, {})
    shards.write_images(other, images + 9, table, {})
    (tmp_path / "secret").write_bytes(bytes(images.nbytes))
    with h5py.File(path, "a") as file:
        shape, dtype = (images.shape, np.uint8) if name == "images" else ((2,), np.int64)
        file.move(name, "aside")
        if way == "linked from elsewhere":
            file[name] = h5py.ExternalLink(str(other), name)
        elif way == "linked from here":
            file[name] = h5py.SoftLink("/aside")
        elif way == "stored elsewhere":
            file.create_dataset(name, shape, dtype, external=[(str(tmp_path / "secret"), 0, images.nbytes)])
        else:
            layout = h5py.VirtualLayout(shape, dtype)
            layout[:] = h5py.VirtualSource(str(other), name, shape)
            file.create_virtual_dataset(name, layout)
    readers = {
        "images": (shards.read_images, shards.image_shape, lambda path: shards.ImageReader().read(str(path))),
        "columns": (shards.read_table,),
    }
    for read in (*readers[name.partition("/")[0]], shards.verify):
        with pytest.raises(InputError, match=rf"a\.h5: {name.rpartition('/')[2]} lies in another file"):
            read(str(path))


def sample_table(**columns):
    """The table of three rendered samples."""
    units = {name: np.full(3, 0.5, np.float32) for name in (*ONSET_AUS, *APEX_AUS)}
    return pd.DataFrame({"label": [0, 1, 2], **units} | columns)


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("label", [0, 9, 2], "label is 9, expected a whole number from 0 to 2"),
        ("label", [-1, 1, 2], "label is -1"),
        ("label", [0.5, 1, 2], "label is 0.5"),
        ("label", [0.0, 1, 2], "label is of type float"),
        ("label", ["0", "1", "2"], "label is 0"),
        ("apex_AU12", [0.5, np.nan, 0.5], "apex_AU12 is nan, expected a number from 0 to 1"),
        ("onset_AU45", [1e30, 0.5, 0.5], "onset_AU45 is 1.*e[+]30"),
        ("onset_AU45", [0.5, 0.5, -0.1], "onset_AU45 is -0.1"),
        ("onset_AU45", [0.5, np.inf, 0.5], "onset_AU45 is inf"),
    ],
)
def test_a_label_that_is_none_and_units_out_of_range_are_neither_read_nor_written(tmp_path, name, values, told):
    path, images = tmp_path / "a.h5", np.zeros((3, 2, 8, 8, 3), np.uint8)
    table = sample_table(**{name: values})
    with pytest.raises(InputError, match=rf"a\.h5: cannot be written: {told}"):
        shards.write_images(path, images, table, {})
    assert not path.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards.writer, "fault_of_values", lambda table, is_samples: None)
        shards.write_images(path, images, table, {})
    for read in (shards.read_table, shards.verify):
        with pytest.raises(InputError, match=rf"a\.h5: {told}"):
            read(path)


def test_a_table_that_cannot_be_is_told_before_an_image_is_asked_for(tmp_path):
    asked_for = []
    images = (asked_for.append(row) or np.zeros((2, 8, 8, 3), np.uint8) for row in range(3))
    with pytest.raises(InputError, match="label is 9"):
        shards.write_stream(tmp_path / "a.h5", images, (2, 8, 8, 3), sample_table(label=[0, 9, 2]), {})
    assert asked_for == []


def test_crops_of_an_emotion_that_is_none_of_the_three_have_no_label(tmp_path):
    path = tmp_path / "a.h5"
    shards.write_images(path, np.zeros((2, 8, 8, 3), np.uint8), pd.DataFrame({"label": [-1, 2]}), {})
    shards.verify(path)
    assert shards.read_table(path)["label"].tolist() == [-1, 2]


@pytest.mark.parametrize("size", [10, 5_000, 70_000, 300_000])
@pytest.mark.parametrize("others", [0, 12])
def test_a_card_of_any_size_is_kept_and_its_flipped_bits_are_noticed(tmp_path, size, others):
    images, table = example(frames=(2,))
    about = {"card": {"limits": ["é" * size]}} | {f"note_{n}": n for n in range(others)}
    for name in "ab":
        shards.write_images(tmp_path / name, images, table, about)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert shards.read_attributes(tmp_path / "a")["card"] == about["card"]
    with h5py.File(tmp_path / "a") as file:
        assert json.loads(file.attrs["card"]) == about["card"]
    begin = content.index(b"limits")
    for place in np.linspace(begin, begin + 6 * size, 20).astype(int):
        changed = bytearray(content)
        changed[place] ^= 4
        (tmp_path / "b").write_bytes(changed)
        for read in (shards.read_table, shards.read_images, shards.read_attributes):
            with pytest.raises(InputError, match=r"b: "):
                read(tmp_path / "b")


def test_bytes_do_not_depend_on_process_or_order_of_attributes(tmp_path):
    program = (
        "import sys, numpy, pandas; from mie_x_lib import shards;"
        "about = {f'note_{n}': 'x' * n for n in range(20)} | {'card': 'c' * 70_000};"
        "about = about if sys.argv[2] == '1' else dict(reversed(about.items()));"
        "shards.write_images(sys.argv[1], numpy.ones((3, 2, 8, 8, 3), 'uint8'),"
        "pandas.DataFrame({'number': range(3), 'name': ['a', 'bb', 'ccc']}), about)"
    )
    for seed in "12":
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", program, tmp_path / seed, seed], cwd=ROOT, env=environment, check=True)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


@pytest.mark.parametrize("claim", ["rows", "side", "missing"])
def test_a_file_cannot_claim_more_than_it_holds(tmp_path, claim):
    path = tmp_path / "a.h5"
    images, table = example(frames=(2,))
    shards.write_images(path, images, table, {})
    with h5py.File(path, "a") as file:
        shape = {"rows": (10**12, 2, 8, 8, 3), "side": (5, 2, 10**5, 10**5, 3), "missing": (5, 2, 8, 8, 3)}[claim]
        del file["images"]
        chunks = (1, 1, 100, 100, 3) if claim == "side" else (1, 1, 8, 8, 3)
        file.create_dataset("images", shape, np.uint8, chunks=chunks, maxshape=(None, *shape[1:]), fletcher32=True)
    assert path.stat().st_size < 100_000
    for read in (shards.read_images, shards.read_table, shards.image_shape, shards.verify):
        with pytest.raises(InputError, match=r"a\.h5: (images are|holds 0 images)"):
            read(path)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file["columns"].attrs.create("order", np.bytes_("[")),
        lambda file: file["columns"].attrs.create("order", np.bytes_("7")),
        lambda file: file["columns"].attrs.create("order", 7),
        lambda file: file["columns"].attrs.__delitem__("order"),
        lambda file: file.attrs.__delitem__("checksum"),
        lambda file: file.attrs.create("au_names", 7),
        lambda file: file.attrs.create("card", np.bytes_("{}")),
        lambda file: file.__delitem__("columns"),
        lambda file: file.move("images", "columns/images"),
        lambda file: file["columns"].create_dataset("clip_", data="x"),
    ],
)
def test_every_fault_of_a_file_is_told_with_its_name(tmp_path, spoil):
    path = tmp_path / "a.h5"
    shards.write_images(path, *example(), {"card": {"name": "x"}})
    with h5py.File(path, "a") as file:
        spoil(file)
    with pytest.raises(InputError, match=r"a\.h5: "):
        shards.verify(path)


def test_a_fault_of_who_looks_is_not_one_of_the_file(tmp_path):
    shards.write_images(tmp_path / "a.h5", *example(), {})
    with pytest.raises(ZeroDivisionError):
        shards.verify(tmp_path / "a.h5", lambda row, image: 1 / 0)


@pytest.mark.parametrize("name", ["images", "columns/number"])
@pytest.mark.parametrize(
    "filters",
    [{}, {"compression": "lzf"}, {"scaleoffset": 8}, {"compression": "gzip", "shuffle": True}],
    ids=["none", "lzf", "scaleoffset", "shuffled"],
)
def test_what_is_stored_without_a_checksum_or_through_other_filters_is_refused(tmp_path, name, filters):
    path = tmp_path / "a.h5"
    shards.write_images(path, np.ones((2, 2, 8, 8, 3), np.uint8), pd.DataFrame({"number": [0, 1]}), {})
    with h5py.File(path, "r+") as file:
        values, layout = file[name][:], {"chunks": file[name].chunks, "maxshape": file[name].maxshape}
        del file[name]
        file.create_dataset(name, data=values, **layout, **filters)
    for read in (shards.read_images if name == "images" else shards.read_table, shards.verify):
        with pytest.raises(InputError, match=rf"a\.h5: {name.rpartition('/')[2]} is stored"):
            read(path)


def test_a_chunk_that_leaves_its_checksum_out_is_refused(tmp_path):
    path = tmp_path / "a.h5"
    shards.write_images(path, np.ones((2, 2, 8, 8, 3), np.uint8), pd.DataFrame({"number": [0, 1]}), {})
    with h5py.File(path, "r+") as file:
        file["images"].id.write_direct_chunk((1, 0, 0, 0, 0), bytes(192), filter_mask=1)
    with pytest.raises(InputError, match=r"a\.h5: images has a chunk that is stored without its checksum"):
        shards.verify(path)


def deflated(file, name, dtype, shape, chunk, times):
    """A dataset whose chunks are to be inflated so many times, in place of the one of that name."""
    del file[name]
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk(chunk)
    for _ in range(times):
        plan.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    space = h5py.h5s.create_simple(shape, (h5py.h5s.UNLIMITED, *shape[1:]))
    return h5py.h5d.create(file.id, name.encode(), dtype, space, plan)


@pytest.mark.parametrize(
    ("name", "times", "width", "told"),
    [
        ("images", 2, 1, "images is stored"),
        ("images", 1, 1, r"images holds \d+ bytes for 192"),
        ("columns/number", 1, 8, r"number holds \d+ bytes for 16"),
        ("columns/number", 1, 25_000_000, "number has texts of 25000000 bytes"),
    ],
)
def test_a_small_file_does_not_unpack_to_a_large_one(tmp_path, name, times, width, told):
    path, bomb = tmp_path / "a.h5", bytes(50_000_000)
    shards.write_images(path, np.ones((2, 2, 8, 8, 3), np.uint8), pd.DataFrame({"number": [0, 1]}), {})
    for _ in range(times):
        bomb = zlib.compress(bomb, 9)
    with h5py.File(path, "r+") as file:
        if name == "images":
            stored = deflated(file, name, h5py.h5t.NATIVE_UINT8, (2, 2, 8, 8, 3), (1, 1, 8, 8, 3), times)
            starts = [(row, frame, 0, 0, 0) for row in (0, 1) for frame in (0, 1)]
        else:
            dtype = h5py.h5t.py_create(np.dtype(np.int64 if width == 8 else f"S{width}"))
            stored, starts = deflated(file, name, dtype, (2,), (2,), times), [(0,)]
        for start in starts:
            stored.write_direct_chunk(start, bomb)
    program = (
        "import resource, sys; from mie_x_lib import shards; from mie_x_lib.errors import InputError\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: shards.verify(sys.argv[1])\n"
        "except InputError as error: print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000)\n"
    )
    found = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, capture_output=True, text=True, check=True)
    said, is_small = found.stdout.splitlines()
    assert re.search(rf"a\.h5: {told}", said)
    assert is_small == "True"


def test_a_file_is_written_image_by_image_of_which_there_may_be_fewer_than_was_thought(tmp_path):
    images, table = example(5)
    with shards.writing(tmp_path / "a.h5", images.shape[1:], most=9) as writer:
        for image in images:
            writer.add(image)
        writer.describe(table, {"seed": 1})
    shards.verify(tmp_path / "a.h5")
    np.testing.assert_array_equal(shards.read_images(tmp_path / "a.h5"), images)
    pd.testing.assert_frame_equal(shards.read_table(tmp_path / "a.h5"), table, check_dtype=False)
    assert shards.read_attributes(tmp_path / "a.h5")["seed"] == 1


def test_images_that_are_never_described_leave_no_file(tmp_path):
    def write() -> None:
        with shards.writing(tmp_path / "a.h5", (2, np.int64(8), np.int64(8), 3), most=3) as writer:
            writer.add(np.zeros((2, 8, 8, 3), np.uint8))

    with pytest.raises(ValueError, match="never described"):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("added", "described", "told"),
    [(3, 2, "3 images need as many table rows, not 2"), (4, 4, "3 images were to be written at most")],
)
def test_images_that_are_too_many_leave_no_file(tmp_path, added, described, told):
    images, table = example(5)

    def write() -> None:
        with shards.writing(tmp_path / "a.h5", images.shape[1:], most=3) as writer:
            for image in images[:added]:
                writer.add(image)
            writer.describe(table[:described], {})

    with pytest.raises(ValueError, match=told):
        write()
    assert list(tmp_path.iterdir()) == []
