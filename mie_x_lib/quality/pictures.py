"""What renders look like beside the photographs that they were made from: change, sharpness and artefacts."""

import numpy as np
import pandas as pd

from mie_x_lib.frames.blur import blur

# Period in pixels of the pattern that two transposed convolutions of stride two can leave.
_PERIOD = 4
# Frequencies in cycles a pixel, along either axis, where photographs have next to nothing.
_FINE = 0.375
# Width of the rim as a share of the side: no part of a centred face moves in it.
_RIM = 1 / 16


def change_measures(pairs: np.ndarray, visible: float) -> pd.DataFrame:
    """Return what changes from onset to apex, one row a pair.

    pairs: (N, 2, H, W, 3) uint8. The change of a pixel is that of the channel that changes most, in grey levels 0..255.
    Columns: change_mean and change_p95, mean and 95th percentile over the pixels; changed_share, the share of pixels
    that change by `visible` or more; border_change, the mean over the rim (1/16 of the side) of the picture, where a
    face does not move: noise, or a generator whose mask does not close.
    """
    difference = np.abs(pairs[:, 1].astype(np.int16) - pairs[:, 0])
    change = np.maximum(np.maximum(difference[..., 0], difference[..., 1]), difference[..., 2])
    pixels = change.reshape(len(pairs), change.shape[1] * change.shape[2])
    return pd.DataFrame(
        {
            "change_mean": pixels.mean(axis=1),
            "change_p95": np.percentile(pixels, 95, axis=1),
            "changed_share": (pixels >= visible).mean(axis=1),
            "border_change": change[:, _rim(*change.shape[1:])].mean(axis=1),
        }
    )


def picture_measures(pairs: np.ndarray, photographs: np.ndarray) -> pd.DataFrame:
    """Return sharpness and artefacts of renders, one row a pair: the mean of its two frames.

    pairs: (N, 2, H, W, 3) uint8, each made from one of the photographs (N, H, W, 3) uint8. Columns: sharpness,
    fine_detail, checkerboard and saturated, as the functions of these names (`MEASURES`) measure them.
    """
    return pd.DataFrame(
        {
            measure.__name__: (measure(pairs[:, 0], photographs) + measure(pairs[:, 1], photographs)) / 2
            for measure in MEASURES
        }
    )


def sharpness(frames: np.ndarray, photographs: np.ndarray) -> np.ndarray:
    """Return how sharp each frame is for its photograph: (N,), 1 where as sharp, 0 where nothing is left.

    Both (N, H, W, 3) uint8. The ratio of 1 - blur, after Crete et al. (`blur`): unlike the variance of the Laplacian it
    hardly rises with noise or contrast, which could make up for a blur.
    """
    kept = [(1 - blur(frame), 1 - blur(photograph)) for frame, photograph in zip(frames, photographs, strict=True)]
    return np.array([frame / max(photograph, 1e-9) for frame, photograph in kept])


def fine_detail(frames: np.ndarray, photographs: np.ndarray) -> np.ndarray:
    """Return the amplitude of the finest structures of each frame as a multiple of its photograph's: (N,).

    Both (N, H, W, 3) uint8. Root of the spectral energy above 0.375 cycles a pixel along either axis, of grey values
    under a Hann window. Generators that upsample give themselves away there (Durall, Keuper and Keuper, "Watch your
    Up-Convolution", CVPR 2020): above 1 for noise and checkerboards, below for blur.
    """
    return _fine_amplitude(frames) / np.maximum(_fine_amplitude(photographs), 1e-9)


def _fine_amplitude(images: np.ndarray) -> np.ndarray:
    grey = _grey(images)
    height, width = grey.shape[1:]
    window = np.hanning(height)[:, None] * np.hanning(width)
    spectrum = np.fft.rfft2((grey - grey.mean(axis=(1, 2), keepdims=True)) * window)
    fine = np.maximum(np.abs(np.fft.fftfreq(height))[:, None], np.fft.rfftfreq(width)) >= _FINE
    return np.sqrt((np.abs(spectrum[:, fine]) ** 2).sum(axis=1)) / (height * width)


def checkerboard(frames: np.ndarray, photographs: np.ndarray) -> np.ndarray:
    """Return the strength in grey levels of a pattern that repeats every 2 or 4 pixels: (N,).

    Both (N, H, W, 3) uint8. A transposed convolution treats the places of a pixel in its grid unequally (Odena,
    Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016). What a frame adds to its
    photograph is averaged over all pixels of the same place in a 4 x 4 grid, in which an expression averages out; the
    standard deviation over the 16 places is returned.
    """
    added = _grey(frames) - _grey(photographs)
    rows, columns = (side - side % _PERIOD for side in added.shape[1:])
    grid = added[:, :rows, :columns].reshape(len(added), rows // _PERIOD, _PERIOD, columns // _PERIOD, _PERIOD)
    return grid.mean(axis=(1, 3)).reshape(len(added), _PERIOD**2).std(axis=1)


def saturated(frames: np.ndarray, photographs: np.ndarray) -> np.ndarray:
    """Return the share of each frame's pixels with a channel at 0 or 255 that its photograph has not there: (N,)."""
    ends = ((frames == 0) | (frames == 255)) & (photographs > 0) & (photographs < 255)
    return ends.any(axis=3).mean(axis=(1, 2))


# Of one frame of each pair beside its photograph; every measure that stands here is taken, and is a column.
MEASURES = (sharpness, fine_detail, checkerboard, saturated)


def _grey(images: np.ndarray) -> np.ndarray:
    """Mean of the channels of (N, H, W, 3) uint8, float32: in this way, several times as fast as by `mean`."""
    return (images[..., 0].astype(np.float32) + images[..., 1] + images[..., 2]) / 3


def _rim(height: int, width: int) -> np.ndarray:
    rows, columns = max(round(_RIM * height), 1), max(round(_RIM * width), 1)
    rim = np.ones((height, width), bool)
    rim[rows:-rows, columns:-columns] = False
    return rim
