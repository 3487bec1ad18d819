"""Do renders show the action units that were asked for, and the person?"""

import numpy as np

from mie_x_lib.terms import AU_NAMES

# Side in cells of the small grey picture by which people are told apart.
_CELLS = 16


def au_fidelity(
    wanted_onset: np.ndarray, wanted_apex: np.ndarray, measured_onset: np.ndarray, measured_apex: np.ndarray
) -> dict[str, float]:
    """Return the correlation between the AU change asked for and the one measured on the renders.

    All arrays (N, 17), intensities; change = apex minus onset. Keys: each AU (Pearson r; NaN where no change of it was
    asked for or none measured) and `au_fidelity`, the mean over those that are known.
    """
    wanted, measured = wanted_apex - wanted_onset, measured_apex - measured_onset
    found = {name: _pearson(wanted[:, unit], measured[:, unit]) for unit, name in enumerate(AU_NAMES)}
    known = [value for value in found.values() if not np.isnan(value)]
    return {"au_fidelity": float(np.mean(known)) if known else np.nan} | found


def au_strength(wanted: np.ndarray, measured: np.ndarray) -> float:
    """Return how strong the AU change measured is for the one asked for: 1 where as strong, 0 where nothing is left.

    Both (N, 17), change from onset to apex. The slope of a line through the origin, by least squares over all units;
    NaN where no change was asked for.
    """
    scale = float((wanted**2).sum())
    return float((wanted * measured).sum() / scale) if scale else np.nan


def _pearson(x: np.ndarray, y: np.ndarray) -> float:
    if len(x) == 0:
        return np.nan
    x, y = x - x.mean(), y - y.mean()
    scale = np.sqrt((x**2).sum() * (y**2).sum())
    return float((x * y).sum() / scale) if scale else np.nan


def identity_kept(pairs: np.ndarray, people: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Return the share of the frames of each pair that are nearest to the photograph that they were made from, (N,).

    pairs: (N, 2, H, W, 3) uint8. people: (N,) row of each pair's photograph in `faces` (K, H, W, 3) uint8. Nearest by
    correlation of small grey pictures (16 x 16 means), which needs no network trained on real faces; 1/K is chance.
    """
    frames = _small_grey(pairs.reshape(-1, *pairs.shape[2:]))
    nearest = (frames @ _small_grey(faces).T).argmax(axis=1)
    return (nearest.reshape(-1, 2) == people[:, None]).mean(axis=1)


def _small_grey(images: np.ndarray) -> np.ndarray:
    """Reduce images (N, H, W, 3) to standardised grey vectors (N, cells), whose product is their correlation."""
    grey = images.mean(axis=3, dtype=np.float32)
    for axis in (1, 2):
        edges = np.linspace(0, grey.shape[axis], _CELLS, endpoint=False).astype(int)
        grey = np.add.reduceat(grey, edges, axis) / np.diff(edges, append=grey.shape[axis]).reshape(
            (-1, 1) if axis == 1 else (1, -1)
        )
    vectors = grey.reshape(len(grey), grey.shape[1] * grey.shape[2])
    vectors = vectors - vectors.mean(axis=1, keepdims=True)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
