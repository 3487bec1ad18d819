import cv2
import numpy as np
import pytest

from mie_x_lib.frames.blur import blur


def test_blur_is_what_a_further_blur_leaves():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    measured = [blur(noise), *(blur(cv2.GaussianBlur(noise, (0, 0), spread)) for spread in (0.7, 1.5, 3))]
    assert measured == sorted(measured)
    assert measured[0] < 0.2
    assert measured[-1] > 0.4
    # Along one direction alone, and whatever the contrast.
    along = cv2.GaussianBlur(noise, (31, 1), 3)
    assert blur(along) == pytest.approx(blur(along.swapaxes(0, 1).copy()), abs=0.02)
    assert blur(along) > 0.4
    assert blur(100 + noise // 4) == pytest.approx(measured[0], abs=0.02)
    assert blur(np.full((8, 8, 3), 9, np.uint8)) == 1


def test_of_a_sharp_edge_a_further_blur_leaves_a_ninth():
    edges = np.zeros((64, 64, 3), np.uint8)
    edges[32:] += 90
    edges[:, 32:] += 90
    assert blur(edges) == pytest.approx(1 / 9)
