"""Estimate the action units of every crop of a dataset."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    import numpy as np
    import pandas as pd

    from mie_x_lib.action_units import estimate
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.shards import read_images, read_table
    from mie_x_lib.terms import AU_NAMES

    if snakemake.params.warning:
        tell(snakemake.params.warning)
    crops = read_table(snakemake.input.crops)
    images, clips = read_images(snakemake.input.crops), read_csv(snakemake.input.clips)
    aus = estimate(snakemake.params.source, images, crops, clips, **snakemake.params.options)
    unmeasured = int(np.isnan(aus).any(axis=1).sum())
    if unmeasured:
        tell(f"Warning: no action units found in {unmeasured} of the {len(crops)} crops of {snakemake.input.crops}")
    write_csv(pd.concat([crops, pd.DataFrame(aus, columns=list(AU_NAMES))], axis=1), snakemake.output.action_units)
