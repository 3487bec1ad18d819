"""Write tables as pages that a browser shows."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    import pandas as pd

    from mie_x_lib.files import read_csv, write_text
    from mie_x_lib.tables import au_means, uf1
    from mie_x_lib.tables.pages import TITLES, page

    # These tables have a form for papers, which is easier to read than every column.
    presented = {"uf1_table": uf1.presented, "au_means": au_means.presented}
    for name, path in snakemake.output.items():
        sources = snakemake.input[name]
        if isinstance(sources, str):
            table = read_csv(sources)
        else:
            # The column `of` says compmie/mmew where rows come from results/audits/compmie/mmew.csv.
            parts = {"/".join(Path(source).with_suffix("").parts[2:]): read_csv(source) for source in sources}
            table = pd.concat(parts, names=["of"]).reset_index("of") if parts else pd.DataFrame()
        if name in presented and len(table):
            table = presented[name](table)
        write_text(page(TITLES[name], table), path)
