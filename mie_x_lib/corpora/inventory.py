"""What lies in the folders of datasets, beside what their authors say that there is."""

import pandas as pd

from mie_x_lib.corpora import find_clips, published_counts
from mie_x_lib.corpora.clip_table import find_faults, is_listed
from mie_x_lib.corpora.wholeness import tell_faults
from mie_x_lib.errors import InputError
from mie_x_lib.terms import LABEL_NAMES

COUNTED = ("clips", "subjects", "labelled", *LABEL_NAMES)


def take_stock(datasets: dict[str, dict]) -> tuple[pd.DataFrame, list[str], list[str]]:
    """Count what lies on disk, and name what is missing or makes no sense, of all datasets at once.

    datasets: name -> layout, root, options, the number of identities that are asked for, and perhaps outside_root. No
    frame is decoded.
    Of each file the beginning and the end are looked at, to find those that are empty or cut off.
    Returns the counts, with the columns dataset, what (of `COUNTED`), found and published (whole numbers, empty where
    unknown), then remarks, which tell what will be done, and faults, which no run gets past; each names its dataset.
    """
    rows, remarks, faults = [], [], []
    for name, dataset in datasets.items():
        found, published = {}, {}
        try:
            published = published_counts(dataset["layout"], name, **dataset["options"])
            clips = find_clips(
                dataset["layout"], dataset["root"], name, dataset.get("outside_root", False), **dataset["options"]
            )
        except InputError as error:
            faults.append(f"{name}: {error}")
        else:
            found = count(clips)
            remarks += [f"{name}: {remark}" for remark in clips["remark"].dropna()]
            unusable = tell_faults(clips.loc[is_listed(clips), "path"].to_numpy())
            remarks += [f"{name}: {unusable}"] if unusable else []
            faults += [f"{name}: {fault}" for fault in _faults(clips, dataset)]
        rows += [
            {"dataset": name, "what": what, "found": found.get(what), "published": published.get(what)}
            for what in COUNTED
            if what in found or what in published
        ]
    counts = pd.DataFrame(rows, columns=["dataset", "what", "found", "published"])
    return counts.astype({"found": "Int64", "published": "Int64"}), remarks, faults


def _faults(clips: pd.DataFrame, dataset: dict) -> list[str]:
    faults = find_faults(clips, dataset["root"])
    needed, there = dataset["identities"], listed_people(clips)
    if there >= needed:
        return faults
    return [*faults, f"{needed} identities are asked for and {there} found; lower id_sources.*.identities or add some"]


def listed_people(clips: pd.DataFrame) -> int:
    """How many people are shown by what a layout found and does not leave out; of `make_clips`."""
    return clips.loc[is_listed(clips), "subject"].nunique()


def count(clips: pd.DataFrame) -> dict[str, int]:
    """Clips and subjects, and where there are labels those that have one, in all and by label; of `make_clips`.

    A clip that a layout leaves out, such as a sequence of CK+ without an emotion, is counted as a clip.
    """
    there = clips[clips["path"].notna() & clips["fault"].isna()]
    labels = there.loc[there["left_out"].isna(), "label"].dropna()
    found = {"clips": len(there), "subjects": there["subject"].nunique()}
    if labels.empty:
        return found
    return found | {"labelled": len(labels)} | {name: int((labels == i).sum()) for i, name in enumerate(LABEL_NAMES)}


def total(counts: pd.DataFrame, datasets: list[str], name: str) -> pd.DataFrame:
    """The counts of `take_stock` of several datasets together, as a set `name`; what one of them lacks is empty."""
    parts = counts[counts["dataset"].isin(datasets)]
    sums = parts.groupby("what", sort=False)[["found", "published"]].sum(min_count=len(datasets))
    return sums.dropna(how="all").reset_index().assign(dataset=name)[list(counts.columns)]
