"""Whether identity sources show enough people for the training sets asked for, told before a photograph is opened."""

from collections import Counter
from collections.abc import Iterable, Mapping

from mie_x_lib.errors import InputError
from mie_x_lib.folds.division import LabelSet
from mie_x_lib.folds.sample_choice import quotas
from mie_x_lib.terms import EMOTION_LABELS, SAMPLES_PER_IDENTITY


def people_needed(samples: int, folds: Mapping[str, int | None], label_set: LabelSet) -> int:
    """The least number of people, each with a usable photograph, of whom training sets of a variant can be composed.

    samples: rows of a training set. folds: of each AU source the number of folds if everybody whose action units it has
    is tested in one of them, else None. label_set: the classes of the evaluation.

    A person gives a sample of each label and AU source. Where all samples of a source are kept out of one fold each,
    some fold loses its share of them or more, so fewer people than this never do; more may be needed, since folds are
    uneven and emotions are drawn.
    """
    shares = quotas(sorted(folds), list(label_set), samples)
    needed = 0
    for au_source, fold_count in folds.items():
        of_label: Counter[int] = Counter()
        for name, emotions in label_set.items():
            labels = {EMOTION_LABELS[emotion] for emotion in emotions if emotion in EMOTION_LABELS}
            if len(labels) == 1:
                of_label[labels.pop()] += shares[au_source, name]
        total = sum(shares[au_source, name] for name in label_set)
        people = max([-(-total // SAMPLES_PER_IDENTITY), *of_label.values()])
        needed = max(needed, people if fold_count is None else -(-people * fold_count // (fold_count - 1)))
    return needed


def refuse_too_few(id_sources: Iterable[str], needed: int, asked: int, there: int | None) -> None:
    """Raise InputError where identity sources are asked for fewer people than needed, or for more than there are."""
    names = " and ".join(id_sources)
    if asked < needed:
        raise InputError(
            f"{names}: training sets need usable photographs of {needed} people, and {asked} are asked for; raise "
            "id_sources.*.identities, or lower training.samples"
        )
    if there is not None and there < asked:
        raise InputError(
            f"{names}: {asked} people are asked for, and photographs of {there} are there, of whom training sets need "
            f"{needed}; lower id_sources.*.identities, or add photographs of others"
        )


def refuse_many_folds(evaluation: str, folds: int | str, there: int | None, key: str = "folds") -> None:
    """Raise InputError where an evaluation has more folds than people; there: names in its datasets, None: unknown.

    key: what of the evaluation says their number.
    """
    if isinstance(folds, int) and there is not None and there < folds:
        raise InputError(
            f"evaluations.{evaluation}.{key} is {folds}, and its datasets show {there} people; ask for no more folds"
        )


def size_line(id_sources: Iterable[str], needed: int, asked: int, there: int | None) -> str:
    """What the user is to know of the size of identity sources; there: people in their folders, None if unknown."""
    names, found = " and ".join(id_sources), "an unknown number" if there is None else there
    return (
        f"Sizes: {names}: training sets need usable photographs of {needed} people; {asked} are asked for, {found} "
        f"there. The run stops if {100 * (asked - needed) // asked} % of those asked for, or somewhat fewer, are lost "
        "to refused photographs, to pairs without visible change, and to folds of unequal size."
    )
