"""Is a generator worth rendering with? Some pairs tell, before there are many."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.randomness import stream
from mie_x_lib.terms import AU_NAMES

# Intensity of an active unit at the apex: 0.5 to 2 on OpenFace's scale of 0 to 5, that of a micro-expression.
_INTENSITY = (0.1, 0.4)
# Chance of a unit to be active: about four of the 17, as in the expressions of the expert table.
_ACTIVE = 0.25


class Threshold(NamedTuple):
    """least: whether a value has to reach the threshold, or else must not exceed it. meaning: of a value that fails."""

    least: bool
    meaning: str


MEASURES = {
    "au_fidelity": Threshold(True, "the action units that were asked for do not show"),
    "identity_kept": Threshold(True, "renders look like other people"),
    "sharpness": Threshold(True, "renders are blurred"),
    "change_p95": Threshold(True, "hardly anything changes from onset to apex"),
    "border_change": Threshold(False, "there is noise, or change where no face is"),
    "fine_detail": Threshold(False, "there is noise, or a pattern, that the photographs have not"),
    "checkerboard": Threshold(False, "there is a pattern of the upsampling"),
    "saturated": Threshold(False, "colours run into black or white"),
    "arithmetic_error": Threshold(False, "set render.precision to float32: bfloat16 blurs the change"),
}


def probe_action_units(count: int, seed: int, id_source: str) -> tuple[np.ndarray, np.ndarray]:
    """Return random action units at onset (all 0) and apex, two (count, 17) float32, as strong as micro-expressions.

    A unit is active with chance 1/4, one at least in each pair. Pair i is the same however many are asked for, and does
    not depend on any AU source.
    """
    apex = np.zeros((count, len(AU_NAMES)), np.float32)
    for number in range(count):
        random = stream("probe", seed, id_source, number)
        active = random.random(len(AU_NAMES)) < _ACTIVE
        active[random.integers(len(AU_NAMES))] = True
        apex[number] = np.where(active, random.uniform(*_INTENSITY, len(AU_NAMES)), 0)
    return np.zeros_like(apex), apex


def judge(values: Mapping[str, float], thresholds: Mapping[str, float | None]) -> pd.DataFrame:
    """Return a row a measure: measure, value, least, most (NaN where it has none), result (passed, failed or off).

    values and thresholds: of each of `MEASURES`; a threshold of None is switched off. What could not be measured (NaN)
    passes no threshold.
    """
    rows = []
    for measure, (least, _) in MEASURES.items():
        value, threshold = values[measure], thresholds[measure]
        if threshold is None:
            rows.append((measure, value, np.nan, np.nan, "off"))
        elif least:
            rows.append((measure, value, threshold, np.nan, "passed" if value >= threshold else "failed"))
        else:
            rows.append((measure, value, np.nan, threshold, "passed" if value <= threshold else "failed"))
    return pd.DataFrame(rows, columns=["measure", "value", "least", "most", "result"])


def summary(checks: pd.DataFrame) -> str:
    """Return each measure in words, with its value and its threshold. checks: of `judge`."""
    return "; ".join(
        f"{measure} {value:.3g} ({_expected(least, most) or 'off'})"
        for measure, value, least, most, _ in checks.itertuples(index=False, name=None)
    )


def refuse_failed(checks: pd.DataFrame, weights: str, id_source: str, count: int) -> None:
    """Raise InputError where a generator fails a check. checks: of `judge`, on `count` pairs of faces of a source."""
    if complaint(checks):
        raise InputError(
            f"{weights}, checked on {count} pairs of {id_source}: {complaint(checks)}; train the generator longer, "
            "give other weights in generator.weights, or change quality.thresholds (null switches one off); "
            "docs/quality.md says what each measure means"
        )


def complaint(checks: pd.DataFrame) -> str:
    """Return what fails, in words, with each value and its threshold; "" where nothing does. checks: of `judge`."""
    failed = checks[checks["result"] == "failed"]
    return "; ".join(
        f"{measure} is {value:.3g}, expected {_expected(least, most)} ({MEASURES[measure].meaning})"
        for measure, value, least, most, _ in failed.itertuples(index=False, name=None)
    )


def _expected(least: float, most: float) -> str:
    """A threshold in words; "" where there is none."""
    if np.isnan(least):
        return "" if np.isnan(most) else f"at most {most:g}"
    return f"at least {least:g}"
