"""What the two audits share: what lies in the shards, and how a leak ends the run."""

from collections.abc import Collection

import pandas as pd

from mie_x_lib import shards
from mie_x_lib.audit.leaks import REMEDY
from mie_x_lib.audit.register import Register, register
from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv, write_csv


def read_shards(snakemake) -> dict[str, pd.DataFrame]:
    """The table of each shard, by path, with the dataset of its faces."""
    datasets = snakemake.params.identity_datasets
    return {
        path: shards.read_table(path).assign(id_dataset=datasets[shards.read_attributes(path)["id_source"]])
        for path in snakemake.input.shards
    }


def read_everybody(snakemake, names: list[pd.DataFrame], tested: Collection[str] = ()) -> Register:
    """Who is one person, of all names of some tables with dataset and subject, and of all in the tested datasets.

    Names that nothing learned from may be what makes two others one person: those of the user's own folders, of
    datasets that the config ties to others, and of datasets from which nothing learned at all count too. Of published
    photographs there may be a million.
    """
    entries = snakemake.params.datasets
    clips = pd.concat([read_csv(path, usecols=["dataset", "subject", "path"]) for path in snakemake.input.clips])
    whole = {name for name, entry in entries.items() if entry["layout"] == "videos" or entry["same_people_as"]}
    whole |= {*tested, *(set(clips["dataset"]) - set(pd.concat(names)["dataset"]))}
    return register(pd.concat([*names, clips[clips["dataset"].isin(whole)]]), clips, entries)


def finish(snakemake, report: pd.DataFrame, leaks: list[str]) -> None:
    """Write the report, unless there is a leak, which ends the run; leaks: those that belong to none of its rows."""
    found = report[report["leaks"] > 0]
    all_leaks = leaks + [f"{row.trained_on} of fold {row.fold}: {row.found}" for row in found.itertuples()]
    if all_leaks:
        raise InputError("test subjects leak into training:\n" + "\n".join([*all_leaks, REMEDY]))
    report.insert(0, "variant", snakemake.wildcards.variant)
    write_csv(report, snakemake.output.audit)
