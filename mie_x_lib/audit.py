"""Does anything of a test subject reach the network that is tested on it? Apart from the code that keeps it away."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

_CLIP = ["dataset", "subject", "clip"]
_SUBJECT = ["dataset", "subject"]
# What a synthetic sample takes from a person: the columns of whose dataset and name, and how the report calls it.
_TAKEN = {"AU source": ("au_dataset", "au_subject"), "identity": ("id_dataset", "identity")}


def fold_leaks(folds: pd.DataFrame) -> list[str]:
    """Say of every subject that is in two folds, and every clip that is listed twice; folds as `folds.make_folds`."""
    spread = folds.groupby(_SUBJECT)["fold"].nunique()
    several = spread[spread > 1].reset_index().itertuples(index=False, name=None)
    leaks = [f"subject {dataset}/{subject} is in {count} folds" for dataset, subject, count in several]
    twice = folds[folds.duplicated(_CLIP)]
    return leaks + [f"clip {'/'.join(name)} is listed twice" for name in twice[_CLIP].itertuples(index=False)]


def training_leaks(
    folds: pd.DataFrame,
    fold: str,
    samples: pd.DataFrame,
    people: Mapping[str, str] | None = None,
    whole_datasets: bool = False,
) -> list[str]:
    """Say of every test subject of a fold whose action units or face a synthetic sample of its training set shows.

    fold: a number, or `all` for a network that is tested on every clip. samples: one row a sample, with au_dataset and
    au_subject, and id_dataset and identity, as its shard has them. people: the dataset whose people another one shows
    again, by name. whole_datasets: the fold holds out whole datasets; say also of their other subjects.
    """
    people = people or {}
    tested = folds if fold == "all" else folds[folds["fold"] == int(fold)]
    subjects = {(people.get(dataset, dataset), subject) for dataset, subject in _people(tested, _SUBJECT)}
    datasets = {dataset for dataset, _ in subjects} if whole_datasets else set()
    leaks = []
    for taken, columns in _TAKEN.items():
        for (dataset, subject), count in Counter(_people(samples, columns)).items():
            shown = people.get(dataset, dataset)
            if (shown, subject) in subjects:
                leaks.append(f"test subject {dataset}/{subject} is the {taken} of {count} samples")
            elif shown in datasets:
                leaks.append(f"{dataset}/{subject}, of a dataset that is held out, is the {taken} of {count} samples")
    return leaks


def _people(table: pd.DataFrame, columns: Sequence[str]) -> Iterable[tuple[str, str]]:
    """(dataset, name) of each row."""
    return table[list(columns)].astype(str).itertuples(index=False, name=None)


def trace(training_set: pd.DataFrame, shards: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of the shards that a training set points to: what its networks really saw.

    training_set: with shard_path and position. shards: table of each shard, by path, with id_dataset.
    """
    parts = [shards[str(path)].iloc[rows["position"].to_numpy()] for path, rows in training_set.groupby("shard_path")]
    return pd.concat(parts, ignore_index=True)


def audit_row(samples: pd.DataFrame, leaks: list[str]) -> dict[str, int | str]:
    """One line of the audit's report: how many samples and people were looked at, and what was found."""
    people = [len(samples[list(columns)].drop_duplicates()) for columns in _TAKEN.values()]
    found = dict(zip(("au_subjects", "identities"), np.array(people).tolist(), strict=True))
    return {"samples": len(samples)} | found | {"leaks": len(leaks), "found": "; ".join(leaks)}
