"""What grows with the data does no more work than they are more: counted in calls of functions, never in seconds."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mie_x_lib import shards, significance
from mie_x_lib.errors import InputError


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
    check = shards._check
    monkeypatch.setattr(shards, "_check", lambda file, path: checked.append(path) or check(file, path))
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
