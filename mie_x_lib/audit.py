"""Does anything of a test subject reach the network that is tested on it? Apart from the code that keeps it away."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

_CLIP = ["dataset", "subject", "clip"]
_SUBJECT = ["dataset", "subject"]
# What a synthetic sample takes from a person: the columns of whose dataset and name, and how the report calls it.
_TAKEN = {"AU source": ("au_dataset", "au_subject"), "identity": ("id_dataset", "identity")}


def fold_leaks(folds: pd.DataFrame) -> list[str]:
    """Say of every subject that is in two folds, and every clip that is listed twice; folds as `folds.make_folds`."""
    spread = folds.groupby(_SUBJECT)["fold"].nunique()
    leaks = [f"subject {'/'.join(name)} is in {count} folds" for name, count in spread[spread > 1].items()]
    twice = folds[folds.duplicated(_CLIP)]
    return leaks + [f"clip {'/'.join(name)} is listed twice" for name in twice[_CLIP].itertuples(index=False)]


def training_leaks(folds: pd.DataFrame, fold: str, samples: pd.DataFrame) -> list[str]:
    """Say of every test subject of a fold whose action units or face a synthetic sample of its training set shows.

    fold: a number, or `all` for a network that is tested on every clip. samples: one row a sample, with au_dataset and
    au_subject, and id_dataset and identity, as its shard has them.
    """
    tested = folds if fold == "all" else folds[folds["fold"] == int(fold)]
    subjects = set(tested[_SUBJECT].astype(str).itertuples(index=False, name=None))
    leaks = []
    for taken, columns in _TAKEN.items():
        counts = samples[list(columns)].astype(str).value_counts()
        leaks += [
            f"test subject {'/'.join(name)} is the {taken} of {count} samples"
            for name, count in counts.items()
            if name in subjects
        ]
    return leaks


def trace(training_set: pd.DataFrame, shards: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of the shards that a training set points to: what its networks really saw.

    training_set: with shard_path and position. shards: table of each shard, by path, with id_dataset.
    """
    parts = [shards[path].iloc[rows["position"].to_numpy()] for path, rows in training_set.groupby("shard_path")]
    return pd.concat(parts, ignore_index=True)


def audit_row(samples: pd.DataFrame, leaks: list[str]) -> dict[str, int | str]:
    """One line of the audit's report: how many samples and people were looked at, and what was found."""
    people = [len(samples[list(columns)].drop_duplicates()) for columns in _TAKEN.values()]
    found = dict(zip(("au_subjects", "identities"), np.array(people).tolist(), strict=True))
    return {"samples": len(samples)} | found | {"leaks": len(leaks), "found": "; ".join(leaks)}
