"""Frames are put in the order in which a camera numbered them."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mie_x_lib.corpora.frame_folder import (
    credible,
    frame_files,
    frame_positions,
    in_order,
    list_folders,
    natural_key,
    neutral_to_peak,
)
from mie_x_lib.errors import InputError


def make_frames(folder, names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


@given(numbers=st.sets(st.integers(0, 10**8), min_size=1, max_size=9), seed=st.integers())
def test_natural_key_sorts_by_number_padded_or_not(numbers, seed):
    expected = [f"img{number:0{4 + number % 2}d}.jpg" for number in sorted(numbers)]
    shuffled = random.Random(seed).sample(expected, len(expected))
    assert sorted(shuffled, key=natural_key) == expected


@given(names=st.lists(st.text("aZ_0129²٣", max_size=5), max_size=6, unique=True))
def test_natural_key_orders_any_names_in_one_way(names):
    assert sorted(names, key=natural_key) == sorted(reversed(names), key=natural_key)


@given(names=st.lists(st.from_regex(r"[ab]?[0-9²٣]{1,3}[._][0-9]?", fullmatch=True), max_size=6, unique=True))
def test_names_are_in_the_order_of_their_keys_whether_they_are_one_series_or_not(names):
    assert in_order(names) == sorted(names, key=natural_key)


@given(numbers=st.sets(st.integers(0, 999), max_size=9))
def test_a_series_is_in_the_order_of_its_keys(numbers):
    names = [f"{number:03}.jpg" for number in numbers]
    assert in_order(names) == sorted(names, key=natural_key)


def test_frame_files_leave_out_what_is_no_frame(tmp_path):
    make_frames(tmp_path, ["img10.jpg", "img9.JPG", "Thumbs.db", "._img9.jpg", "notes.txt"])
    (tmp_path / "img1.jpg.d").mkdir()
    assert [path.name for path in frame_files(tmp_path)] == ["img9.JPG", "img10.jpg"]


def test_positions_follow_the_numbers_in_the_names(tmp_path):
    make_frames(tmp_path, ["reg_img66.jpg", "reg_img67.jpg", "reg_img70.jpg", "reg_img101.jpg"])
    numbers = {"onset": 66, "apex": None, "offset": 101}
    assert frame_positions(tmp_path, numbers, "sheet: row 2") == {"onset": 0, "apex": None, "offset": 3}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["img66.jpg", "img67.jpg"], r"^sheet: row 2: the onset is frame 68, but .* holds 2 frames from 66 to 67"),
        (["a_1.jpg", "b_01.jpg", "c68.jpg"], r"b_01\.jpg: expected a frame number of its own"),
        (["img68.jpg", "last.jpg"], r"last\.jpg: expected a frame number"),
        ([], "expected a folder of frames"),
    ],
)
def test_a_folder_that_does_not_hold_the_frame_is_an_error(tmp_path, names, message):
    with pytest.raises(InputError, match=message):
        frame_positions(
            make_frames(tmp_path / "clip", names), {"onset": 68, "apex": None, "offset": None}, "sheet: row 2"
        )


# Few, so that they meet.
NUMBER = st.none() | st.integers(0, 4)


@given(onset=NUMBER, apex=NUMBER, offset=NUMBER, frames=st.sets(st.integers(0, 4)))
@example(onset=1, apex=1, offset=1, frames={1})
@example(onset=3, apex=2, offset=4, frames={2, 3, 4})
def test_what_is_kept_of_an_annotation_is_in_order_and_on_disk(onset, apex, offset, frames):
    numbers = {"onset": onset, "apex": apex, "offset": offset}
    kept, remark = credible(numbers, frames.__contains__, "the frames", "sheet: row 2")
    order = [number for number in kept.values() if number is not None]
    assert order == sorted(order)
    assert {kept["apex"], kept["offset"]} <= frames | {None}
    assert kept["onset"] == onset
    dropped = [role for role in numbers if kept[role] != numbers[role]]
    assert bool(remark) == bool(dropped)
    assert all(role in remark["remark"] for role in dropped)
    for role in dropped:
        again = [number for number in (kept | {role: numbers[role]}).values() if number is not None]
        assert numbers[role] not in frames or again != sorted(again)


def test_positions_follow_the_last_number_where_a_name_has_several(tmp_path):
    make_frames(tmp_path, ["s5_1.jpg", "s5_5.jpg", "s5_6.jpg"])
    numbers = {"onset": 1, "apex": 5, "offset": 6}
    assert frame_positions(tmp_path, numbers, "sheet: row 2") == {"onset": 0, "apex": 1, "offset": 2}
    make_frames(tmp_path, ["s6_6.jpg"])
    with pytest.raises(InputError, match=r"s6_6\.jpg: expected a frame number of its own"):
        frame_positions(tmp_path, numbers, "sheet: row 2")


def test_of_an_apex_behind_the_offset_the_apex_is_dropped():
    kept, remark = credible({"onset": 2, "apex": 9, "offset": 5}, range(20).__contains__, "the frames", "sheet: row 2")
    assert kept == {"onset": 2, "apex": None, "offset": 5}
    assert "apex taken as not annotated" in remark["remark"]


def test_hidden_folders_and_files_are_no_folders_of_a_dataset(tmp_path):
    for name in ("s10", "s2", ".ipynb_checkpoints"):
        (tmp_path / name).mkdir()
    make_frames(tmp_path, ["1.png"])
    assert [path.name for path in list_folders(tmp_path)] == ["s2", "s10"]


def test_a_macro_expression_goes_from_its_first_frame_to_its_last(tmp_path):
    make_frames(tmp_path, ["1.png", "2.png", "4.png"])
    assert neutral_to_peak(tmp_path) == {"path": tmp_path, "onset": 0, "apex": 2, "offset": 2}
