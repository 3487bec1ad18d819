"""The table of UF1 and UAR, from the predictions of every test clip, and what else they tell."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.metrics import accuracy, confusion, uar, uf1
from mie_x_lib.significance import bootstrap_interval, paired_test, subject_confusions
from mie_x_lib.terms import LABEL_NAMES

COLUMNS = (
    "table",
    "row",
    "classifier",
    "regime",
    "variant",
    "id_sources",
    "au_sources",
    "uf1_mean",
    "uf1_std",
    "uf1_low",
    "uf1_high",
    "uar_mean",
    "uar_std",
    "accuracy_mean",
    "accuracy_std",
    "seeds",
    "training_samples",
    "published_uf1",
    "published_std",
    "published_note",
)
PUBLISHED_NOTE = "Branches on the real datasets (Liu et al., ECCV 2022): measured on other data than simulated ones"
CONFUSION_COLUMNS = tuple(f"{true}_as_{predicted}" for true in LABEL_NAMES for predicted in LABEL_NAMES)
_METRICS = {"uf1": uf1, "uar": uar, "accuracy": accuracy}
_CLIP = ["dataset", "subject", "clip"]


def uf1_row(predictions: Sequence[pd.DataFrame]) -> dict[str, float | int]:
    """UF1, UAR and accuracy in percent, as mean and sample standard deviation over the seeds, and the number of seeds.

    predictions: one table a seed, of all folds together, with columns dataset, subject, clip, label, predicted. TP, FP
    and FN are summed over the folds before UF1 is formed. A single seed has no standard deviation (NaN). uf1_low and
    uf1_high bound the mean at 95 % over subjects (`significance.bootstrap_interval`).

    Raises InputError when a seed predicts a clip twice, or not the clips and labels of the first seed.
    """
    check_predictions(predictions)
    low, high = bootstrap_interval(subject_confusions(predictions))
    return _over_seeds(predictions) | {"uf1_low": 100 * low, "uf1_high": 100 * high, "seeds": len(predictions)}


def dataset_rows(predictions: Sequence[pd.DataFrame]) -> list[dict[str, str | float | int]]:
    """The figures of each dataset of the test clips, and last of `all`: clips, metrics as `uf1_row`, confusion.

    The confusion counts, `<true label>_as_<predicted label>`, are means over the seeds.
    Raises InputError as `uf1_row` does.
    """
    check_predictions(predictions)
    rows = []
    for name in [*sorted(predictions[0]["dataset"].astype(str).unique()), "all"]:
        chosen = [table if name == "all" else table[table["dataset"] == name] for table in predictions]
        counts = np.mean([confusion(table["label"], table["predicted"]) for table in chosen], axis=0)
        described = {"dataset": name, "clips": len(chosen[0])} | _over_seeds(chosen)
        rows.append(described | dict(zip(CONFUSION_COLUMNS, counts.ravel(), strict=True)))
    return rows


def comparisons(rows: Mapping[str, Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Every two rows side by side: columns first, second, difference (of UF1, percent), p, p_holm.

    rows: predictions by the name of a row, all of the same clips and number of seeds. p as `significance.paired_test`;
    p_holm corrects for the number of comparisons (Holm, "A simple sequentially rejective multiple test procedure",
    1979). Raises InputError as `uf1_row` does.
    """
    for predictions in rows.values():
        check_predictions(predictions)
    counts = {name: subject_confusions(predictions) for name, predictions in rows.items()}
    scores = {name: 100 * uf1(table.sum(axis=0)).mean() for name, table in counts.items()}
    found = [
        (first, second, scores[first] - scores[second], paired_test(counts[first], counts[second]))
        for first, second in combinations(rows, 2)
    ]
    table = pd.DataFrame(found, columns=["first", "second", "difference", "p"])
    order = table["p"].to_numpy().argsort(kind="stable")
    remaining = np.arange(len(table), 0, -1)
    corrected = np.empty(len(table))
    corrected[order] = np.maximum.accumulate(np.minimum(table["p"].to_numpy()[order] * remaining, 1))
    return table.assign(p_holm=corrected).round({"difference": 2, "p": 4, "p_holm": 4})


def presented(table: pd.DataFrame) -> pd.DataFrame:
    """The table as a paper shows it: texts, a row a row and classifier; `table` as `uf1_table` makes it."""

    def figure(row: pd.Series, name: str) -> str:
        spread = "" if pd.isna(row[f"{name}_std"]) else f" ± {row[f'{name}_std']:.1f}"
        return "" if pd.isna(row[f"{name}_mean"]) else f"{row[f'{name}_mean']:.1f}{spread}"

    named = table.rename(columns={"published_uf1": "published_mean"})
    return pd.DataFrame(
        {
            "Table": named["table"],
            "Row": named["row"],
            "Regime": named["regime"].str.replace("_", " "),
            "Classifier": named["classifier"],
            "UF1": [figure(row, "uf1") for _, row in named.iterrows()],
            "95 % interval": [f"{row.uf1_low:.1f} to {row.uf1_high:.1f}" for row in named.itertuples()],
            "UAR": [figure(row, "uar") for _, row in named.iterrows()],
            "Accuracy": [figure(row, "accuracy") for _, row in named.iterrows()],
            "Published UF1 (other data)": [figure(row, "published") for _, row in named.iterrows()],
        }
    )


def markdown(texts: pd.DataFrame) -> str:
    """A table of texts in Markdown."""
    return texts.to_markdown(index=False, disable_numparse=True) + "\n"


def latex(texts: pd.DataFrame) -> str:
    """A table of texts in LaTeX, for the package booktabs; what LaTeX would read as a command is escaped."""
    escaped = texts.rename(columns=_escaped).map(_escaped)
    return escaped.style.hide(axis="index").to_latex(hrules=True, column_format="l" * texts.shape[1])


def _escaped(text: str) -> str:
    for plain, written in (("\\", r"\textbackslash "), *((sign, f"\\{sign}") for sign in "&%$#_{}")):
        text = str(text).replace(plain, written)
    return text.replace("±", r"$\pm$")


def uf1_table(rows: Iterable[dict]) -> pd.DataFrame:
    """The table of all rows, in the order given, with the columns of `COLUMNS`.

    rows: for each what `uf1_row` returns, with table, row, classifier, regime, variant, training_samples, id_sources
    and au_sources (lists of names), and published_uf1 and published_std in percent where the paper gives them.
    A published figure is marked as measured by the authors on the real datasets, which simulated ones are not.
    """
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    for column in ("id_sources", "au_sources"):
        table[column] = table[column].map(" + ".join)
    table["published_note"] = np.where(table["published_uf1"].notna(), PUBLISHED_NOTE, "")
    numbers = [name for name in COLUMNS if name.startswith((*_METRICS, "published")) and name != "published_note"]
    return table.astype(dict.fromkeys(numbers, "float64")).round(dict.fromkeys(numbers, 2))


def check_predictions(predictions: Sequence[pd.DataFrame]) -> None:
    """Raise InputError unless every seed predicts the same clips, each once."""
    if not predictions:
        raise InputError("no predictions, expected a table for at least one seed")
    clips = [_clips(table) for table in predictions]
    for number, found in enumerate(clips):
        repeated = found[found.duplicated(_CLIP)]
        if len(repeated):
            name = "/".join(repeated[_CLIP].iloc[0])
            raise InputError(f"predictions of seed {number + 1}: clip {name} twice, expected each test clip once")
        if not found.equals(clips[0]):
            raise InputError(
                f"predictions of seed {number + 1}: {len(found)} clips, expected the {len(clips[0])} clips and labels "
                "of the first seed; delete the predictions and let their rules make them again"
            )


def _over_seeds(predictions: Sequence[pd.DataFrame]) -> dict[str, float]:
    """Mean and sample standard deviation of each metric over the seeds, percent."""
    counts = np.stack([confusion(table["label"], table["predicted"]) for table in predictions])
    found = {}
    for name, metric in _METRICS.items():
        values = pd.Series(100 * metric(counts))
        found |= {f"{name}_mean": float(values.mean()), f"{name}_std": float(values.std(ddof=1))}
    return found


def _clips(predictions: pd.DataFrame) -> pd.DataFrame:
    """Clips and labels in one order, as plain text and integers."""
    clips = predictions[[*_CLIP, "label"]].astype(dict.fromkeys(_CLIP, "string") | {"label": "int64"})
    return clips.sort_values(_CLIP, ignore_index=True)
