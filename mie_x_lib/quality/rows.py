"""What was measured of every pair, summed up by label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mie_x_lib.action_units.instruments import Comparison
from mie_x_lib.quality.distributions import (
    between_halves,
    effective_number,
    frechet,
    mean_pairwise_distance,
    wasserstein,
)
from mie_x_lib.quality.fidelity import au_fidelity, au_strength
from mie_x_lib.terms import APEX_AUS, AU_NAMES, LABEL_NAMES, ONSET_AUS

ALL = "all"
DISTANCES = ("au_wasserstein", "au_frechet", "motion_wasserstein", "motion_frechet")

# Figures of renders that are taken of drawn pictures too, and their columns there.
_DRAWN_FIGURES = ("au_fidelity", "au_strength", *AU_NAMES)
DRAWN_COLUMNS = ("pairs_drawn", *(f"{name}_drawn" for name in _DRAWN_FIGURES))


@dataclass(frozen=True)
class Rendered:
    """N renders, a pair of onset and apex each, of one identity source and one AU source.

    samples: N rows with label, identity, au_dataset, au_subject, au_clip. wanted, measured: (N, 2, 17) action units at
    onset and apex; measured NaN where no face was found. measures: N rows, a column each measure of a single pair
    (`pairs.pair_measures`). motion: (N, 16) as `motion.motion_grid` gives it.
    """

    samples: pd.DataFrame
    wanted: np.ndarray
    measured: np.ndarray
    measures: pd.DataFrame
    motion: np.ndarray

    @classmethod
    def together(cls, parts: Sequence["Rendered"]) -> "Rendered":
        """The renders of several shards, one behind the other."""
        return cls(
            samples=pd.concat([part.samples for part in parts], ignore_index=True),
            wanted=np.concatenate([part.wanted for part in parts]),
            measured=np.concatenate([part.measured for part in parts]),
            measures=pd.concat([part.measures for part in parts], ignore_index=True),
            motion=np.concatenate([part.motion for part in parts]),
        )

    def of_label(self, label: int) -> "Rendered":
        """The renders of one label."""
        rows = (self.samples["label"] == label).to_numpy()
        return Rendered(
            self.samples[rows], self.wanted[rows], self.measured[rows], self.measures[rows], self.motion[rows]
        )

    def action_units(self) -> pd.DataFrame:
        """The action units measured on each render, beside what it is of."""
        names = ["sample", "label", "identity", "au_dataset", "au_subject", "au_clip"]
        units = self.measured.reshape(len(self.samples), len(ONSET_AUS) + len(APEX_AUS))
        return self.samples[names].join(pd.DataFrame(units, columns=[*ONSET_AUS, *APEX_AUS], index=self.samples.index))


@dataclass(frozen=True)
class Real:
    """M real clips: labels (M,), people (M,) text, change of their action units (M, 17), motion (M, 16)."""

    labels: np.ndarray
    subjects: np.ndarray
    change: np.ndarray
    motion: np.ndarray


def quality_rows(rendered: Rendered, real: Real | None, sampled: int, comparison: Comparison) -> pd.DataFrame:
    """Return a row a label and one of `all`.

    real: the clips with which distributions are compared, label by label; in the row of `all` stand the means over the
    labels. None leaves the distances out (NaN). sampled: samples drawn for rendering, as many of each label;
    those in which nothing visible changed are not among the renders. comparison: of `instruments.compared`; what it
    does not allow is NaN, and each row has its remark.
    """
    rows: list[dict[str, object]] = []
    for label, name in enumerate(LABEL_NAMES):
        row = _row(rendered.of_label(label), sampled // len(LABEL_NAMES), comparison)
        rows.append({"label": name, **row, **_distances(rendered.of_label(label), real, label, comparison)})
    distances = pd.DataFrame(rows)[list(_distance_names())].mean().to_dict()
    return pd.DataFrame([*rows, {"label": ALL} | _row(rendered, sampled, comparison) | distances])


def drawn_rows(labels: np.ndarray, wanted: np.ndarray, measured: np.ndarray, has_strength: bool) -> pd.DataFrame:
    """Return a row a label and one of `all`, with label and `DRAWN_COLUMNS`: the figures of renders, of pictures drawn.

    labels: (N,). wanted, measured: (N, 2, 17) action units at onset and apex; measured NaN where no face was found.
    has_strength: whether the two are on one scale; without it au_strength is NaN.
    """
    found = ~np.isnan(measured).any(axis=(1, 2))
    rows = []
    for label, name in enumerate([*LABEL_NAMES, ALL]):
        chosen = found & ((labels == label) | (name == ALL))
        (onset, apex), (seen_onset, seen_apex) = (aus[chosen].swapaxes(0, 1) for aus in (wanted, measured))
        figures = au_fidelity(onset, apex, seen_onset, seen_apex)
        figures["au_strength"] = au_strength(apex - onset, seen_apex - seen_onset) if has_strength else np.nan
        rows.append((name, int(chosen.sum()), *(figures[name] for name in _DRAWN_FIGURES)))
    return pd.DataFrame(rows, columns=["label", *DRAWN_COLUMNS])


def with_drawn_figures(quality: pd.DataFrame, drawn: pd.DataFrame | None) -> pd.DataFrame:
    """Return rows of `quality_rows` with `DRAWN_COLUMNS`, of the same label; NaN where nobody can be drawn (None).

    The first of them stand behind au_strength, those of single units at the end.
    """
    empty = pd.DataFrame({"label": quality["label"]}).assign(**dict.fromkeys(DRAWN_COLUMNS, np.nan))
    both = quality.merge(empty if drawn is None else drawn, on="label", how="left", validate="one_to_one")
    place = list(quality).index("au_strength") + 1
    columns = [*quality.columns[:place], *DRAWN_COLUMNS[:3], *quality.columns[place:], *DRAWN_COLUMNS[3:]]
    return both[columns]


def _row(rendered: Rendered, sampled: int, comparison: Comparison) -> dict[str, object]:
    samples, found = rendered.samples, _found(rendered)
    wanted_change, change = (aus[found, 1] - aus[found, 0] for aus in (rendered.wanted, rendered.measured))
    clips = samples["au_dataset"] + "/" + samples["au_subject"] + "/" + samples["au_clip"]
    return {
        "sampled": sampled,
        "pairs": len(samples),
        "unchanged": sampled - len(samples),
        "unmeasured": int((~found).sum()) if comparison.measured_by else np.nan,
        "au_measured_by": comparison.measured_by,
        "au_remark": comparison.remark,
        **au_fidelity(
            *(rendered.wanted[found, frame] for frame in (0, 1)), *(rendered.measured[found, frame] for frame in (0, 1))
        ),
        "au_strength": au_strength(wanted_change, change) if comparison.strength else np.nan,
        **{str(name): value for name, value in rendered.measures.mean().items()},
        "identities": samples["identity"].nunique(),
        "clips": clips.nunique(),
        "effective_clips": effective_number(clips),
        "au_spread": mean_pairwise_distance(rendered.wanted[:, 1] - rendered.wanted[:, 0]),
    }


def _distances(rendered: Rendered, real: Real | None, label: int, comparison: Comparison) -> dict[str, float]:
    """Each distance to the real clips of the label, and with `_real` that between two halves of them."""
    if real is None:
        return dict.fromkeys(_distance_names(), np.nan)
    own, found = real.labels == label, _found(rendered)
    change, subjects = real.change[own], real.subjects[own]
    # Of no pair where another instrument measured the clips: a distance to nothing is NaN.
    made = (rendered.measured[:, 1] - rendered.measured[:, 0])[found & comparison.distance]
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
