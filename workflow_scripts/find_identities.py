"""Find and judge the faces of one shard of an identity source's photographs."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.errors import InputError
    from mie_x_lib.files import read_csv, write_csv
    from mie_x_lib.frames.identities import find_identities
    from mie_x_lib.settings.frames import FrameSettings, IdentityLimits
    from mie_x_lib.shards import write_images

    photographs = read_csv(snakemake.input.clips)
    first, last = snakemake.params.numbers
    if len(photographs) < last:
        raise InputError(
            f"{snakemake.input.clips}: {len(photographs)} photographs, but id_sources.{snakemake.wildcards.id_source}"
            f".identities asks for number {last}; lower it or add photographs"
        )
    settings = FrameSettings(**snakemake.params.settings, threads=snakemake.threads)
    limits = IdentityLimits(**snakemake.params.limits)
    faces, thumbnails = find_identities(photographs[first:last], first, settings, limits, tell)
    write_csv(faces, snakemake.output.faces)
    usable = faces.loc[faces["problem"] == "", ["subject", "clip", "number"]]
    write_images(snakemake.output.thumbnails, thumbnails, usable, {})
