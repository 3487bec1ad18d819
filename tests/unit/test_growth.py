"""What grows with the data does no more work than they are more: counted in calls of functions, never in seconds."""

import os
import sys
import tracemalloc
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from mie_x_lib import shards, triplets
from mie_x_lib.audit.leaks import shown_by_samples
from mie_x_lib.audit.register import register
from mie_x_lib.corpora import list_clips
from mie_x_lib.errors import InputError
from mie_x_lib.exports import samples
from mie_x_lib.frames import copies, extraction, spotting
from mie_x_lib.frames.decode import read_frames
from mie_x_lib.people import People, find_links
from mie_x_lib.settings.frames import FrameSettings
from mie_x_lib.tables import significance
from mie_x_lib.terms import APEX_AUS, ONSET_AUS
from tests.people import entry
from tests.pools import pool


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, and generators resumed, while something runs."""
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def most_memory(work: Callable[[], object]) -> int:
    """The most bytes that something holds at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def predictions(subjects, clips=4):
    """Predictions of some subjects."""
    draws, count = np.random.default_rng(0), subjects * clips
    people = [f"samm/{number // clips:04}" for number in range(count)]
    return pd.DataFrame(
        {"person": people, "label": draws.integers(0, 3, count), "predicted": draws.integers(0, 3, count)}
    )


def test_subjects_are_counted_together():
    few, many = (calls(partial(significance.subject_confusions, [predictions(count)])) for count in (20, 200))
    assert many < 2 * few


def test_rows_are_compared_by_one_drawing(monkeypatch):
    drawn = []
    monkeypatch.setattr(significance, "stream", lambda *key, made=significance.stream: drawn.append(key) or made(*key))
    significance._swaps.cache_clear()
    counts = [significance.subject_confusions([predictions(30).sample(frac=1, random_state=n)]) for n in range(3)]
    p = [significance.paired_test(counts[0], other) for other in counts]
    assert (drawn, p) == ([("paired test", 0)], [1.0, 1.0, 1.0])


@pytest.mark.parametrize("most", [2, 1000])
def test_totals_are_those_of_whole_numbers(most):
    draws = np.random.default_rng(0)
    times, counts = draws.integers(0, most, (50, 40)), draws.integers(0, most, (40, 3, 2))
    found = significance.totals(times, counts)
    assert found.dtype == float
    np.testing.assert_array_equal(found, np.tensordot(times, counts, axes=1))


@pytest.fixture
def files(tmp_path):
    """Three image files, one image each."""
    paths = [str(tmp_path / f"{number}.h5") for number in range(3)]
    for number, path in enumerate(paths):
        shards.write_images(path, np.full((1, 8, 8, 3), number, np.uint8), pd.DataFrame({"n": [number]}), {})
    return paths


def test_a_file_that_is_opened_again_is_checked_once(files, monkeypatch):
    checked = []
    check = shards.checks._check
    monkeypatch.setattr(shards.checks, "_check", lambda file, path: checked.append(path) or check(file, path))
    reader = shards.ImageReader(most=1)
    assert [reader.read(path)[0, 0, 0, 0] for path in files * 4] == [0, 1, 2] * 4
    assert checked == files


def test_another_file_in_the_place_of_one_is_checked(files, tmp_path):
    reader = shards.ImageReader(most=1)
    for path in files:
        reader.read(path)
    (tmp_path / "other").write_bytes(b"no image file")
    (tmp_path / "other").replace(files[0])
    with pytest.raises(InputError, match="not a whole image file"):
        reader.read(files[0])
    Path(files[1]).unlink()
    with pytest.raises(InputError, match="no such file"):
        reader.read(files[1])


@pytest.fixture
def folders(tmp_path):
    """Folders of few and of many frames, by the bits of a channel."""
    found = {}
    for kind in (np.uint8, np.uint16):
        for count in (20, 400):
            folder = tmp_path / f"{np.dtype(kind)}_{count}"
            folder.mkdir()
            for frame in range(count):
                cv2.imwrite(str(folder / f"{frame}.png"), np.full((4, 4, 3), np.iinfo(kind).max // 2, kind))
            found.setdefault(np.dtype(kind).name, []).append(folder)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("bits", ["uint8", "uint16"])
def test_a_frame_takes_no_look_at_all_others(folders, bits):
    """Neither at those that are held, nor at the files of all for the factor of 16 bits."""
    few, many = (calls(lambda folder=folder: list(read_frames(folder))) for folder in folders[bits])
    assert many < 25 * few


@pytest.mark.slow
def test_of_a_long_clip_few_frames_are_held_to_spot_its_apex():
    crop = np.random.default_rng(0).integers(0, 256, (spotting.SPOTTING_SIDE, spotting.SPOTTING_SIDE, 3), np.uint8)
    spotting.face_difference([crop] * 2)
    few, many = (most_memory(partial(spotting.face_difference, [crop] * count)) for count in (200, 800))
    assert many < 1.5 * few


@pytest.mark.slow
def test_samples_of_an_export_are_described_few_at_a_time(monkeypatch):
    monkeypatch.setattr(samples, "_AT_A_TIME", 50, raising=False)

    def table(count):
        units = dict.fromkeys([*ONSET_AUS, *APEX_AUS], np.float32(0.1))
        texts = dict.fromkeys(["name", "label_name", *samples.TEXTS], "x")
        return pd.DataFrame({"sample": range(count), "label": 0}).assign(**texts, **units)

    assert [row["sample"] for row in samples.descriptions(table(120))] == list(range(120))
    few, many = (most_memory(partial(deque, samples.descriptions(table(count)), 0)) for count in (100, 1600))
    assert many < 4 * few


def test_of_the_samples_of_a_fold_the_audit_keeps_whom_they_show_alone():
    names = ["au_dataset", "au_subject", "id_dataset", "identity"]
    few, many = (pd.DataFrame([("samm", "006", "celeba", "1")] * count, columns=names) for count in (2, 500))
    assert len(shown_by_samples(few)) == len(shown_by_samples(many)) == 2


def test_photographs_that_may_have_copies_are_told_without_a_copy_of_all_signatures():
    draws = np.random.default_rng(0)
    side, few, many = copies.THUMBNAIL_SIDE, 20_000, 100_000
    asked = draws.integers(0, 256, (10, side, side, 3), np.uint8)
    known = copies.fingerprint_table(asked).sample(many, replace=True, random_state=0, ignore_index=True)
    copies.may_have_copies(known, asked, 0.993)
    small, large = (most_memory(partial(copies.may_have_copies, known[:count], asked, 0.993)) for count in (few, many))
    # What is known of a photograph has 96 bytes, a column of it 8.
    assert large - small < 2.5 * 8 * (many - few)


def test_a_pool_is_not_looked_through_for_each_draw(monkeypatch):
    source = pool([("samm", str(n), "a") for n in range(9)], np.arange(9) % 3, np.full(9, 0.5))
    looks = []
    monkeypatch.setattr(np, "flatnonzero", lambda values, made=np.flatnonzero: looks.append(values) or made(values))
    assert len(triplets.draw(source, "z", 0, 100, 0)) == 300
    assert len(looks) == 3


def test_a_folder_of_frames_is_listed_as_often_for_many_clips_as_for_few(tmp_path, monkeypatch):
    (tmp_path / "film").mkdir()
    for frame in range(3):
        cv2.imwrite(str(tmp_path / f"film/{frame}.png"), np.zeros((4, 4, 3), np.uint8))
    listed = []
    monkeypatch.setattr(os, "scandir", lambda path=".", made=os.scandir: listed.append(os.fspath(path)) or made(path))

    def looks(clips):
        rows = "".join(f"c{number},s,fear,film\n" for number in range(clips))
        (tmp_path / "clips.csv").write_text(f"clip,subject,emotion,path\n{rows}")
        listed.clear()
        assert len(list_clips("videos", tmp_path, "mine")) == clips
        return listed.count(str(tmp_path / "film"))

    assert looks(2) == looks(20)


def test_crops_are_not_held_twice(monkeypatch):
    crops = [np.zeros((64, 64, 3), np.uint8) for _ in range(200)]
    frames = [(frame, "frame") for frame in range(len(crops))]
    cut = extraction.Cut({"onset": 0, "apex": None, "apex_from": "", "problem": ""}, frames=frames, crops=crops)
    monkeypatch.setattr(extraction, "_cut_all", lambda *_: [cut])
    clips = pd.DataFrame({"dataset": ["mine"], "subject": "s", "clip": "c", "emotion": "", "label": -1})
    work = partial(extraction.extract_clips, clips, "training", FrameSettings(size=64))
    assert len(work().images) == len(crops)
    assert most_memory(work) < sum(crop.nbytes for crop in crops) / 4


def chain(count):
    """Clips of a person of many names, of which every two that follow each other share a video."""
    pairs = [(f"s{number + other:04}", f"/mine/{number}.mp4") for number in range(count) for other in (1, 0)]
    return pd.DataFrame(reversed(pairs), columns=["subject", "path"], dtype="string").assign(dataset="mine")


def album(count):
    """A folder that is a clip, and photographs in it that are listed as many people."""
    listed = [("film", "/mine/film"), *((f"p{number:04}", f"/mine/film/{number}.png") for number in range(count))]
    return pd.DataFrame(listed, columns=["subject", "path"], dtype="string").assign(dataset="mine")


@pytest.mark.parametrize("clips", [chain, album])
def test_names_of_one_person_are_not_joined_two_by_two(clips):
    said = {"mine": entry(layout="videos", root="/mine")}
    few, many = (calls(partial(register, table, table, said)) for table in (clips(30), clips(300)))
    assert many < 12 * few
    table = clips(300)
    assert set(register(table, table, said).persons.values()) == {0}
    people = People(find_links(table, table, "itself", False))
    assert set(people.persons(table["dataset"], table["subject"])) == {f"mine/{table['subject'].min()}"}
