"""The clips of an evaluation, divided into folds that part people."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.people import People
from mie_x_lib.randomness import stable_hash
from mie_x_lib.terms import CLIP_NAME

COLUMNS = ("dataset", "subject", "clip", "emotion", "label", "person", "fold")

# The classes of an evaluation in their order, each with its emotions; a label is the number of a class.
LabelSet = Mapping[str, Sequence[str]]


def emotion_labels(label_set: LabelSet) -> dict[str, int]:
    """The label of every emotion that a class has; emotions of no class are absent."""
    return {emotion: label for label, emotions in enumerate(label_set.values()) for emotion in emotions}


def label_clips(clips: pd.DataFrame, label_set: LabelSet, people: People) -> pd.DataFrame:
    """The clips whose emotion a class has: dataset, subject, clip, emotion, label, person, sorted by the first three.

    clips: one row a clip, with at least the first four; an emotion may be empty. person: as of `People.person`.
    Raises InputError for a clip named twice, and for a class without a clip.
    """
    clips = clips[[*CLIP_NAME, "emotion"]].sort_values(CLIP_NAME, ignore_index=True)
    repeated = clips[clips.duplicated(CLIP_NAME)]
    if len(repeated):
        name = "/".join(repeated[CLIP_NAME].iloc[0])
        raise InputError(f"evaluation clips: {name} stands there twice, expected each clip once; correct the clips")
    label = clips["emotion"].map(emotion_labels(label_set))
    for number, name in enumerate(label_set):
        if not (label == number).any():
            there = ", ".join(sorted(set(clips["emotion"].dropna()) - {""})) or "none"
            raise InputError(
                f"evaluation clips: none of class {name}, whose emotions are {', '.join(label_set[name])}; the clips "
                f"that were cut have {there}, and results/frames/<dataset>.report.csv says why others were not; leave "
                "the class out of evaluations.*.labels, or name emotions that there are"
            )
    labelled = clips.assign(label=label)[label.notna()].astype({"label": "int64"}).reset_index(drop=True)
    return labelled.assign(person=people.persons(labelled["dataset"], labelled["subject"]))


def make_folds(clips: pd.DataFrame, n_folds: int, seed: int) -> pd.DataFrame:
    """Spread clips over folds so that no person is in two, and labels are shared out as evenly as people allow.

    clips: as `label_clips` returns them. Returns them with their fold, 0 .. n_folds - 1. Raises InputError when people
    or clips are too few for the folds.
    """
    groups = clips.groupby("person").ngroup()
    people, most = groups.nunique(), clips["label"].value_counts().max()
    if not 2 <= n_folds <= min(people, most):
        raise InputError(
            f"{n_folds} folds, but the clips show {people} people (results/people says which names are one), with at "
            f"most {most} clips of one label; ask for 2 folds or more, and for no more than either"
        )
    fold = np.empty(len(clips), np.int64)
    for number, test in enumerate(split_people(groups, clips["label"], n_folds, stable_hash("folds", seed))):
        fold[test] = number
    if len(np.unique(fold)) < n_folds:
        raise InputError(f"{n_folds} folds of {people} people leave one without a clip; ask for fewer folds")
    return clips.assign(fold=fold)


def leave_one_subject_out(clips: pd.DataFrame) -> pd.DataFrame:
    """One fold a person, in the order of their first names: the protocol of MEGC 2019. Otherwise as `make_folds`."""
    return clips.assign(fold=clips.groupby("person").ngroup())


def leave_one_dataset_out(clips: pd.DataFrame, datasets: Sequence[str]) -> pd.DataFrame:
    """One fold a dataset, in the order of `datasets`: each is held out whole. Otherwise as `make_folds`.

    A person whom two of them show is tested in two folds. Raises InputError for a dataset without a clip.
    """
    empty = [name for name in datasets if not (clips["dataset"] == name).any()]
    if empty:
        raise InputError(
            f"evaluation clips: none of {empty[0]} is of a class, so that its fold is empty; take it out of "
            "evaluations.*.datasets, or name its emotions in evaluations.*.labels"
        )
    return clips.assign(fold=clips["dataset"].map({name: number for number, name in enumerate(datasets)}))


def split_people(groups: pd.Series, labels: pd.Series, number: int, seed: int) -> list[np.ndarray]:
    """Rows of each of `number` parts, no group in two of them, labels spread as evenly as groups allow."""
    # Loading it takes longer than most jobs that need another function of this module.
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(number, shuffle=True, random_state=seed % 2**32)
    return [part for _, part in splitter.split(groups, labels, groups)]
