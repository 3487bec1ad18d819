"""What the trainings of generator and AU network share: whom they leave out, and from whom they learned."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.people import People


def not_tested(snakemake, crops: pd.DataFrame, tell: Callable[[str], None]) -> np.ndarray:
    """Which crops show nobody whom an evaluation tests, as far as the config ties their datasets: (N,) bool.

    crops: N rows with dataset and subject. tell: gets a line that counts who is left out.
    """
    if crops.empty:
        raise InputError(
            f"{snakemake.rule}: no crop to train on; the tables results/frames/<dataset>.report.csv say why no clip of "
            f"{snakemake.rule.removeprefix('train_')}_training.datasets was cut"
        )
    people = People(*map(read_csv, snakemake.input.people))
    tested = people.are_in(crops["dataset"], crops["subject"], snakemake.params.tested)
    if tested.all():
        raise InputError(f"{snakemake.rule}: everybody is tested in an evaluation; name other datasets to train on")
    if tested.any():
        count = len(set(people.persons(*(crops.loc[tested, name] for name in ("dataset", "subject")))))
        tell(f"Warning: {count} people left out ({tested.sum()} crops), whom evaluations test")
    return ~tested


def write_people(crops: pd.DataFrame, path: str) -> None:
    """Write who was learned from: dataset, subject and number of crops."""
    write_csv(crops.groupby(["dataset", "subject"]).size().reset_index(name="crops"), path)
