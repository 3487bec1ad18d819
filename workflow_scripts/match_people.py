"""Find the people who have several names in two datasets, or in one, and tell of those that may be others."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.people import find_links, remarks

    relation, columns = snakemake.params.relation, ["dataset", "subject", "path"]
    clips = read_csv(snakemake.input.clips, usecols=columns)
    links = find_links(clips, read_csv(snakemake.input.others, usecols=columns), **relation)
    for remark in remarks(links, relation["kind"]):
        tell(f"Warning: {remark}")
    write_csv(links, snakemake.output.people)
