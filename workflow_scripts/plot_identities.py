"""Draw a contact sheet of an identity source's first photographs, to be looked at."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.clip_views import choose_clips, view_clips
    from mie_x_lib.figures.crops import contact_sheet
    from mie_x_lib.files import read_csv

    report, photographs = read_csv(snakemake.input.report), read_csv(snakemake.input.faces)
    chosen = choose_clips(report, snakemake.params.shown)
    views = view_clips(
        photographs.iloc[chosen], report.iloc[chosen], snakemake.input.crops, snakemake.params.margin, curves=False
    )
    problems = report["problem"].count()
    title = f"{snakemake.wildcards.id_source}: {len(views)} of the first {len(report)} photographs, {problems} not cut"
    save(contact_sheet(views, title), snakemake.output.figure, snakemake.output.figure_pdf)
