"""Average the action units of every AU source that comes from clips: table and figure."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.figures.action_units import au_means_bars
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.files import read_csv, write_csv, write_text
    from mie_x_lib.people import People
    from mie_x_lib.tables.au_means import au_means, presented, shown
    from mie_x_lib.tables.markup import latex_table, markdown_table
    from mie_x_lib.triplets import read_pool

    means = au_means(
        {
            (source["kind"], name): read_pool(source["kind"], source["action_units"], tell)
            for name, source in snakemake.params.sources.items()
        },
        People(*map(read_csv, snakemake.input.people)),
    )
    write_csv(means.round(4), snakemake.output.means)
    rows = shown(means, snakemake.params.shown)
    texts = presented(rows)
    write_text(markdown_table(texts), snakemake.output.markdown)
    write_text(latex_table(texts), snakemake.output.latex)
    save(au_means_bars(rows), snakemake.output.figure, snakemake.output.figure_pdf)
