"""What was measured of every pair, summed up by label."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mie_x_lib.quality.distributions import (
    between_halves,
    effective_number,
    frechet,
    mean_pairwise_distance,
    wasserstein,
)
from mie_x_lib.quality.fidelity import au_fidelity, au_strength
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES

ALL = "all"
# Of single pairs; a row has their means.
PAIR_MEASURES = (
    "identity_kept",
    *("change_mean", "change_p95", "changed_share", "border_change"),
    *("sharpness", "fine_detail", "checkerboard", "saturated"),
)
DISTANCES = ("au_wasserstein", "au_frechet", "motion_wasserstein", "motion_frechet")


@dataclass(frozen=True)
class Rendered:
    """The N pairs of one pair of sources.

    samples: N rows with label, identity, au_dataset, au_subject, au_clip. asked, measured: (N, 2, 17) action units at
    onset and apex; measured NaN where no face was found. pairs: N rows of `PAIR_MEASURES`. motion: (N, 16) as
    `motion.motion_grid` gives it.
    """

    samples: pd.DataFrame
    asked: np.ndarray
    measured: np.ndarray
    pairs: pd.DataFrame
    motion: np.ndarray

    def of_label(self, label: int) -> "Rendered":
        rows = (self.samples["label"] == label).to_numpy()
        return Rendered(self.samples[rows], self.asked[rows], self.measured[rows], self.pairs[rows], self.motion[rows])


@dataclass(frozen=True)
class Real:
    """M real clips: labels (M,), subjects (M,) text, change of their action units (M, 17), motion (M, 16)."""

    labels: np.ndarray
    subjects: np.ndarray
    change: np.ndarray
    motion: np.ndarray


def quality_rows(rendered: Rendered, real: Real | None, asked: int) -> pd.DataFrame:
    """Return a row a label and one of `all`, of the pairs of one pair of sources.

    real: the clips with which distributions are compared, label by label; in the row of `all` stand the means over the
    labels. None leaves the distances out (NaN). asked: pairs asked for, the same number of each label.
    """
    rows: list[dict[str, object]] = []
    for label, name in enumerate(LABEL_NAMES):
        row = _row(rendered.of_label(label), asked // len(LABEL_NAMES))
        rows.append({"label": name, **row, **_distances(rendered.of_label(label), real, label)})
    distances = pd.DataFrame(rows)[list(_distance_names())].mean().to_dict()
    return pd.DataFrame([*rows, {"label": ALL} | _row(rendered, asked) | distances])


def _row(rendered: Rendered, asked: int) -> dict[str, float]:
    samples, found = rendered.samples, _found(rendered)
    asked_change, change = (aus[found, 1] - aus[found, 0] for aus in (rendered.asked, rendered.measured))
    clips = samples["au_dataset"] + "/" + samples["au_subject"] + "/" + samples["au_clip"]
    return {
        "asked": asked,
        "pairs": len(samples),
        "unchanged": asked - len(samples),
        "unmeasured": int((~found).sum()),
        **au_fidelity(
            *(rendered.asked[found, frame] for frame in (0, 1)), *(rendered.measured[found, frame] for frame in (0, 1))
        ),
        "au_strength": au_strength(asked_change, change),
        **dict(zip(PAIR_MEASURES, rendered.pairs[list(PAIR_MEASURES)].mean(), strict=True)),
        "identities": samples["identity"].nunique(),
        "clips": clips.nunique(),
        "effective_clips": effective_number(clips),
        "au_spread": mean_pairwise_distance(rendered.asked[:, 1] - rendered.asked[:, 0]),
    }


def _distances(rendered: Rendered, real: Real | None, label: int) -> dict[str, float]:
    """Each distance to the real clips of the label, and with `_real` that between two halves of them."""
    if real is None:
        return dict.fromkeys(_distance_names(), np.nan)
    own, found = real.labels == label, _found(rendered)
    change, subjects = real.change[own], real.subjects[own]
    made = (rendered.measured[:, 1] - rendered.measured[:, 0])[found]
    length, moved = real.motion[own].mean(axis=1, keepdims=True), rendered.motion.mean(axis=1, keepdims=True)
    by_unit = wasserstein(made, change)

    def mean_wasserstein(first: np.ndarray, second: np.ndarray) -> float:
        return float(wasserstein(first, second).mean())

    values = (
        (mean_wasserstein, made, change),
        (frechet, made, change),
        (mean_wasserstein, moved, length),
        (frechet, rendered.motion, real.motion[own]),
    )
    row = {}
    for name, (distance, first, second) in zip(DISTANCES, values, strict=True):
        row[name] = distance(first, second)
        row[f"{name}_real"] = between_halves(second, subjects, distance)
    return row | {f"au_wasserstein_{unit}": value for unit, value in zip(AU_NAMES, by_unit, strict=True)}


def _distance_names() -> tuple[str, ...]:
    pairs = tuple(name for distance in DISTANCES for name in (distance, f"{distance}_real"))
    return pairs + tuple(f"au_wasserstein_{unit}" for unit in AU_NAMES)


def _found(rendered: Rendered) -> np.ndarray:
    """Which pairs have action units that could be measured in both frames: (N,) bool."""
    return ~np.isnan(rendered.measured).any(axis=(1, 2))
