"""Tell what lies in the datasets' folders beside what was published, and name all that is missing."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    import pandas as pd

    from mie_x_lib.corpora.inventory import take_stock, total
    from mie_x_lib.errors import InputError

    counts, remarks, faults = take_stock(snakemake.params.datasets)
    together = total(counts, snakemake.params.together, snakemake.params.name)
    table = pd.concat([counts, together], ignore_index=True)
    table["differs"] = (table["found"] != table["published"]).map({True: "yes"})
    if table.empty:
        tell("No row of the table needs a dataset with a root.")
    else:
        tell(table.astype("string").fillna("").to_string(index=False))
    for remark in remarks:
        tell(f"Warning: {remark}")
    for fault in faults:
        tell(f"Fault: {fault}")
    if faults:
        raise InputError(f"{len(faults)} faults, named above; complete the datasets and check again")
