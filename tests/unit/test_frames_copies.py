import numpy as np
import pytest

from mie_x_lib.frames.copies import (
    THUMBNAIL_SIDE,
    fingerprint_table,
    first_copies,
    may_have_copies,
    read_with_originals,
)
from mie_x_lib.shards import write_images

CORRELATION = 0.993


def crowd(count, seed=0):
    """Thumbnails that look like nothing, each another."""
    draws = np.random.default_rng(seed)
    coarse = (
        draws.normal(120, 40, (count, THUMBNAIL_SIDE // 4, THUMBNAIL_SIDE // 4)).repeat(4, axis=1).repeat(4, axis=2)
    )
    fine = draws.normal(0, 10, (count, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3))
    return np.clip(coarse[..., None] + fine, 0, 255).astype(np.uint8)


def signatures(thumbnails):
    return np.ascontiguousarray(fingerprint_table(thumbnails).filter(like="signature")).view(np.uint16)


def copied(thumbnails, noise=1.0):
    draws = np.random.default_rng(1)
    return np.clip(0.9 * thumbnails + 8 + draws.normal(0, noise, thumbnails.shape), 0, 255).astype(np.uint8)


def compared_with_all(thumbnails):
    """What `first_copies` finds, by comparing every two."""
    grey = thumbnails @ np.array([0.299, 0.587, 0.114])
    ways = [np.corrcoef(way.reshape(len(grey), -1), grey.reshape(len(grey), -1)) for way in (grey, grey[:, :, ::-1])]
    alike = np.maximum(*(way[: len(grey), len(grey) :] for way in ways)) >= CORRELATION
    earlier = np.tril(alike, -1)
    return np.where(earlier.any(axis=1), earlier.argmax(axis=1), -1)


def test_copies_are_found_as_by_comparing_all():
    originals = crowd(120)
    mixed = [originals, copied(originals[::2]), copied(originals[5:50:3, :, ::-1]), copied(originals[::3], noise=3)]
    thumbnails = np.concatenate(mixed)[np.random.default_rng(2).permutation(sum(map(len, mixed)))]
    found = first_copies(thumbnails, np.arange(len(thumbnails)), CORRELATION)
    assert 80 < (found >= 0).sum() < 140
    np.testing.assert_array_equal(found, compared_with_all(thumbnails))


def test_some_are_asked_for_and_those_behind_them_do_not_count():
    originals = crowd(4)
    thumbnails = np.concatenate([originals, copied(originals)])
    assert first_copies(thumbnails, np.array([2, 6]), CORRELATION).tolist() == [-1, 2]
    assert first_copies(thumbnails, np.array([], int), CORRELATION).tolist() == []


def test_of_a_thousand_copies_each_has_the_first():
    thumbnails = np.repeat(crowd(1), 1000, axis=0)
    assert first_copies(thumbnails, np.arange(1000), CORRELATION).tolist() == [-1] + [0] * 999


def test_pictures_of_one_colour_are_no_copies():
    plain = np.full((3, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 3), 90, np.uint8)
    assert first_copies(plain, np.arange(3), CORRELATION).tolist() == [-1] * 3


@pytest.mark.parametrize("way", [1, -1])
def test_of_those_before_few_but_the_originals_are_read_again(way):
    known, others = crowd(2000), crowd(50, seed=3)
    asked = np.concatenate([others, copied(known[[7, 1900]])[:, :, ::way]])
    assert may_have_copies(fingerprint_table(known), asked, CORRELATION).tolist() == [7, 1900]
    assert len(may_have_copies(fingerprint_table(known[:0]), asked, CORRELATION)) == 0


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize("noise", [1, 3])
def test_all_originals_of_many_copies_are_read(noise, way):
    known = crowd(300)
    asked = copied(known, noise)[:, :, ::way]
    alike = (_correlations(known, asked[:, :, ::way]) >= CORRELATION).tolist()
    found = may_have_copies(fingerprint_table(known), asked, CORRELATION)
    assert set(np.flatnonzero(alike)) - set(found) == set()
    assert sum(alike) > 290


def _correlations(thumbnails, others):
    greys = [pictures @ np.array([0.299, 0.587, 0.114]) for pictures in (thumbnails, others)]
    return np.array([np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(*greys, strict=True)])


def test_at_the_highest_correlation_equal_photographs_are_found():
    thumbnails = np.concatenate([crowd(200)] * 2)
    assert first_copies(thumbnails, np.arange(200, 400), 1.0).tolist() == list(range(200))


def neighbours(thumbnail, correlation, count):
    """Thumbnails that correlate by so much with one."""
    grey = thumbnail.mean(axis=2).ravel()
    deviation, draws = grey - grey.mean(), np.random.default_rng(0)
    other = draws.standard_normal((count, len(grey)), np.float32)
    other -= other.mean(axis=1, keepdims=True)
    other -= np.outer(other @ deviation, deviation) / (deviation @ deviation)
    other *= np.linalg.norm(deviation) / np.linalg.norm(other, axis=1, keepdims=True)
    mixed = 125 + 0.5 * (correlation * deviation + np.sqrt(1 - correlation**2) * other)
    mixed = mixed.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE, 1).repeat(3, axis=3)
    return np.clip(mixed.round(), 0, 255).astype(np.uint8)


@pytest.mark.slow
def test_an_original_is_found_behind_any_number_of_others_that_share_its_cells(tmp_path):
    original = crowd(1)
    asked = copied(original)
    beside = neighbours(original[0], 0.93, 60_000)
    beside = beside[(signatures(beside) == signatures(asked)).any(axis=1)]
    assert len(beside) > 1000
    known = np.concatenate([beside, original])
    table = fingerprint_table(known).assign(number=range(len(known)))
    write_images(tmp_path / "known.h5", known, table, {})
    own = fingerprint_table(asked).assign(number=len(known))
    found, thumbnails = read_with_originals([tmp_path / "known.h5"], own, asked, CORRELATION)
    copy = first_copies(thumbnails, np.array([len(found) - 1]), CORRELATION)[0]
    assert copy >= 0
    assert found["number"].iloc[copy] == len(beside)
    assert len(found) < len(known) / 4


def test_a_signature_is_the_same_in_every_company():
    thumbnails = crowd(30)
    np.testing.assert_array_equal(signatures(thumbnails)[10:20], signatures(thumbnails[10:20]))
