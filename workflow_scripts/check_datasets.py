"""Tell what lies in the datasets' folders beside what was published, and name all that is missing."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    import pandas as pd

    from mie_x_lib.corpora.inventory import take_stock, total
    from mie_x_lib.errors import InputError
    from mie_x_lib.folds.enough_people import refuse_many_folds, refuse_too_few, size_line

    counts, remarks, faults = take_stock(snakemake.params.datasets)
    sums = [total(counts, datasets, name) for name, datasets in snakemake.params.together.items() if len(datasets) > 1]
    table = pd.concat([counts, *sums], ignore_index=True)
    table["differs"] = (table["found"] != table["published"]).map({True: "yes"})
    if table.empty and not faults:
        tell(
            "No row of a table in uf1_table needs a dataset with a root, so that nothing was looked at. Name yours in "
            "evaluations or au_sources, and these in a row (docs/own_data.md)."
        )
    elif not table.empty:
        tell(table.astype("string").fillna("").to_string(index=False))
    for remark in remarks:
        tell(f"Warning: {remark}")
    people = counts[counts["what"] == "subjects"].set_index("dataset")["found"]

    def number_of_people(datasets):
        """None where it is not known of all of them."""
        return int(people[datasets].sum()) if set(datasets) <= set(people.dropna().index) else None

    for name, folds in snakemake.params.folds.items():
        try:
            refuse_many_folds(name, folds, number_of_people(snakemake.params.together[name]))
        except InputError as error:
            faults.append(str(error))
    for size in snakemake.params.needed_people:
        there = number_of_people(size.pop("datasets"))
        try:
            # Of a dataset with too few people there is a fault already.
            refuse_too_few(**size, there=None)
            tell(size_line(**size, there=there))
        except InputError as error:
            faults.append(str(error))
    for fault in faults:
        tell(f"Fault: {fault}")
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise InputError(f"{count}, named above; complete the datasets and check again")
