"""Find and judge the faces of one shard of an identity source's people."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.copies import fingerprint_table
    from mie_x_lib.frames.identities import find_identities, number_people
    from mie_x_lib.settings.frames import FrameSettings, IdentityLimits
    from mie_x_lib.shards import write_images

    photographs = number_people(read_csv(snakemake.input.clips))
    first, last = snakemake.params.numbers
    people = photographs["number"].nunique()
    if people < last:
        raise InputError(
            f"{snakemake.input.clips}: photographs of {people} people, but id_sources.{snakemake.wildcards.id_source}"
            f".identities asks for number {last}; lower it or add people"
        )
    photographs = photographs[photographs["number"].between(first, last - 1)]
    settings = FrameSettings(**snakemake.params.settings, threads=snakemake.threads)
    limits = IdentityLimits(**snakemake.params.limits)
    faces, thumbnails = find_identities(photographs, settings, limits, tell)
    write_csv(faces, snakemake.output.faces)
    usable = faces.loc[faces["problem"] == "", ["clip", "number"]].reset_index(drop=True)
    write_images(snakemake.output.thumbnails, thumbnails, usable.join(fingerprint_table(thumbnails)), {})
