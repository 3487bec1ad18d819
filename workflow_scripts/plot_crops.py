"""Draw a contact sheet of a dataset's clips: boxes, crops and apexes, to be looked at."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.clip_views import choose_clips, view_clips
    from mie_x_lib.figures.crops import contact_sheet
    from mie_x_lib.files import read_csv

    clips, report = read_csv(snakemake.input.clips), read_csv(snakemake.input.report)
    chosen = choose_clips(report, snakemake.params.shown)
    views = view_clips(
        clips.iloc[chosen],
        report.iloc[chosen],
        snakemake.input.crops,
        snakemake.params.margin,
        curves=snakemake.params.role == "micro",
        is_tracked=snakemake.params.tracking == "tracked",
    )
    title = f"{snakemake.wildcards.dataset}: {len(views)} of {len(clips)} clips, {report['problem'].count()} not cut"
    save(contact_sheet(views, title), snakemake.output.figure, snakemake.output.figure_pdf)
