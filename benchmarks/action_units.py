"""Pearson correlation of the action units of the default run with those that the simulated people were drawn with.

On single crops, and on differences of two crops of a clip (apex, or an early frame, minus onset), which are what
triplets are made of. A unit that never varies has no correlation and does not count in the mean.
"""

import pandas as pd

from benchmarks.experiment import read_result, simulated_sets
from mie_x_lib.terms import AU_NAMES, CLIP_NAME

UNITS = list(AU_NAMES)


def paired(dataset: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Estimated and true units of every crop of a dataset; both indexed by clip, frame and role."""
    estimate = read_result("action_units", dataset)
    both = estimate.merge(
        read_result("truth", dataset), on=[*CLIP_NAME, "frame"], suffixes=("", "_true"), validate="one_to_one"
    )
    if len(both) < len(estimate):
        raise SystemExit(f"{dataset}: {len(estimate) - len(both)} crops are of no frame of results/truth/{dataset}.csv")
    both = both.set_index([*CLIP_NAME, "frame", "role"])
    return both[UNITS], both[[f"{name}_true" for name in UNITS]].set_axis(UNITS, axis=1)


def differences(units: pd.DataFrame) -> pd.DataFrame:
    """Every crop that is not an onset, minus the onset of its clip."""
    roles = units.index.get_level_values("role")
    onset = units[roles == "onset"].droplevel(["frame", "role"])
    later = units[roles != "onset"]
    return later - onset.loc[later.index.droplevel(["frame", "role"])].to_numpy()


def main() -> None:
    columns = {}
    for kind in ("micro", "macro"):
        pairs = [paired(dataset) for dataset in simulated_sets(kind)]
        estimate, truth = (pd.concat(tables) for tables in zip(*pairs, strict=True))
        for of, change in (("single crops", lambda units: units), ("differences", differences)):
            found = change(estimate).corrwith(change(truth))
            text = pd.concat([found, pd.Series({"mean": found.mean()})]).map("{:.2f}".format, na_action="ignore")
            columns[f"{kind}: {of}"] = pd.concat([text, pd.Series({"number": str(len(change(truth)))})])
    print(pd.DataFrame(columns).rename_axis("r").reset_index().to_string(index=False, na_rep=""))


if __name__ == "__main__":
    main()
