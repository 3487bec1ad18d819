"""Mean action units of micro-expressions and of the early stage of macro-expressions, by label: Fig. 1 of MiE-X."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from mie_x_lib.people import People
from mie_x_lib.tables.significance import drawn_subjects
from mie_x_lib.terms import AU_NAMES, CLIP_NAME, LABEL_NAMES
from mie_x_lib.triplets import Pool

# What the paper calls the triplets of each kind of clip.
KINDS = {"micro": "z_MiE", "macro": "z_MaE"}
ALL = "all"
COLUMNS = ("kind", "source", "label", "clips", "subjects", "au", "onset", "apex", "apex_low", "apex_high")


def au_means(pools: Mapping[tuple[str, str], Pool], people: People | None = None) -> pd.DataFrame:
    """Mean of each action unit at onset and apex, by kind, source and label: the table of Fig. 1, in long form.

    pools: by kind (a key of `KINDS`) and name of the AU source. Returns `COLUMNS`, means in 0..1, one row an action
    unit; source `all` has each clip of a kind once, however many sources hold it. apex_low and apex_high bound the mean
    at 95 % over subjects (`significance.bootstrap_interval` tells how), of whom one with several names counts once, as
    `people` tells; NaN of a single subject. A label without a clip has no row.
    Source: Liu et al., "How to Synthesize a Large-Scale and Trainable Micro-Expression Dataset?", ECCV 2022,
    supplementary material, Fig. 1.
    """
    rows, people = [], people or People()
    for kind in dict.fromkeys(kind for kind, _ in pools):
        sources = {name: pool for (of, name), pool in pools.items() if of == kind}
        for name, pool in {ALL: _together(sources.values()), **sources}.items():
            for label, text in enumerate(LABEL_NAMES):
                rows += _rows({"kind": KINDS[kind], "source": name, "label": text}, pool, pool.labels == label, people)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shown(means: pd.DataFrame, sources: Mapping[str, str]) -> pd.DataFrame:
    """Of `au_means` the rows of one source of each kind.

    sources: the AU source by kind (a key of `KINDS`); a kind that is not there is shown by `all` its sources together.
    """
    chosen = means["kind"].map({name: sources.get(kind, ALL) for kind, name in KINDS.items()})
    return means[means["source"] == chosen]


def presented(shown: pd.DataFrame) -> pd.DataFrame:
    """The figure as a table for a paper: a row a label and kind, a column an action unit; as `shown` gives the rows."""
    texts = shown.assign(apex=shown["apex"].map("{:.2f}".format))
    wide = texts.pivot_table(
        index=["label", "kind", "source", "clips"], columns="au", values="apex", aggfunc="first", sort=False
    )
    wide = wide.reset_index().rename_axis(columns=None)
    order = wide["label"].map(LABEL_NAMES.index)
    wide = wide.loc[order.sort_values(kind="stable").index].astype(str)
    named = {"label": "Label", "kind": "Triplets", "source": "Source", "clips": "Clips"} | {
        au: _short(au) for au in AU_NAMES
    }
    return wide.rename(columns=named)


def trend(shown: pd.DataFrame, label: str) -> tuple[float, list[str]]:
    """Pearson's r of the mean apex of z_MiE with that of z_MaE, and the three action units in which they differ most.

    Rows as `shown` gives them. Raises KeyError where one of the two has no clip of the label.
    """
    apex = shown[shown["label"] == label].pivot_table(index="au", columns="kind", values="apex", sort=False)
    difference = (apex["z_MiE"] - apex["z_MaE"]).abs().sort_values(ascending=False, kind="stable")
    return float(apex["z_MiE"].corr(apex["z_MaE"])), [_short(au) for au in difference.index[:3]]


def _rows(described: dict, pool: Pool, chosen: np.ndarray, people: People) -> list[dict]:
    if not chosen.any():
        return []
    clips = pd.DataFrame(pool.clips, columns=CLIP_NAME)[chosen]
    weights = pool.weights[chosen]
    onset, apex = (np.average(aus[chosen], axis=0, weights=weights) for aus in (pool.onset, pool.apex))
    subject = pd.factorize(np.array(people.persons(clips["dataset"], clips["subject"])), sort=True)[0]
    low, high = _interval(pool.apex[chosen], weights, subject)
    described |= {"clips": len(clips.drop_duplicates()), "subjects": len(set(subject))}
    values = zip(AU_NAMES, onset, apex, low, high, strict=True)
    return [described | dict(zip(COLUMNS[5:], of_au, strict=True)) for of_au in values]


def _interval(values: np.ndarray, weights: np.ndarray, subject: np.ndarray) -> np.ndarray:
    """Bounds (2, 17) of the weighted mean of `values` (n, 17) when subjects (n,) are drawn with replacement.

    NaN of a single subject, who says nothing of others: drawn again, it would be certain to the last digit.
    """
    subjects = subject.max() + 1
    if subjects < 2:
        return np.full((2, values.shape[1]), np.nan)
    of_subject = np.zeros((subjects, 1 + values.shape[1]))
    np.add.at(of_subject, subject, weights[:, None] * np.column_stack([np.ones(len(values)), values]))
    sums = drawn_subjects(subjects) @ of_subject
    return np.quantile(sums[:, 1:] / sums[:, :1], [0.025, 0.975], axis=0)


def _together(pools: Iterable[Pool]) -> Pool:
    """All triplets of some pools; a clip that several of them hold counts once."""
    seen: set[tuple[str, str, str]] = set()
    parts = []
    for pool in pools:
        new = np.array([clip not in seen for clip in pool.clips], bool)
        parts.append((pool, new))
        seen.update(pool.clips)

    def listed(name: str) -> list:
        return [value for pool, new in parts for value, is_new in zip(getattr(pool, name), new, strict=True) if is_new]

    def stacked(name: str) -> np.ndarray:
        return np.concatenate([getattr(pool, name)[new] for pool, new in parts])

    arrays = (stacked(name) for name in ("labels", "onset", "apex", "weights"))
    return Pool(listed("clips"), listed("emotions"), *arrays)


def _short(au: str) -> str:
    """AU06 as the paper writes it: AU6."""
    return f"AU{int(au[2:])}"
