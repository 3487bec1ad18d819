import cv2
import numpy as np
import pytest

from mie_x_lib.frames.optical_flow import optical_flow
from mie_x_lib.quality.motion import GRID, motion_grid

SIZE = 64


@pytest.fixture(scope="module")
def onset():
    noise = np.random.default_rng(0).normal(size=(SIZE, SIZE))
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    grey = np.clip(128 + 40 * smooth / smooth.std(), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def shifted(picture, pixels):
    matrix = np.float32([[1, 0, pixels], [0, 1, 0]])
    return cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def test_what_does_not_move_has_no_motion(onset):
    # A thirtieth of a pixel is what the method itself leaves.
    assert motion_grid(np.stack([onset, onset])[None]).max() < 0.05


@pytest.mark.parametrize("pixels", [1, 2])
def test_motion_is_in_percent_of_the_side(onset, pixels):
    grid = motion_grid(np.stack([onset, shifted(onset, pixels)])[None])[0].reshape(GRID, GRID)
    assert grid[1:3, 1:3].mean() == pytest.approx(100 * pixels / SIZE, rel=0.15)


def test_motion_is_in_the_cell_that_moves(onset):
    apex = onset.copy()
    # The third cell of the last row: a mouth.
    apex[48:, 32:48] = shifted(onset, 2)[48:, 32:48]
    grid = motion_grid(np.stack([[onset, onset], [onset, apex]]))[1]
    assert grid.argmax() == 3 * GRID + 2
    assert grid[: 2 * GRID].max() < 0.2 * grid.max()


def test_the_motion_of_a_cell_is_the_mean_over_its_pixels(onset):
    apex = np.roll(onset, 2, axis=1)
    flow = optical_flow(onset[..., 0], apex[..., 0])
    length = 100 / SIZE * np.hypot(flow[..., 0], flow[..., 1])
    expected = length.reshape(GRID, SIZE // GRID, GRID, SIZE // GRID).mean(axis=(1, 3))
    np.testing.assert_allclose(motion_grid(np.stack([onset, apex])[None]), expected.reshape(1, -1), rtol=1e-4)


def test_no_pairs_have_no_motion():
    assert motion_grid(np.empty((0, 2, 16, 16, 3), np.uint8)).shape == (0, GRID**2)
