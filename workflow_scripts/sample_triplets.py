"""Draw the AU triplets of one shard."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib import triplets
    from mie_x_lib.files import write_csv

    if snakemake.params.kind == "expert":
        source = triplets.read_expert_table(snakemake.input.source)
    else:
        source = triplets.read_pool(snakemake.params.kind, snakemake.input.source, tell)
        never = source.never_drawn(snakemake.params.settings["min_change"])
        print(f"{never} of {len(set(source.clips))} clips are never drawn: no action unit of theirs changes enough")
    drawn = triplets.draw(
        source,
        snakemake.wildcards.au_source,
        int(snakemake.wildcards.shard),
        snakemake.params.identities_per_shard,
        snakemake.params.seed,
        clips=snakemake.params.clips,
        **snakemake.params.settings,
    )
    print(f"{len(drawn)} triplets; {drawn.attrs['rejected']} drawn again because no action unit changed enough")
    write_csv(drawn, snakemake.output.triplets)
