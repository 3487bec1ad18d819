"""What the default run left behind, for the measurements that look at it."""

from pathlib import Path

import pandas as pd

from mie_x_lib.files import read_csv
from rules.configuration import complete

CONFIG: dict = {}
complete(CONFIG)


def simulated_sets(kind: str) -> list[str]:
    """Names of the simulated sets of a kind (micro, macro, photograph) in the default experiment."""
    return [name for name, settings in CONFIG["simulated"].items() if settings["kind"] == kind]


def read_result(stage: str, dataset: str) -> pd.DataFrame:
    """The table of a dataset at a stage; ends the program where the default run has not made it."""
    path = Path("results", stage, f"{dataset}.csv")
    if not path.exists():
        raise SystemExit(f"{path} is missing: make the default run first (README.md), and start this in the root")
    return read_csv(path)
