"""The table of UF1 and UAR, from the predictions of every test clip, and what else they tell."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mie_x_lib.files import write_csv, write_text
from mie_x_lib.tables.markup import latex_table, markdown_table
from mie_x_lib.tables.metrics import accuracy, confusion, uar, uf1
from mie_x_lib.tables.predictions import check_predictions, read_rows
from mie_x_lib.tables.significance import bootstrap_interval, contrast, holm, paired_test, resample, subject_confusions

# What says which row it is, in every table of rows.
_WHICH = ("table", "row", "classifier", "regime", "evaluation", "chosen_by")
COLUMNS = (
    *_WHICH,
    *("remark", "labels", "variant", "id_sources", "au_sources"),
    *("uf1_mean", "uf1_std", "uf1_low", "uf1_high", "uar_mean", "uar_std", "accuracy_mean", "accuracy_std"),
    *("seeds", "training_samples", "published_uf1", "published_std", "published_note"),
)
PUBLISHED_NOTE = "Branches on the real datasets (Liu et al., ECCV 2022): measured on other data than simulated ones"
# Of rows whose epoch was chosen by what tests them: an upper bound that no new clip would reach.
NOT_A_RESULT = "epoch chosen on the test fold: not a result"
GIVEN = "predictions of another program: what it was trained on is not known here"
_CHOICES = {"last_epoch": "", "held_out_subjects": "epoch chosen on held-out subjects", "test_fold": NOT_A_RESULT}
_METRICS = {"uf1": uf1, "uar": uar, "accuracy": accuracy}
# Of what is written of a summary; 2 of all else.
_DECIMALS = {"comparisons": {"difference": 2, "p": 4, "p_holm": 4}}


class Summary(NamedTuple):
    """The tables of some rows, not rounded: of `uf1_table`, `dataset_rows`, `confusion_rows` and `comparisons`."""

    table: pd.DataFrame
    datasets: pd.DataFrame
    confusions: pd.DataFrame
    comparisons: pd.DataFrame


def write_tables(
    rows: Sequence[Mapping], sizes: Mapping, outputs: Mapping[str, str | Path], folder: str | Path = "."
) -> Summary:
    """Sum up rows from the files of their predictions, and write all tables; equal predictions give equal bytes.

    rows: as of `summarise`, with `predictions`, the paths by seed, one a fold. sizes: arguments of `size_note`.
    outputs: where table, datasets, confusions, comparisons, markdown and latex go. folder: that of the workflow, from
    which rows name their files. Raises InputError as `uf1_row` and `predictions.read_rows` do.
    """
    summary = summarise(rows, read_rows(rows, folder))
    for name in Summary._fields:
        write_csv(getattr(summary, name).round(_DECIMALS.get(name, 2)), outputs[name])
    # Made of figures that are not rounded yet: 84.147 is 84.1, and 84.15 would be 84.2.
    texts, note = presented(summary.table), size_note(**sizes)
    write_text(markdown_table(texts, note), outputs["markdown"])
    write_text(latex_table(texts, note), outputs["latex"])
    return summary


def summarise(rows: Sequence[Mapping], predictions: Sequence[Sequence[pd.DataFrame]]) -> Summary:
    """Sum up rows.

    rows: what `uf1_table` needs to know of each, with `labels`, the names of the classes, and `predictions`, which tell
    networks apart. predictions: of each row, one table a seed, of all folds together, with the columns that `uf1_row`
    needs and training_samples. Raises InputError as `uf1_row` does.
    """
    both = list(zip(rows, predictions, strict=True))
    table = uf1_table(
        {**row, **uf1_row(seeds, len(row["labels"])), "training_samples": _training_samples(seeds[0])}
        for row, seeds in both
    )
    datasets = [_of_row(row, found) for row, seeds in both for found in dataset_rows(seeds, len(row["labels"]))]
    confusions = [_of_row(row, found) for row, seeds in both for found in confusion_rows(seeds, row["labels"])]
    return Summary(table, pd.DataFrame(datasets), pd.DataFrame(confusions), _compared(both))


def _training_samples(predictions: pd.DataFrame) -> int | None:
    """How many samples a network of the row learned from, as mean over the folds; None where nobody knows."""
    if "training_samples" not in predictions:
        return None
    return round(predictions.groupby("fold")["training_samples"].mean().mean())


def _of_row(row: Mapping, found: dict) -> dict:
    """What was found of a row, behind the columns that say which row it is."""
    return {name: row[name] for name in _WHICH} | found


def _compared(both: Sequence[tuple[Mapping, Sequence[pd.DataFrame]]]) -> pd.DataFrame:
    """`comparisons` of the rows of each evaluation and classifier, and with each of them of given predictions.

    Two rows of given predictions are compared once, as rows of the classifier `given`.
    """
    found = []
    for evaluation, classifier in dict.fromkeys((row["evaluation"], row["classifier"]) for row, _ in both):
        compared_with = (classifier, "given")
        same = [pair for pair in both if pair[0]["evaluation"] == evaluation and pair[0]["classifier"] in compared_with]
        names = row_names([row for row, _ in same])
        by_name = {name: seeds for name, (_, seeds) in zip(names, same, strict=True)}
        given = {name for name, (row, _) in zip(names, same, strict=True) if row["classifier"] != classifier}
        compared = comparisons(by_name, len(same[0][0]["labels"]), given)
        found.append(compared.assign(classifier=classifier, evaluation=evaluation))
    return pd.concat(found, ignore_index=True)


def uf1_row(predictions: Sequence[pd.DataFrame], classes: int = 3) -> dict[str, float | int]:
    """UF1, UAR and accuracy in percent, as mean and sample standard deviation over the seeds, and the number of seeds.

    predictions: one table a seed, of all folds together, with dataset, subject, clip, person, label, predicted. TP, FP
    and FN are summed over the folds before UF1 is formed. A single seed has no standard deviation (NaN). uf1_low and
    uf1_high bound the mean at 95 % over subjects (`significance.bootstrap_interval`; NaN of a single one).

    Raises InputError when a seed predicts a clip twice, or not the clips and labels of the first seed.
    """
    check_predictions(predictions)
    low, high = bootstrap_interval(subject_confusions(predictions, classes))
    interval = {"uf1_low": 100 * low, "uf1_high": 100 * high}
    return _over_seeds(predictions, classes) | interval | {"seeds": len(predictions)}


def dataset_rows(predictions: Sequence[pd.DataFrame], classes: int = 3) -> list[dict[str, object]]:
    """The figures of each dataset of the test clips, and last of `all`: clips, and metrics as `uf1_row`.

    Raises InputError as `uf1_row` does.
    """
    check_predictions(predictions)
    return [
        {"dataset": name, "clips": len(chosen[0])} | _over_seeds(chosen, classes)
        for name, chosen in _by_dataset(predictions)
    ]


def confusion_rows(predictions: Sequence[pd.DataFrame], labels: Sequence[str]) -> list[dict[str, str | float]]:
    """How often each label was taken for each, by dataset of the test clips, and last of `all`.

    labels: names of the classes. Returns one row a dataset, true label and predicted label, with columns dataset,
    label, predicted (names) and clips, the count as mean over the seeds. Raises InputError as `uf1_row` does.
    """
    check_predictions(predictions)
    rows = []
    for name, chosen in _by_dataset(predictions):
        counts = np.mean([confusion(table["label"], table["predicted"], len(labels)) for table in chosen], axis=0)
        rows += [
            {"dataset": name, "label": label, "predicted": predicted, "clips": clips}
            for label, of_label in zip(labels, counts.tolist(), strict=True)
            for predicted, clips in zip(labels, of_label, strict=True)
        ]
    return rows


def row_names(rows: Sequence[Mapping]) -> list[str]:
    """Return a name for each row; rows of the same networks share one, which joins what their tables call them.

    Rows of other networks have other names. rows: with table, row, regime, evaluation, chosen_by, and predictions,
    which tell networks apart.
    """
    evaluations = [row["evaluation"] for row in rows]
    networks = [str(row["predictions"]) for row in rows]
    full = [", ".join(described(row, evaluations)) for row in with_distinct_names(rows, networks)]
    joined = {
        own: " = ".join(dict.fromkeys(full[i] for i in range(len(rows)) if networks[i] == own)) for own in networks
    }
    return [joined[own] for own in networks]


def with_distinct_names(rows: Sequence[Mapping | pd.Series], networks: Sequence[str]) -> list[dict]:
    """The rows, with the table before the name of each whose description is also that of other networks.

    rows: as `described` takes them, with table. networks: of each row a text that no other networks have.
    """
    evaluations = [row["evaluation"] for row in rows]
    names = [", ".join(described(row, evaluations)) for row in rows]
    owners: dict[str, set[str]] = {}
    for name, own in zip(names, networks, strict=True):
        owners.setdefault(name, set()).add(own)
    return [
        {**row, "row": row["row"] if len(owners[name]) == 1 else f"{row['table']}: {row['row']}"}
        for name, row in zip(names, rows, strict=True)
    ]


def described(row: Mapping | pd.Series, evaluations: Iterable[str]) -> list[str]:
    """What a row is: its name and regime, its test set where `evaluations`, those of all rows, are several, and how its
    epoch was chosen where it is not the last.
    """
    evaluation = f"on {row['evaluation']}" if len(set(evaluations)) > 1 else ""
    special = [text for text in (evaluation, _CHOICES[row["chosen_by"]]) if text]
    return [row["row"], row["regime"].replace("_", " "), *special]


def comparisons(
    rows: Mapping[str, Sequence[pd.DataFrame]], classes: int = 3, apart: Collection[str] = ()
) -> pd.DataFrame:
    """Every two rows side by side: columns first, second, difference (of UF1, percent), p, p_holm.

    rows: predictions by the name of a row, all of the same clips. apart: rows that are not compared with each other.
    p as `significance.contrast`, over subjects and seeds, and between two rows of a single seed as
    `significance.paired_test`; empty between one seed and more, and of several seeds where a single subject is tested.
    p_holm corrects for the number of comparisons (Holm, "A simple sequentially rejective multiple test procedure",
    1979). Raises InputError as `uf1_row` does.
    """
    for predictions in rows.values():
        check_predictions(predictions)
    counts = {name: subject_confusions(predictions, classes) for name, predictions in rows.items()}
    drawn = {name: resample(table) for name, table in counts.items()}

    def p(first: str, second: str) -> float:
        # Rows of several trainings differ by the luck of these too; what a single one owes to luck, nobody knows.
        seeds = len(rows[first]), len(rows[second])
        if min(seeds) > 1:
            return contrast([drawn[first], drawn[second]], [1, -1]).p
        return paired_test(counts[first], counts[second]) if max(seeds) == 1 else math.nan

    scores = {name: 100 * row.scores.mean() for name, row in drawn.items()}
    found = [
        (first, second, scores[first] - scores[second], p(first, second))
        for first, second in combinations(rows, 2)
        if first not in apart or second not in apart
    ]
    table = pd.DataFrame(found, columns=["first", "second", "difference", "p"]).astype({"p": float})
    known = table["p"].notna()
    table["p_holm"] = np.nan
    table.loc[known, "p_holm"] = holm(table.loc[known, "p"].to_numpy())
    return table


def presented(table: pd.DataFrame) -> pd.DataFrame:
    """The table as a paper shows it: texts, a row a row and classifier; `table` as `uf1_table` makes it."""

    def figure(row: pd.Series, name: str) -> str:
        spread = "" if pd.isna(row[f"{name}_std"]) else f" ± {row[f'{name}_std']:.1f}"
        return "" if pd.isna(row[f"{name}_mean"]) else f"{row[f'{name}_mean']:.1f}{spread}"

    def interval(row: pd.Series) -> str:
        return "" if pd.isna(row["uf1_low"]) else f"{row['uf1_low']:.1f} to {row['uf1_high']:.1f}"

    named = table.rename(columns={"published_uf1": "published_mean"})
    # What is the same in every row is left out.
    special = {}
    if len(set(named["evaluation"])) > 1:
        special["Test set"] = named["evaluation"]
    if (named["remark"].fillna("") != "").any():
        special["Remark"] = named["remark"]
    return pd.DataFrame(
        {
            "Table": named["table"],
            "Row": named["row"],
            "Regime": named["regime"].str.replace("_", " "),
            **special,
            "Classifier": named["classifier"],
            "UF1": [figure(row, "uf1") for _, row in named.iterrows()],
            "95 % interval": [interval(row) for _, row in named.iterrows()],
            "UAR": [figure(row, "uar") for _, row in named.iterrows()],
            "Accuracy": [figure(row, "accuracy") for _, row in named.iterrows()],
            "Published UF1 (other data)": [figure(row, "published") for _, row in named.iterrows()],
        }
    )


def size_note(samples: int | None, samples_of: str) -> str:
    """The sentence below a table that says how large its synthetic training sets are; arguments of the config.

    samples: None where each variant of the table asks for a number of its own.
    """
    if samples is None:
        return "Synthetic training sets have as many samples as their variants ask for; training_samples has each."
    if samples_of == "au_source":
        return (
            f"Synthetic training sets have {samples} samples of each of their AU sources, as published: rows differ in "
            "how many samples they saw, too. A variant may ask for another number; training_samples has each."
        )
    return (
        f"Synthetic training sets have {samples} samples, however many AU sources they are of: equal sizes, a control "
        "that the paper has not. A variant may ask for another number; training_samples has each."
    )


def uf1_table(rows: Iterable[dict]) -> pd.DataFrame:
    """The table of all rows, in the order given, with the columns of `COLUMNS`.

    rows: for each what `uf1_row` returns, with table, row, classifier, regime, evaluation, chosen_by, variant,
    training_samples, labels, id_sources and au_sources (lists of names), and published_uf1 and published_std in percent
    where the paper gives them. A published figure is marked as measured by the authors on the real datasets, which
    simulated ones are not, and a figure whose epoch was chosen on the test fold as no result.
    """
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    for column in ("labels", "id_sources", "au_sources"):
        table[column] = table[column].map(" + ".join)
    table["remark"] = table["chosen_by"].map(_CHOICES).mask(table["regime"] == "given", GIVEN)
    table["published_note"] = np.where(table["published_uf1"].notna(), PUBLISHED_NOTE, "")
    numbers = [name for name in COLUMNS if name.startswith((*_METRICS, "published")) and name != "published_note"]
    return table.astype(dict.fromkeys(numbers, "float64"))


def _by_dataset(predictions: Sequence[pd.DataFrame]) -> Iterator[tuple[str, list[pd.DataFrame]]]:
    """The predictions of each dataset of the test clips, and last of `all`."""
    for name in sorted(predictions[0]["dataset"].astype(str).unique()):
        yield name, [table[table["dataset"] == name] for table in predictions]
    yield "all", list(predictions)


def _over_seeds(predictions: Sequence[pd.DataFrame], classes: int) -> dict[str, float]:
    """Mean and sample standard deviation of each metric over the seeds, percent."""
    counts = np.stack([confusion(table["label"], table["predicted"], classes) for table in predictions])
    found: dict[str, float] = {}
    for name, metric in _METRICS.items():
        values = pd.Series(100 * metric(counts))
        found |= {f"{name}_mean": float(values.mean()), f"{name}_std": float(values.std(ddof=1))}
    return found
