import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mie_x_lib.gallery.pictures import GREY, picture_text, sample_text
from mie_x_lib.gallery.samples import list_pairs, read_pairs, read_photographs, show_sample
from mie_x_lib.shards import write_images
from tests.drawn_faces import photographs
from tests.tiny_variant import write_variant


def decoded(text: str) -> np.ndarray:
    image = Image.open(io.BytesIO(base64.b64decode(text, validate=True)))
    assert image.format == "WEBP"
    return np.asarray(image.convert("RGB"), dtype=int)


@pytest.fixture
def sample():
    """Four frames of a drawn face, of which later ones brighten, darken, and jump from black to white."""
    (face,) = photographs(1, 64)
    frames = np.stack([face] * 4).astype(int)
    frames[1, 20:30, 20:40] += 3
    frames[2, 20:30, 20:40] -= 9
    frames[0, :4, :4], frames[3, :4, :4] = 0, 255
    return np.clip(frames, 0, 255).astype(np.uint8)


def test_the_onset_is_that_of_the_sample_within_the_loss_of_the_codec(sample):
    onset = decoded(sample_text(sample).split(" ")[0])
    assert onset.shape == (64, 64, 3)
    error = onset - sample[0]
    assert np.sqrt((error**2).mean()) < 5
    assert abs(error.mean()) < 1


def test_what_later_frames_add_to_the_onset_is_kept_without_loss(sample):
    strip = decoded(sample_text(sample).split(" ")[1]).reshape(3, 64, 64, 3)
    wanted = sample[1:].astype(int) - sample[0]
    assert wanted.max() == 255
    np.testing.assert_array_equal(strip - GREY, np.clip(wanted, -127, 127))


def test_two_frames_that_were_stored_one_by_one_would_move_where_nothing_moves(sample):
    """Why they are not: the loss of each is a movement of its own, as large as a micro-expression."""
    moved = sample[0].copy()
    moved[20:30, 20:40] += 3
    apart = decoded(picture_text(moved)) - decoded(picture_text(sample[0]))
    assert np.abs(apart[40:]).max() > 3
    strip = decoded(sample_text(np.stack([sample[0], moved])).split(" ")[1])
    assert (strip[40:] == GREY).all()


def test_equal_frames_give_equal_text(sample):
    assert sample_text(sample) == sample_text(sample.copy())


def test_a_sample_tells_its_frames_and_its_change(sample):
    look = show_sample(sample[:2])
    assert (look.text, look.frames) == (sample_text(sample[:2]), 2)
    change = np.abs(sample[1].astype(int) - sample[0]).max(axis=2)
    assert look.change == pytest.approx(change.mean())


def test_every_pair_of_every_shard_is_shown_once(tmp_path):
    paths, images = write_variant(tmp_path, frames=3)
    np.testing.assert_array_equal(np.stack(list(read_pairs(list_pairs(paths, None)))), images)
    few = list_pairs(paths, identities=1)
    assert few["sample"].tolist() == [0, 1, 2, 0, 1, 2]
    np.testing.assert_array_equal(np.stack(list(read_pairs(few))), images[[0, 1, 2, 6, 7, 8]])


def test_photographs_are_told_apart_by_their_source(tmp_path):
    paths = []
    for number, source in enumerate(("one", "other")):
        paths.append(tmp_path / f"{source}.h5")
        table = pd.DataFrame({"identity": ["a", "b"]})
        write_images(paths[-1], np.full((2, 8, 8, 3), number, np.uint8), table, {})
    found = read_photographs(paths, ["one", "other"])
    assert list(found) == [("one", "a"), ("one", "b"), ("other", "a"), ("other", "b")]
    assert [int(image.max()) for image in found.values()] == [0, 0, 1, 1]
