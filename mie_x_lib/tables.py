"""The table of UF1 and UAR, from the predictions of every test clip."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.metrics import confusion, uar, uf1

COLUMNS = (
    "table",
    "row",
    "classifier",
    "regime",
    "variant",
    "id_sources",
    "au_sources",
    "uf1_mean",
    "uf1_std",
    "uar_mean",
    "uar_std",
    "seeds",
    "training_samples",
    "published_uf1",
    "published_std",
    "published_note",
)
PUBLISHED_NOTE = "Branches on the real datasets (Liu et al., ECCV 2022): measured on other data than simulated ones"
_CLIP = ["dataset", "subject", "clip"]


def uf1_row(predictions: Sequence[pd.DataFrame]) -> dict[str, float | int]:
    """UF1 and UAR in percent, as mean and sample standard deviation over the seeds, and the number of seeds.

    predictions: one table a seed, of all folds together, with columns dataset, subject, clip, label, predicted. TP, FP
    and FN are summed over the folds before UF1 is formed. A single seed has no standard deviation (NaN).

    Raises InputError when a seed predicts a clip twice, or not the clips and labels of the first seed.
    """
    if not predictions:
        raise InputError("no predictions, expected a table for at least one seed")
    clips = [_clips(table) for table in predictions]
    for number, found in enumerate(clips):
        repeated = found[found.duplicated(_CLIP)]
        if len(repeated):
            name = "/".join(repeated[_CLIP].iloc[0])
            raise InputError(f"predictions of seed {number + 1}: clip {name} twice, expected each test clip once")
        if not found.equals(clips[0]):
            raise InputError(
                f"predictions of seed {number + 1}: {len(found)} clips, expected the {len(clips[0])} clips and labels "
                "of the first seed; delete the predictions and let their rules make them again"
            )
    counts = [confusion(table["label"], table["predicted"]) for table in predictions]
    row: dict[str, float | int] = {"seeds": len(predictions)}
    for name, metric in (("uf1", uf1), ("uar", uar)):
        values = pd.Series([100 * metric(count) for count in counts])
        row |= {f"{name}_mean": float(values.mean()), f"{name}_std": float(values.std(ddof=1))}
    return row


def uf1_table(rows: Iterable[dict]) -> pd.DataFrame:
    """The table of all rows, in the order given, with the columns of `COLUMNS`.

    rows: for each what `uf1_row` returns, with table, row, classifier, regime, variant, training_samples, id_sources
    and au_sources (lists of names), and published_uf1 and published_std in percent where the paper gives them.
    A published figure is marked as measured by the authors on the real datasets, which simulated ones are not.
    """
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    for column in ("id_sources", "au_sources"):
        table[column] = table[column].map(" + ".join)
    table["published_note"] = np.where(table["published_uf1"].notna(), PUBLISHED_NOTE, "")
    numbers = ["uf1_mean", "uf1_std", "uar_mean", "uar_std", "published_uf1", "published_std"]
    return table.astype(dict.fromkeys(numbers, "float64")).round(dict.fromkeys(numbers, 2))


def _clips(predictions: pd.DataFrame) -> pd.DataFrame:
    """Clips and labels in one order, as plain text and integers."""
    clips = predictions[[*_CLIP, "label"]].astype(dict.fromkeys(_CLIP, "string") | {"label": "int64"})
    return clips.sort_values(_CLIP, ignore_index=True)
