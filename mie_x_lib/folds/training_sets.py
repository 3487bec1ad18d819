"""What the networks of a fold are trained on: nothing of the people whom the fold tests."""

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.folds.division import LabelSet, emotion_labels, split_people
from mie_x_lib.folds.sample_choice import in_drawn_order, of_first_people, quotas, with_few_clips
from mie_x_lib.people import People
from mie_x_lib.randomness import stable_hash
from mie_x_lib.terms import CLIP_NAME

# Of training sets of real clips and of samples; `fold` is that in which they are trained on.
REAL_COLUMNS = ("fold", "dataset", "subject", "clip", "label", "person")
SAMPLE_COLUMNS = (
    *("shard_path", "position", "sample", "label", "au_dataset", "au_subject"),
    *("id_dataset", "identity", "person", "face"),
)


class WhoIsTested:
    """Whom a fold tests."""

    def __init__(self, clips: pd.DataFrame, people: People, held_out: Mapping[str, Collection[str]] | None = None):
        """Take the fold's test clips, with dataset and subject.

        held_out: where folds hold out whole datasets, the datasets that show the people of each, itself among them;
        then everybody of a tested dataset counts, with a tested clip or without.
        """
        self.people = people
        self._persons = set(people.persons(clips["dataset"], clips["subject"]))
        self._datasets = {other for name in set(clips["dataset"]) for other in (held_out or {}).get(name, [])}

    def among(self, datasets: pd.Series, subjects: pd.Series) -> np.ndarray:
        """Which rows name someone who is tested: (N,) bool."""
        names = list(zip(datasets, subjects.fillna(""), strict=True))
        tested = {name: self._is_tested(*name) for name in set(names)}
        return np.array([tested[name] for name in names], bool)

    def _is_tested(self, dataset: str, subject: str) -> bool:
        return self.people.person(dataset, subject) in self._persons or (
            self.people.is_in(dataset, subject, self._datasets)
        )


def real_training_sets(
    folds: pd.DataFrame, people: People, held_out: Mapping[str, Collection[str]] | None = None
) -> pd.DataFrame:
    """The clips that the networks of each fold train on: those of other folds, of people whom it does not test.

    folds: as of `make_folds`. people, held_out: as `WhoIsTested` takes them. Returns rows of `REAL_COLUMNS`, of each
    fold in the order of the clips.
    """
    sets = []
    for fold, tested in folds.groupby("fold"):
        others = folds[folds["fold"] != fold]
        is_tested = WhoIsTested(tested, people, held_out).among(others["dataset"], others["subject"])
        sets.append(others[~is_tested].assign(fold=fold))
    return pd.concat(sets, ignore_index=True)[list(REAL_COLUMNS)]


def untrained_classes(folds: pd.DataFrame, training_sets: pd.DataFrame, label_set: LabelSet) -> list[str]:
    """Say of every fold which of its classes no clip is left to train on: a network of real clips never answers it.

    folds: as of `make_folds`. training_sets: of `real_training_sets`, of these folds.
    """
    found = []
    for fold in sorted(folds["fold"].unique()):
        trained = set(training_sets.loc[training_sets["fold"] == fold, "label"])
        missing = [name for label, name in enumerate(label_set) if label not in trained]
        if missing:
            found.append(f"fold {fold} has no real clip of {', '.join(missing)} to train on")
    return found


def places_of(trained: pd.DataFrame, clips: pd.DataFrame) -> np.ndarray:
    """Where each clip to train on stands among the clips: (M,) int.

    trained: M rows of `real_training_sets`. clips: as of `make_folds`. Raises InputError for one that is not there.
    """
    found = pd.MultiIndex.from_frame(clips[CLIP_NAME]).get_indexer(pd.MultiIndex.from_frame(trained[CLIP_NAME]))
    if (found < 0).any():
        name = "/".join(trained[CLIP_NAME].iloc[int(np.argmax(found < 0))])
        raise InputError(
            f"training set: {name} is no clip of the folds; delete both tables and let make_folds write them"
        )
    return found


def held_out_subjects(
    persons: Sequence[str] | pd.Series, labels: Sequence[int] | np.ndarray | pd.Series, share: float, seed: int
) -> np.ndarray:
    """Which rows of a training set are held out of it, to choose an epoch by: (N,) bool.

    persons, labels: of each of N rows. No person is on both sides; about `share` of the rows are held out, with labels
    as even as the people allow. Raises InputError for fewer than two people.
    """
    groups = pd.Series(np.unique(np.asarray(persons, dtype=str), return_inverse=True)[1])
    classes = pd.Series(np.asarray(labels))
    splits = min(max(2, round(1 / share)), groups.nunique(), classes.value_counts().max())
    if splits < 2:
        raise InputError(
            f"a training set of {len(persons)} rows and {groups.nunique()} people cannot spare one to choose the "
            "epoch by, expected two people or more with clips of one class; use chosen_by: last_epoch"
        )
    parts = split_people(groups, classes, splits, stable_hash("held out", seed))
    held_out = np.zeros(len(persons), bool)
    held_out[min(parts, key=lambda part: abs(len(part) - share * len(persons)) if len(part) else math.inf)] = True
    return held_out


def held_out_rows(training_set: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """The rows of a training set that are not trained on where people held out of it choose the epoch.

    training_set: with person and label, and of samples with face. Returns number, the index of the training set, person
    and use: "chooses" for the rows of those who are held out, by `held_out_subjects`; "left_out" for samples of others
    with their faces, which neither choose nor are trained on. Raises InputError as `held_out_subjects` does.
    """
    chooses = held_out_subjects(training_set["person"], training_set["label"], share, seed)
    rows = training_set[["person"]].rename_axis("number").reset_index().assign(use="chooses")
    if "face" not in training_set:
        return rows[chooses]
    shows = training_set["face"].isin(set(training_set["person"][chooses])).to_numpy()
    return pd.concat([rows[chooses], rows[shows & ~chooses].assign(use="left_out")]).sort_values("number")


def compose_training_set(
    index: pd.DataFrame,
    tested: WhoIsTested,
    label_set: LabelSet,
    samples: int,
    seed: int,
    identities: int | None = None,
    clips: int | None = None,
) -> pd.DataFrame:
    """Pick the samples of a variant of MiE-X that a fold may train on: always the same number, evenly shared out.

    index: all samples of the variant's shards, with shard_path, position (row in the shard), sample, id_source,
    au_source, au_dataset, au_subject, au_clip, au_emotion, id_dataset and identity. tested: whom the fold tests.

    Returns `samples` rows of `SAMPLE_COLUMNS`, by sources and numbers of samples, whatever the size of shards. No row
    has the action units or the face of anybody who is tested, and the counts of any two labels, and of any two AU
    sources, differ by one at most. Which of the samples are picked depends on the seed, their AU source and their
    number, so folds share what they may, and more samples keep the first ones. Samples whose emotion no class has are
    not used. person: that of the action units or, of expert knowledge, that of the face. face: that of the face.

    identities: only the first so many people of each identity source. clips: only so many source clips of each
    label and AU source, in an order drawn once, so that a larger limit keeps the clips of a smaller one; of expert
    knowledge, whose clips are the triplets of a limited source (`triplets.draw`), so many triplets. Where a limit
    leaves fewer samples than asked for, they repeat, as evenly as possible.

    Raises InputError, with the counts, when an AU source has too few samples of a label, or with a limit none.
    """
    index = index.assign(label=index["au_emotion"].map(emotion_labels(label_set)))
    index = index[index["label"].notna()].astype({"label": "int64"})
    index = of_first_people(index, identities)
    is_tested = tested.among(index["au_dataset"], index["au_subject"])
    allowed = index[~is_tested & ~tested.among(index["id_dataset"], index["identity"])]
    allowed = with_few_clips(allowed, clips, seed)
    allowed = in_drawn_order(allowed, seed)
    picked = []
    sources = sorted(set(index["au_source"]))
    for (au_source, label), quota in quotas(sources, list(label_set), samples).items():
        number = list(label_set).index(label)
        cell = allowed[(allowed["au_source"] == au_source) & (allowed["label"] == number)]
        if len(cell) < (quota if identities is None and clips is None else min(quota, 1)):
            made = ((index["au_source"] == au_source) & (index["label"] == number)).sum()
            remedy = "render more identities or train on fewer samples"
            if made and cell.empty:
                remedy = (
                    "all of them show people whom the fold tests: render more identities, or take an AU source of more "
                    "people, or other folds"
                )
            raise InputError(
                f"AU source {au_source}: {len(cell)} samples of label {label} for training ({made} made, "
                f"{made - len(cell)} with AUs or the face of test subjects), expected {quota} as share of {samples} "
                f"samples; {remedy}"
            )
        picked.append(cell.iloc[np.arange(quota) % max(len(cell), 1)])
    whole = pd.concat(picked).sort_values(["id_source", "au_source", "sample"], ignore_index=True)
    faces = tested.people.persons(whole["id_dataset"], whole["identity"])
    return whole.assign(person=_persons_of_samples(whole, tested.people), face=faces)[list(SAMPLE_COLUMNS)]


def _persons_of_samples(samples: pd.DataFrame, people: People) -> list[str]:
    is_nobody = samples["au_subject"].fillna("") == ""
    return people.persons(
        samples["au_dataset"].mask(is_nobody, samples["id_dataset"]),
        samples["au_subject"].mask(is_nobody, samples["identity"]),
    )
