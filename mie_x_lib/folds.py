"""Subject-disjoint folds, and training sets that hold nothing of a fold's test subjects."""

import math
from collections.abc import Set

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from mie_x_lib.errors import InputError
from mie_x_lib.randomness import stable_hash
from mie_x_lib.terms import LABEL_NAMES

COLUMNS = ("dataset", "subject", "clip", "label", "fold")
TRAINING_COLUMNS = ("shard_path", "position", "sample", "label", "au_dataset", "au_subject")
_CLIP = ["dataset", "subject", "clip"]
_SUBJECT = ["dataset", "subject"]


def make_folds(clips: pd.DataFrame, n_folds: int, seed: int) -> pd.DataFrame:
    """Spread clips over folds so that no subject is in two, and labels are shared out as evenly as subjects allow.

    clips: one row a labelled clip, with dataset, subject, clip and label; equal subject names of two datasets are two
    people. Returns dataset, subject, clip, label and fold (0 .. n_folds - 1), whatever the order of `clips`.

    Raises InputError for a clip without a label or named twice, and when subjects or clips are too few for the folds.
    """
    clips = _checked(clips)
    groups = clips.groupby(_SUBJECT).ngroup()
    subjects, most = groups.nunique(), clips["label"].value_counts().max()
    if not 2 <= n_folds <= min(subjects, most):
        raise InputError(
            f"{n_folds} folds of {subjects} subjects with at most {most} clips of one label, expected 2 folds or more, "
            "and no more than either; change the number of folds"
        )
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=stable_hash("folds", seed) % 2**32)
    fold = np.empty(len(clips), np.int64)
    for number, (_, test) in enumerate(splitter.split(clips, clips["label"], groups)):
        fold[test] = number
    return clips.assign(fold=fold)


def leave_one_subject_out(clips: pd.DataFrame) -> pd.DataFrame:
    """One fold a subject, in the order of dataset and subject: the protocol of MEGC 2019. Otherwise as `make_folds`."""
    clips = _checked(clips)
    return clips.assign(fold=clips.groupby(_SUBJECT).ngroup())


def compose_training_set(
    index: pd.DataFrame, test_subjects: Set[tuple[str, str]], samples: int, seed: int
) -> pd.DataFrame:
    """Pick the samples of a variant of MiE-X that a fold may train on: always the same number, evenly shared out.

    index: all samples of the variant's shards, with shard_path, position (row in the shard), sample, label, au_source,
    au_dataset, au_subject. test_subjects: (dataset, subject) of the fold's test clips. Returns `samples` rows of
    shard_path, position, sample, label, au_dataset and au_subject, sorted by the first two. No row's AUs come from a
    test subject, and the counts of any two labels, and of any two AU sources, differ by one at most. Which of the
    samples are picked depends on the seed, their AU source and their number, so folds share what they may.

    Raises InputError, with the counts, when an AU source has too few samples of a label.
    """
    allowed = index[[subject not in test_subjects for subject in _pairs(index["au_dataset"], index["au_subject"])]]
    order = [stable_hash("pick", seed, *key) for key in _pairs(allowed["au_source"], allowed["sample"])]
    allowed = allowed.assign(order=order).sort_values(["order", "shard_path", "position"])
    picked = []
    for (au_source, label), quota in _quotas(sorted(set(index["au_source"])), samples).items():
        cell = allowed[(allowed["au_source"] == au_source) & (allowed["label"] == label)]
        if len(cell) < quota:
            made = ((index["au_source"] == au_source) & (index["label"] == label)).sum()
            raise InputError(
                f"AU source {au_source}: {len(cell)} samples of label {LABEL_NAMES[label]} for training ({made} made, "
                f"{made - len(cell)} with AUs of test subjects), expected {quota} as share of {samples} samples; "
                "render more identities or train on fewer samples"
            )
        picked.append(cell[:quota])
    return pd.concat(picked)[list(TRAINING_COLUMNS)].sort_values(["shard_path", "position"], ignore_index=True)


def _quotas(au_sources: list[str], samples: int) -> dict[tuple[str, int], int]:
    """Number of samples for each AU source and label, even for both: a remainder goes down the diagonals."""
    sources, labels = len(au_sources), len(LABEL_NAMES)
    quotas = {}
    for number in range(sources * labels):
        source = number % sources
        label = (number + number // math.lcm(sources, labels)) % labels
        quotas[au_sources[source], label] = samples // (sources * labels) + (number < samples % (sources * labels))
    return quotas


def _checked(clips: pd.DataFrame) -> pd.DataFrame:
    """Clips in an order of their own, with integer labels."""
    clips = clips[[*_CLIP, "label"]].sort_values(_CLIP, ignore_index=True)
    faults = (
        ("has no label", ~clips["label"].isin(range(len(LABEL_NAMES)))),
        ("stands there twice", clips.duplicated(_CLIP)),
    )
    for fault, rows in faults:
        if rows.any():
            name = "/".join(clips.loc[rows, _CLIP].iloc[0])
            raise InputError(
                f"evaluation clips: {name} {fault}, expected each clip once and with a label; correct the clips"
            )
    return clips.astype({"label": "int64"})


def _pairs(first: pd.Series, second: pd.Series) -> zip:
    return zip(first, second, strict=True)
