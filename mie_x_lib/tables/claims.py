"""What the paper claims, asked of predictions, with verdicts by a rule that was fixed before any was seen.

A claim of kind `beats` says that one row of the table is better than each of some others. A comparison agrees where its
p, after Holm over all comparisons of the claim, is below 0.05 and the row is better, and contradicts where it is worse.
A claim of kind `grows` says that UF1 rises with a size. It agrees where the 95 % interval of the slope lies above 0,
and contradicts where it lies below. Everything else is undecided. Both p and intervals are over subjects and trainings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.tables.markup import escape_markdown, markdown_table
from mie_x_lib.tables.predictions import check_predictions
from mie_x_lib.tables.significance import contrast, holm, resample, subject_confusions

AGREES, CONTRADICTS, UNDECIDED = "agrees", "contradicts", "undecided"
ALPHA = 0.05
COLUMNS = ("claim", "classifier", "compared", "value", "low", "high", "p", "p_holm", "verdict", "remark")
# With fewer trainings of a network, a verdict says so.
ENOUGH_SEEDS = 5

# Predictions of a row of the table: one table a seed, of the same clips.
Predictions = Sequence[pd.DataFrame]


def slope_weights(sizes: Sequence[float]) -> np.ndarray:
    """Weights (n,) with which values at `sizes` sum to their least-squares slope for each doubling of the size."""
    doublings = np.log2(np.asarray(sizes, float))
    centred = doublings - doublings.mean()
    return centred / (centred**2).sum()


def judge(claim: Mapping, rows: Mapping[str, Mapping[str, Predictions]], classes: int = 3) -> pd.DataFrame:
    """One row a comparison, or a slope, of a claim and classifier, with `COLUMNS`; differences and slopes in points.

    claim: name, kind, and together and alone, or sizes, as the config has them. rows: predictions by classifier and
    name of the row. p and p_holm are missing for slopes. remark: says that few trainings stand behind a verdict.
    """
    found = []
    contrasts = _contrasts(claim)
    for classifier, predictions in rows.items():
        # A row may stand in several comparisons.
        names = dict.fromkeys(row for weights in contrasts.values() for row in weights)
        drawn = {row: resample(subject_confusions(predictions[row], classes)) for row in names}
        for compared, weights in contrasts.items():
            asked = contrast([drawn[row] for row in weights], list(weights.values()))
            seeds = min(len(predictions[row]) for row in weights)
            named = {"claim": claim["name"], "classifier": classifier, "compared": compared}
            found.append(named | asked._asdict() | {"remark": _remark(seeds)})
    table = pd.DataFrame(found).assign(p_holm=np.nan)
    if claim["kind"] == "beats":
        table["p_holm"] = holm(table["p"].to_numpy())
        is_certain = table["p_holm"] < ALPHA
    else:
        table["p"] = np.nan
        is_certain = (table["low"] > 0) | (table["high"] < 0)
    table["verdict"] = np.where(is_certain, np.where(table["value"] > 0, AGREES, CONTRADICTS), UNDECIDED)
    return table.assign(**{name: 100 * table[name] for name in ("value", "low", "high")})[list(COLUMNS)]


def _contrasts(claim: Mapping) -> dict[str, dict[str, float]]:
    """What a claim compares: by its name, the weights with which the UF1 of rows is summed up."""
    if claim["kind"] == "grows":
        weights = slope_weights(list(claim["sizes"].values()))
        return {claim["of"]: dict(zip(claim["sizes"], map(float, weights), strict=True))}
    return {row: {claim["together"]: 1.0, row: -1.0} for row in claim["alone"]}


def _remark(seeds: int) -> str:
    if seeds >= ENOUGH_SEEDS:
        return ""
    return f"few trainings: {seeds} of a network, where {ENOUGH_SEEDS} or more tell how much they differ by chance"


@dataclass(frozen=True)
class Network:
    """Networks of a row: their predictions, one table a seed, and their training sets, one a fold; clips have none."""

    row: str
    classifier: str
    predictions: Predictions
    training_sets: Sequence[pd.DataFrame]


def judge_all(
    claims: Sequence[Mapping], networks: Sequence[Network], classes: int = 3
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what `judge` finds of all claims, and `scores` with five columns more.

    samples, steps, epochs, distinct_samples and identities: what the networks were trained on and for how long, as mean
    over the folds. Raises InputError as `uf1.uf1_row` and `check_lengths` do.
    """
    rows: dict[str, dict[str, Predictions]] = {}
    for network in networks:
        check_predictions(network.predictions)
        rows.setdefault(network.classifier, {})[network.row] = network.predictions
    sizes = pd.DataFrame([_trained_on(network) for network in networks])
    for claim in claims:
        check_lengths(claim, sizes)
    judged = pd.concat([judge(claim, rows, classes) for claim in claims], ignore_index=True)
    return judged, scores(rows, classes).merge(sizes, on=["row", "classifier"])


def _trained_on(network: Network) -> dict[str, str | float]:
    folds = network.predictions[0].groupby("fold").first()
    distinct = [len(table[["shard_path", "position"]].drop_duplicates()) for table in network.training_sets]
    identities = [table["identity"].nunique() for table in network.training_sets]
    return {
        "row": network.row,
        "classifier": network.classifier,
        **{name: folds[f"training_{name}"].mean() for name in ("samples", "steps", "epochs")},
        "distinct_samples": pd.Series(distinct, dtype=float).mean(),
        "identities": pd.Series(identities, dtype=float).mean(),
    }


def check_lengths(claim: Mapping, trained: pd.DataFrame) -> None:
    """Refuse a claim whose networks were not trained for as long as each other.

    trained: row, classifier, steps and epochs of each network. Raises InputError where the steps of two rows of the
    claim differ by more than rounding to whole epochs explains, half an epoch of each row.
    """
    compared = [claim["together"], *claim["alone"]] if claim["kind"] == "beats" else list(claim["sizes"])
    for _, rows in (
        trained[trained["row"].isin(compared)].sort_values("steps", kind="stable").groupby("classifier", sort=False)
    ):
        for (_, short), (_, long) in combinations(rows.iterrows(), 2):
            rounding = sum(row["steps"] / row["epochs"] for row in (short, long)) / 2
            if long["steps"] - short["steps"] > rounding:
                raise InputError(
                    f"claim {claim['name']}: networks of row {short['row']} ({short['classifier']}) took "
                    f"{short['steps']:.0f} steps and those of row {long['row']} {long['steps']:.0f}, expected no more "
                    f"apart than the {rounding:.0f} that rounding to whole epochs explains; give their evaluation "
                    "steps, the length of all its trainings (evaluations.<name>.steps)"
                )


def verdict(comparisons: Iterable[str]) -> str:
    """The verdict of a claim from those of its comparisons: it contradicts where one does, and agrees where all do."""
    comparisons = list(comparisons)
    if CONTRADICTS in comparisons:
        return CONTRADICTS
    return AGREES if all(each == AGREES for each in comparisons) else UNDECIDED


def scores(rows: Mapping[str, Mapping[str, Predictions]], classes: int = 3) -> pd.DataFrame:
    """UF1 of each row and classifier in percent: columns row, classifier, uf1, low, high, seeds, subjects, clips."""
    found = []
    for classifier, predictions in rows.items():
        for row, tables in predictions.items():
            drawn = resample(subject_confusions(tables, classes))
            value, low, high, _ = (100 * bound for bound in contrast([drawn], [1]))
            subjects = tables[0]["person"].nunique()
            sizes = {"seeds": len(tables), "subjects": subjects, "clips": len(tables[0])}
            found.append({"row": row, "classifier": classifier, "uf1": value, "low": low, "high": high} | sizes)
    return pd.DataFrame(found)


def report(claims: Sequence[Mapping], judged: pd.DataFrame, scored: pd.DataFrame) -> str:
    """What came out, as Markdown: verdicts, figures, sizes and seeds.

    judged, scored: of `judge_all`.
    """
    sizes = scored.iloc[0]
    lines = [
        "# The paper's claims on these data",
        "",
        f"{sizes['clips']} test clips of {sizes['subjects']} subjects; {sizes['seeds']} trainings of each network.",
        "",
        *_sorted_by_verdict(claims, judged),
    ]
    for claim in claims:
        claimed, source = escape_markdown(claim["claim"]), escape_markdown(claim["source"])
        lines += ["", f"## {claim['name']}", "", f"{claimed} ({source})", ""]
        lines += [
            f"- {_sentence(claim, row, scored)}" for _, row in judged[judged["claim"] == claim["name"]].iterrows()
        ]
    lines += ["", "## The networks", "", markdown_table(_sizes(scored))]
    lines += [
        "Intervals and p are over subjects and trainings: both are drawn again with replacement. A comparison agrees",
        f"or contradicts where p, corrected for all comparisons of its claim (Holm), is below {ALPHA}; growth where",
        "the 95 % interval of its slope leaves out 0. Else it is undecided, which is not the same as no difference.",
    ]
    return "\n".join(lines) + "\n"


def _sorted_by_verdict(claims: Sequence[Mapping], judged: pd.DataFrame) -> list[str]:
    """One line a verdict that occurs: which claims, of which classifier."""
    found: dict[str, list[str]] = {AGREES: [], CONTRADICTS: [], UNDECIDED: []}
    for claim in claims:
        for classifier, rows in judged[judged["claim"] == claim["name"]].groupby("classifier", sort=False):
            found[verdict(rows["verdict"])].append(f"{claim['name']} ({escape_markdown(classifier)})")
    heads = {AGREES: "Agrees with the paper", CONTRADICTS: "Contradicts the paper", UNDECIDED: "Undecided"}
    return [f"- {heads[name]}: {', '.join(names)}." for name, names in found.items() if names]


def _sentence(claim: Mapping, row: pd.Series, scored: pd.DataFrame) -> str:
    uf1_of = scored[scored["classifier"] == row["classifier"]].set_index("row")["uf1"]
    remark = f" ({row['remark']}.)" if row["remark"] else ""
    interval = f"{row['value']:+.1f} points{_bounds(row, '95 % {:+.1f} to {:+.1f}')}"
    if claim["kind"] == "grows":
        values = ", ".join(f"{uf1_of[name]:.1f} at {size:g}" for name, size in claim["sizes"].items())
        growth = f"{values} {escape_markdown(claim['of'])}; {interval} with each doubling"
        return f"{escape_markdown(row['classifier'])}: {growth}: **{row['verdict']}**.{remark}"
    both = ", ".join(f"{escape_markdown(name)} {uf1_of[name]:.1f}" for name in (claim["together"], row["compared"]))
    p = "no p of a single subject" if pd.isna(row["p_holm"]) else f"p = {row['p_holm']:.4f} after Holm"
    return f"{escape_markdown(row['classifier'])}: {both}; {interval}, {p}: **{row['verdict']}**.{remark}"


def _sizes(scored: pd.DataFrame) -> pd.DataFrame:
    """The rows with their UF1 and with what they were trained on, as texts."""
    return pd.DataFrame(
        {
            "Trained on": scored["row"],
            "Classifier": scored["classifier"],
            "UF1": [f"{row['uf1']:.1f}{_bounds(row, '{:.1f} to {:.1f}')}" for _, row in scored.iterrows()],
            "Steps": scored["steps"].map("{:.0f}".format),
            "Samples": scored["samples"].map("{:.0f}".format),
            "Distinct": scored["distinct_samples"].map(_count),
            "Identities": scored["identities"].map(_count),
        }
    )


def _bounds(row: pd.Series, form: str) -> str:
    """An interval in brackets; nothing where there is none, of a single subject."""
    return "" if pd.isna(row["low"]) else f" ({form.format(row['low'], row['high'])})"


def _count(number: float) -> str:
    return "" if pd.isna(number) else f"{number:.0f}"
