"""Name every result that is damaged, missing, foreign, or older than what it was made of."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.errors import InputError
    from mie_x_lib.verify import summary, verify

    count, faults = verify(snakemake.params.folder)
    for fault in faults:
        tell(fault)
    if faults:
        raise InputError(summary(snakemake.params.folder, count, faults))
    tell(summary(snakemake.params.folder, count, faults))
