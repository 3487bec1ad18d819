"""Which samples of a variant's shards are taken: its limits, the order that the seed decides, even shares."""

import math
from collections.abc import Sequence
from typing import TypeVar

import pandas as pd

from mie_x_lib.randomness import stable_hash
from mie_x_lib.terms import LABEL_NAMES, SAMPLES_PER_IDENTITY

Label = TypeVar("Label", int, str)


def of_first_people(index: pd.DataFrame, identities: int | None) -> pd.DataFrame:
    """The samples of the first so many people of each identity source, by the column sample; None for all."""
    return index if identities is None else index[index["sample"] // SAMPLES_PER_IDENTITY < identities]


def with_few_clips(index: pd.DataFrame, clips: int | None, seed: int) -> pd.DataFrame:
    """The samples of the first so many clips of each AU source and label, in an order that the seed decides.

    index: with label, au_source, au_dataset, au_subject and au_clip. clips: None for all.
    """
    if clips is None:
        return index
    subjects = index["au_subject"].fillna("").astype(str)
    keys = zip(index["au_source"], index["au_dataset"], subjects, index["au_clip"].astype(str), strict=True)
    order = pd.Series([stable_hash("clip", seed, *key) for key in keys], index=index.index, dtype=object)
    kept = [
        chosen.isin(sorted(set(chosen))[:clips]) for _, chosen in order.groupby([index["au_source"], index["label"]])
    ]
    return index[pd.concat(kept).loc[index.index]] if kept else index


def with_few_samples(index: pd.DataFrame, samples: int | None, seed: int) -> pd.DataFrame:
    """So many samples, evenly over AU sources and labels, in the order of `index`; fewer where some are too few.

    index: with label, sample, au_source and id_source. samples: None for all. Those of a smaller number are
    among those of a larger one, and the first that a training set takes if nobody is tested.
    """
    if samples is None:
        return index
    drawn = in_drawn_order(index, seed)
    shares = quotas(sorted(set(index["au_source"])), list(range(len(LABEL_NAMES))), samples)
    kept = [
        drawn.index[(drawn["au_source"] == source) & (drawn["label"] == label)][:share]
        for (source, label), share in shares.items()
    ]
    return index[index.index.isin([row for rows in kept for row in rows])]


def in_drawn_order(index: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Samples, with sample, au_source and id_source, in an order that the seed decides, whatever the size of shards."""
    order = [stable_hash("pick", seed, *key) for key in zip(index["au_source"], index["sample"], strict=True)]
    return index.assign(order=order).sort_values(["order", "id_source"]).drop(columns="order")


def quotas(au_sources: Sequence[str], labels: Sequence[Label], samples: int) -> dict[tuple[str, Label], int]:
    """Number of samples for each AU source and label, even for both: a remainder goes down the diagonals."""
    cells = len(au_sources) * len(labels)
    found = {}
    for number in range(cells):
        source = number % len(au_sources)
        label = (number + number // math.lcm(len(au_sources), len(labels))) % len(labels)
        found[au_sources[source], labels[label]] = samples // cells + (number < samples % cells)
    return found
