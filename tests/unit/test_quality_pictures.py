"""Each measure moves the right way for a fault that was planted, and stays for the others."""

import cv2
import numpy as np
import pytest

from mie_x_lib.quality.pictures import (
    change_measures,
    checkerboard,
    fine_detail,
    picture_measures,
    saturated,
    sharpness,
)

SIZE = 64


@pytest.fixture(scope="module")
def photographs():
    """Pictures with the spectrum of photographs: the amplitude falls with the frequency."""
    random = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(SIZE)[:, None], np.fft.rfftfreq(SIZE))
    spectrum = np.fft.rfft2(random.normal(size=(8, 3, SIZE, SIZE))) / np.maximum(frequency, 1 / SIZE)
    pictures = np.fft.irfft2(spectrum).transpose(0, 2, 3, 1)
    return np.clip(128 + 40 * pictures / pictures.std(), 20, 235).astype(np.uint8)


def blurred(pictures, spread):
    return np.stack([cv2.GaussianBlur(picture, (0, 0), spread) for picture in pictures])


def noisy(pictures, spread):
    noise = np.random.default_rng(1).normal(0, spread, pictures.shape)
    return np.clip(np.rint(pictures + noise), 0, 255).astype(np.uint8)


def checkered(pictures, height, period):
    rows, columns = np.indices((SIZE, SIZE)) // (period // 2)
    pattern = np.where((rows + columns) % 2, height, -height)
    return np.clip(pictures.astype(int) + pattern[..., None], 0, 255).astype(np.uint8)


def wavy(pictures, frequency):
    """With waves of so many cycles a pixel from top to bottom."""
    wave = 10 * np.cos(2 * np.pi * frequency * np.arange(SIZE))[:, None, None]
    return np.clip(np.rint(pictures + wave), 0, 255).astype(np.uint8)


def smiling(pictures):
    """A smooth change in the middle of the face, as large as an expression's."""
    rows, columns = np.indices((SIZE, SIZE)) - SIZE / 2
    change = 30 * np.exp(-((rows - 12) ** 2 / 18 + columns**2 / 100))
    return np.clip(pictures + change[..., None], 0, 255).astype(np.uint8)


def test_the_photograph_itself_has_no_fault(photographs):
    measures = picture_measures(np.stack([photographs, photographs], axis=1), photographs)
    np.testing.assert_allclose(measures, [[1, 1, 0, 0]] * len(photographs), atol=1e-6)
    assert list(measures) == ["sharpness", "fine_detail", "checkerboard", "saturated"]


def test_sharpness_ranks_blurred_pictures(photographs):
    found = np.array([sharpness(blurred(photographs, spread), photographs) for spread in (0.5, 0.7, 1, 2, 4)])
    assert (np.diff(found, axis=0) < 0).all()
    assert (found < 1).all()
    assert (found[3] < 0.6).all()


def test_noise_does_not_make_up_for_a_blur(photographs):
    assert (sharpness(noisy(blurred(photographs, 2), 3), photographs) < 0.9).all()


def test_fine_detail_falls_with_blur_and_rises_with_noise_and_checkerboards(photographs):
    assert (fine_detail(blurred(photographs, 1), photographs) < 0.3).all()
    rising = np.array([fine_detail(noisy(photographs, spread), photographs) for spread in (5, 10, 20)])
    assert (np.diff(rising, axis=0) > 0).all()
    assert (rising[-1] > 1.3).all()
    assert (fine_detail(checkered(photographs, 20, 2), photographs) > 1.3).all()


def test_detail_is_fine_above_three_eighths_of_a_cycle_a_pixel_along_either_axis(photographs):
    assert fine_detail(wavy(photographs, 0.33), photographs).max() < 1.3
    assert fine_detail(wavy(photographs, 0.42), photographs).min() > 1.4
    assert fine_detail(wavy(photographs.swapaxes(1, 2), 0.42).swapaxes(1, 2), photographs).min() > 1.4


def test_opposite_borders_that_differ_are_no_fine_detail():
    """As they are to a transform without a window."""
    noise = np.random.default_rng(0).normal(0, 1, (SIZE, SIZE, 3))
    steep, level = np.linspace(20, 235, SIZE)[:, None] + noise, 128 + noise
    steep, level = (np.rint(picture).clip(0, 255).astype(np.uint8)[None] for picture in (steep, level))
    assert fine_detail(steep, level)[0] < 1.3


@pytest.mark.parametrize("period", [2, 4])
def test_a_checkerboard_has_its_height(photographs, period):
    # Where a channel meets neither 0 nor 255.
    np.testing.assert_allclose(checkerboard(checkered(photographs, 5, period), photographs), 5, rtol=1e-4)


def test_an_expression_noise_and_blur_are_no_checkerboard(photographs):
    for changed in (smiling(photographs), noisy(photographs, 5), blurred(photographs, 1)):
        assert checkerboard(changed, photographs).max() < 1


def test_colours_that_run_out_are_saturated_unless_the_photograph_is_there(photographs):
    white = photographs.copy()
    white[0, :16, :, 1] = 255
    white[1, 0, :16, 0] = 0
    found = saturated(white, photographs)
    assert found[0] == 1 / 4
    assert found[1] == 16 / SIZE**2
    assert not found[2:].any()
    assert not saturated(white, white).any()


def test_colours_next_to_the_ends_are_not_saturated(photographs):
    near = photographs.copy()
    near[:, :8], near[:, 8:16] = 1, 254
    assert not saturated(near, photographs).any()


def test_measures_are_means_over_both_frames(photographs):
    pairs = np.stack([photographs, checkered(photographs, 5, 4)], axis=1)
    np.testing.assert_allclose(picture_measures(pairs, photographs)["checkerboard"], 2.5, rtol=1e-4)


def test_change_in_grey_levels():
    pairs = np.full((2, 2, 32, 32, 3), 100, np.uint8)
    pairs[1, 1, 8:16, :, 2] = 110
    pairs[1, 1, 8:16, :, 0] = 93
    still, moved = change_measures(pairs, visible=4).to_dict("records")
    assert still == {"change_mean": 0, "change_p95": 0, "changed_share": 0, "border_change": 0}
    assert moved["change_mean"] == 2.5
    assert moved["change_p95"] == 10
    assert moved["changed_share"] == 0.25
    # The rim is two pixels wide: 8 * 4 of its 240 pixels change by 10.
    assert moved["border_change"] == pytest.approx(10 * 32 / 240)
    assert change_measures(pairs, visible=10)["changed_share"].tolist() == [0, 0.25]
    assert change_measures(pairs, visible=11)["changed_share"].tolist() == [0, 0]


def test_a_twentieth_of_the_pixels_change_by_more_than_change_p95():
    pairs, change = np.zeros((1, 2, 20, 20, 3), np.uint8), np.arange(400) // 2
    pairs[0, 1, :, :, 0] = change.reshape(20, 20)
    assert change_measures(pairs, visible=4)["change_p95"].tolist() == [np.percentile(change, 95)]


def test_noise_shows_at_the_border_and_an_expression_does_not(photographs):
    smile = np.stack([photographs, smiling(photographs)], axis=1)
    noise = np.stack([photographs, noisy(photographs, 5)], axis=1)
    assert (change_measures(smile, 4)["border_change"] < 0.5).all()
    assert (change_measures(noise, 4)["border_change"] > 3).all()


def test_no_pairs_have_no_rows(photographs):
    nothing = np.empty((0, 2, SIZE, SIZE, 3), np.uint8)
    assert change_measures(nothing, 4).shape == (0, 4)
    assert picture_measures(nothing, photographs[:0]).shape == (0, 4)
