"""Write tables as pages that a browser shows."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import pandas as pd

    from mie_x_lib.files import read_csv, write_text
    from mie_x_lib.pages import page
    from mie_x_lib.tables import presented

    for name, path in snakemake.output.items():
        sources = snakemake.input[name]
        parts = [read_csv(source) for source in ([sources] if isinstance(sources, str) else sources)]
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        write_text(page(snakemake.params.titles[name], presented(table) if name == "uf1_table" else table), path)
