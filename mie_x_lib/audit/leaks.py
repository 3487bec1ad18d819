"""Does anybody who is tested reach a network that is tested on them? Apart from the code that keeps people away.

It looks at the tables and shards from which networks learned; `register` finds out who is one person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from mie_x_lib.audit.register import NAME, Register

COLUMNS = ("trained_on", "fold", "samples", "people", "leaks", "found")
REMEDY = (
    "results/people says who is taken for one person, and datasets.<name>.same_people_as, other_people_than and "
    "names_as_written of the config say who is"
)
_CLIP = [*NAME, "clip"]


def fold_leaks(folds: pd.DataFrame, everybody: Register, whole_datasets: bool = False) -> list[str]:
    """Say of every person who is tested in two folds, and every clip that is listed twice.

    folds: as of `make_folds`. whole_datasets: folds hold out whole datasets, two of which may show one person.
    """
    leaks = []
    for _, rows in folds.groupby(everybody.of(folds)):
        count = len(set(rows["fold"]))
        if count > 1 and not whole_datasets:
            leaks.append(f"one person ({_spelled(rows)}) is in {count} folds")
    twice = folds[folds.duplicated(_CLIP)]
    return leaks + [f"clip {'/'.join(name)} is listed twice" for name in twice[_CLIP].itertuples(index=False)]


def training_leaks(
    folds: pd.DataFrame, fold: str, shown: pd.DataFrame, everybody: Register, whole_datasets: bool
) -> list[str]:
    """Say of everybody whom a fold tests what its network has learned of them.

    fold: a number, or `all` for a network that is tested on every clip. shown: as of `shown_by_samples` and
    `shown_by_clips`. whole_datasets: the fold holds out whole datasets; say also of their other people.
    """
    tested = folds if fold == "all" else folds[folds["fold"] == int(fold)]
    called = tested["dataset"].astype(str) + "/" + tested["subject"].astype(str)
    names, spelled = dict(zip(everybody.of(tested), called, strict=True)), set(called)
    held_out = {other for name in set(tested["dataset"]) for other in everybody.tied[name]} if whole_datasets else set()
    theirs = {person for (dataset, _), person in everybody.persons.items() if dataset in held_out}
    leaks = []
    for taken, dataset, subject, count in shown.itertuples(index=False, name=None):
        person, name = everybody.persons[dataset, subject], f"{dataset}/{subject}"
        if person in names:
            known = name if name in spelled else f"{names[person]}, as {name},"
            leaks.append(f"test subject {known} is the {taken.format(count)}")
        elif person in theirs:
            leaks.append(f"{name}, of a dataset that is held out, is the {taken.format(count)}")
    return leaks


def held_out_leaks(training_set: pd.DataFrame, held_out: pd.DataFrame, everybody: Register) -> list[str]:
    """Say of everybody who is trained on, by action units, clip or face, while the epoch is chosen by them.

    training_set: real clips, or samples as `trace` returns them. held_out: rows that are not trained on, by the index
    of the training set, and their use: those of "chooses" choose the epoch.
    """
    uses = dict(zip(held_out["number"], held_out["use"], strict=True))
    use = training_set.index.map(lambda row: uses.get(row, "trained"))
    choosing = whose_expressions(training_set[use == "chooses"]).assign(chooses=True)
    trained = everybody_in(training_set[use == "trained"]).assign(chooses=False)
    names = pd.concat([choosing, trained], ignore_index=True)
    leaks = []
    for _, rows in names.groupby(everybody.of(names)):
        if len(set(rows["chooses"])) > 1:
            leaks.append(f"one person ({_spelled(rows)}) is trained on and chooses the epoch")
    return leaks


def whose_expressions(training_set: pd.DataFrame) -> pd.DataFrame:
    """Dataset and subject of each real clip, or of the action units of each sample; of expert knowledge, its face."""
    if "subject" in training_set:
        return training_set[NAME]
    names = training_set[["au_dataset", "au_subject"]].set_axis(NAME, axis=1)
    return names.mask(names["subject"].fillna("") == "", _faces(training_set))


def everybody_in(training_set: pd.DataFrame) -> pd.DataFrame:
    """Dataset and subject of whomever the rows of a training set show, each with a row of their own for their face."""
    if "subject" in training_set:
        return training_set[NAME]
    return pd.concat([whose_expressions(training_set), _faces(training_set)], ignore_index=True)


def _faces(samples: pd.DataFrame) -> pd.DataFrame:
    return samples[["id_dataset", "identity"]].set_axis(NAME, axis=1)


def trace(training_set: pd.DataFrame, shards: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The rows of the shards that a training set points to, in its order: what its networks really saw.

    training_set: with shard_path and position. shards: table of each shard, by path, with id_dataset.
    """
    parts = [
        shards[str(path)].iloc[rows["position"].to_numpy()].set_axis(rows.index)
        for path, rows in training_set.groupby("shard_path")
    ]
    return pd.concat(parts).sort_index()


def shown_by_samples(samples: pd.DataFrame) -> pd.DataFrame:
    """What samples show of whom, each once: `taken` (a text with a place for their number), dataset, subject and count.

    samples: one row a sample, with au_dataset and au_subject, and id_dataset and identity, as its shard has them.
    """
    aus = samples[["au_dataset", "au_subject"]].set_axis(NAME, axis=1)
    faces = _faces(samples)
    # Nobody is behind expert knowledge.
    aus = aus[aus["subject"].fillna("") != ""]
    return pd.concat([_taken(aus, "AU source of {} samples"), _taken(faces, "face of {} samples")])


def shown_by_clips(clips: pd.DataFrame, what: str) -> pd.DataFrame:
    """As `shown_by_samples`, of real clips. what: such as "real training clips"."""
    return _taken(clips[NAME], f"subject of {{}} {what}")


@dataclass(frozen=True)
class Learned:
    """What the network of a fold, or of `all`, has learned from: samples, so many, and whom they show."""

    trained_on: str
    fold: str
    samples: int
    shown: pd.DataFrame


def audited(
    folds: pd.DataFrame, learned: Iterable[Learned], everybody: Register, whole_datasets: bool = False
) -> pd.DataFrame:
    """The audit's report: a row for each training set with what was looked at, and the leaks that were found.

    Columns trained_on, fold, samples, people, leaks and found. Arguments as of `training_leaks`.
    """
    rows = []
    for part in learned:
        leaks = training_leaks(folds, part.fold, part.shown, everybody, whole_datasets)
        people = len(set(everybody.of(part.shown)))
        found = {"people": people, "leaks": len(leaks), "found": "; ".join(leaks)}
        rows.append({"trained_on": part.trained_on, "fold": part.fold, "samples": part.samples} | found)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _taken(names: pd.DataFrame, taken: str) -> pd.DataFrame:
    # Of all folds at a time, a row a sample would take more memory than the samples.
    counts = names.astype(str).groupby(NAME, sort=False, dropna=False).size()
    return counts.reset_index(name="count").assign(taken=taken)[["taken", *NAME, "count"]]


def _spelled(names: pd.DataFrame) -> str:
    return ", ".join(sorted({f"{row.dataset}/{row.subject}" for row in names.itertuples()}))
