"""What a variant's limits leave of the samples of its shards."""

import pandas as pd

from mie_x_lib.randomness import stable_hash
from mie_x_lib.terms import SAMPLES_PER_IDENTITY


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
