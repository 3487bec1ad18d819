"""Subject-disjoint folds, and training sets that hold nothing of a fold's test subjects."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from mie_x_lib.errors import InputError
from mie_x_lib.randomness import stable_hash
from mie_x_lib.terms import SAMPLES_PER_IDENTITY

COLUMNS = ("dataset", "subject", "clip", "emotion", "label", "fold")
TRAINING_COLUMNS = ("shard_path", "position", "sample", "label", "au_dataset", "au_subject", "identity")
_CLIP = ["dataset", "subject", "clip"]
_SUBJECT = ["dataset", "subject"]

# The classes of an evaluation in their order, each with its emotions; a label is the number of a class.
LabelSet = Mapping[str, Sequence[str]]


def emotion_labels(label_set: LabelSet) -> dict[str, int]:
    """The label of every emotion that a class has; emotions of no class are absent."""
    return {emotion: label for label, emotions in enumerate(label_set.values()) for emotion in emotions}


def label_clips(clips: pd.DataFrame, label_set: LabelSet) -> pd.DataFrame:
    """The clips whose emotion a class has: dataset, subject, clip, emotion and label, sorted by the first three.

    clips: one row a clip, with at least the first four; an emotion may be empty.
    Raises InputError for a clip named twice, and for a class without a clip.
    """
    clips = clips[[*_CLIP, "emotion"]].sort_values(_CLIP, ignore_index=True)
    repeated = clips[clips.duplicated(_CLIP)]
    if len(repeated):
        name = "/".join(repeated[_CLIP].iloc[0])
        raise InputError(f"evaluation clips: {name} stands there twice, expected each clip once; correct the clips")
    label = clips["emotion"].map(emotion_labels(label_set))
    for number, name in enumerate(label_set):
        if not (label == number).any():
            there = ", ".join(sorted(set(clips["emotion"].dropna()) - {""})) or "none"
            raise InputError(
                f"evaluation clips: none of class {name}, whose emotions are {', '.join(label_set[name])}; the clips "
                f"have {there}; leave the class out of evaluations.*.labels, or name emotions that there are"
            )
    return clips.assign(label=label)[label.notna()].astype({"label": "int64"}).reset_index(drop=True)


def make_folds(clips: pd.DataFrame, n_folds: int, seed: int) -> pd.DataFrame:
    """Spread clips over folds so that no subject is in two, and labels are shared out as evenly as subjects allow.

    clips: as `label_clips` returns them; equal subject names of two datasets are two people. Returns them with their
    fold, 0 .. n_folds - 1. Raises InputError when subjects or clips are too few for the folds.
    """
    groups = clips.groupby(_SUBJECT).ngroup()
    subjects, most = groups.nunique(), clips["label"].value_counts().max()
    if not 2 <= n_folds <= min(subjects, most):
        raise InputError(
            f"{n_folds} folds of {subjects} subjects with at most {most} clips of one label, expected 2 folds or more, "
            "and no more than either; change the number of folds"
        )
    fold = np.empty(len(clips), np.int64)
    for number, test in enumerate(_splits(groups, clips["label"], n_folds, stable_hash("folds", seed))):
        fold[test] = number
    if len(np.unique(fold)) < n_folds:
        raise InputError(f"{n_folds} folds of {subjects} subjects leave one without a clip; ask for fewer folds")
    return clips.assign(fold=fold)


def leave_one_subject_out(clips: pd.DataFrame) -> pd.DataFrame:
    """One fold a subject, in the order of dataset and subject: the protocol of MEGC 2019. Otherwise as `make_folds`."""
    return clips.assign(fold=clips.groupby(_SUBJECT).ngroup())


def leave_one_dataset_out(clips: pd.DataFrame, datasets: Sequence[str]) -> pd.DataFrame:
    """One fold a dataset, in the order of `datasets`: each is held out whole. Otherwise as `make_folds`.

    Raises InputError for a dataset without a clip.
    """
    empty = [name for name in datasets if not (clips["dataset"] == name).any()]
    if empty:
        raise InputError(
            f"evaluation clips: none of {empty[0]} is of a class, so that its fold is empty; take it out of "
            "evaluations.*.datasets, or name its emotions in evaluations.*.labels"
        )
    return clips.assign(fold=clips["dataset"].map({name: number for number, name in enumerate(datasets)}))


def held_out_subjects(people: pd.DataFrame, labels: Sequence[int] | np.ndarray, share: float, seed: int) -> np.ndarray:
    """Which rows of a training set are held out of it, to choose an epoch by: (N,) bool.

    people: N rows whose columns together name the person a row comes from. No person is on both sides; about `share`
    of the rows are held out, with labels as even as the people allow. Raises InputError for fewer than two people.
    """
    groups, classes = people.groupby(list(people.columns)).ngroup(), pd.Series(np.asarray(labels))
    splits = min(max(2, round(1 / share)), groups.nunique(), classes.value_counts().max())
    if splits < 2:
        raise InputError(
            f"a training set of {len(people)} rows and {groups.nunique()} subjects cannot spare one to choose the "
            "epoch by, expected two subjects or more with clips of one class; use chosen_by: last_epoch"
        )
    parts = _splits(groups, classes, splits, stable_hash("held out", seed))
    held_out = np.zeros(len(people), bool)
    held_out[min(parts, key=lambda part: abs(len(part) - share * len(people)) if len(part) else math.inf)] = True
    return held_out


def people_of_samples(training_set: pd.DataFrame) -> pd.DataFrame:
    """The person behind each synthetic sample: the subject of its AUs or, of expert knowledge, its identity."""
    subjects = training_set["au_subject"].fillna("").astype(str)
    nobody = subjects == ""
    return pd.DataFrame(
        {
            "dataset": training_set["au_dataset"].astype(str),
            "subject": subjects.where(~nobody, training_set["identity"].astype(str)),
        }
    )


def compose_training_set(
    index: pd.DataFrame,
    tested: pd.DataFrame,
    label_set: LabelSet,
    samples: int,
    seed: int,
    people: Mapping[str, str] | None = None,
    whole_datasets: bool = False,
    identities: int | None = None,
    clips: int | None = None,
) -> pd.DataFrame:
    """Pick the samples of a variant of MiE-X that a fold may train on: always the same number, evenly shared out.

    index: all samples of the variant's shards, with shard_path, position (row in the shard), sample, au_source,
    au_dataset, au_subject, au_clip, au_emotion and identity. tested: the fold's test clips, with dataset and subject.
    people: the dataset whose people another one shows again, by name; itself unless it is there. whole_datasets: take
    nothing of a tested dataset, whoever the subject is.

    Returns `samples` rows of `TRAINING_COLUMNS`, sorted by the first two. No row's AUs come from a test subject, and
    the counts of any two labels, and of any two AU sources, differ by one at most. Which of the samples are picked
    depends on the seed, their AU source and their number, so folds share what they may, and more samples keep the first
    ones. Samples whose emotion no class has are not used.

    identities: only the first so many photographs of each identity source. clips: only so many source clips of each
    label and AU source, in an order drawn once, so that a larger limit keeps the clips of a smaller one; of expert
    knowledge, which has no clips, so many triplets. Where a limit leaves fewer samples than asked for, they repeat, as
    evenly as possible.

    Raises InputError, with the counts, when an AU source has too few samples of a label, or with a limit none.
    """
    index = index.assign(label=index["au_emotion"].map(emotion_labels(label_set)))
    index = index[index["label"].notna()].astype({"label": "int64"})
    if identities is not None:
        index = index[index["sample"] // SAMPLES_PER_IDENTITY < identities]
    allowed = index[~_of_tested(index, tested, people or {}, whole_datasets)]
    if clips is not None:
        allowed = _with_few_clips(allowed, clips, seed)
    order = [stable_hash("pick", seed, *key) for key in zip(allowed["au_source"], allowed["sample"], strict=True)]
    allowed = allowed.assign(order=order).sort_values(["order", "shard_path", "position"])
    picked = []
    sources = sorted(set(index["au_source"]))
    for (au_source, label), quota in _quotas(sources, list(label_set), samples).items():
        number = list(label_set).index(label)
        cell = allowed[(allowed["au_source"] == au_source) & (allowed["label"] == number)]
        if len(cell) < (quota if identities is None and clips is None else min(quota, 1)):
            made = ((index["au_source"] == au_source) & (index["label"] == number)).sum()
            raise InputError(
                f"AU source {au_source}: {len(cell)} samples of label {label} for training ({made} made, "
                f"{made - len(cell)} with AUs of test subjects), expected {quota} as share of {samples} samples; "
                "render more identities or train on fewer samples"
            )
        picked.append(cell.iloc[np.arange(quota) % max(len(cell), 1)])
    return pd.concat(picked)[list(TRAINING_COLUMNS)].sort_values(["shard_path", "position"], ignore_index=True)


def _splits(groups: pd.Series, labels: pd.Series, number: int, seed: int) -> list[np.ndarray]:
    """Rows of each of `number` parts, no group in two of them, labels spread as evenly as groups allow."""
    splitter = StratifiedGroupKFold(number, shuffle=True, random_state=seed % 2**32)
    return [part for _, part in splitter.split(groups, labels, groups)]


def _of_tested(
    index: pd.DataFrame, tested: pd.DataFrame, people: Mapping[str, str], whole_datasets: bool
) -> np.ndarray:
    """Which samples have the AUs of someone who is tested: (N,) bool."""

    def names(datasets: pd.Series, subjects: pd.Series) -> list[tuple[str, str]]:
        shown = [people.get(name, name) for name in datasets.astype(str)]
        return [(name, "" if whole_datasets else subject) for name, subject in zip(shown, subjects, strict=True)]

    test_subjects = set(names(tested["dataset"], tested["subject"]))
    return np.array([name in test_subjects for name in names(index["au_dataset"], index["au_subject"])], bool)


def _with_few_clips(index: pd.DataFrame, clips: int, seed: int) -> pd.DataFrame:
    """The samples of the first so many clips of each AU source and label, in an order that the seed decides."""
    subjects = index["au_subject"].fillna("").astype(str)
    # A triplet of expert knowledge comes from no clip: each is one of its own.
    clip = index["au_clip"].astype(str).where(subjects != "", index["sample"].astype(str))
    keys = zip(index["au_source"], index["au_dataset"], subjects, clip, strict=True)
    order = pd.Series([stable_hash("clip", seed, *key) for key in keys], index=index.index, dtype=object)
    kept = [
        chosen.isin(sorted(set(chosen))[:clips]) for _, chosen in order.groupby([index["au_source"], index["label"]])
    ]
    return index[pd.concat(kept).loc[index.index]] if kept else index


def _quotas(au_sources: list[str], labels: list[str], samples: int) -> dict[tuple[str, str], int]:
    """Number of samples for each AU source and label, even for both: a remainder goes down the diagonals."""
    cells = len(au_sources) * len(labels)
    quotas = {}
    for number in range(cells):
        source = number % len(au_sources)
        label = (number + number // math.lcm(len(au_sources), len(labels))) % len(labels)
        quotas[au_sources[source], labels[label]] = samples // cells + (number < samples % cells)
    return quotas
