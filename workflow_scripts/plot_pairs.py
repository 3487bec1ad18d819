"""Draw a contact sheet of the first pairs of each label of a shard."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib.figures.canvas import COLOURS, save
    from mie_x_lib.figures.pairs import choose_pairs, pairs_sheet
    from mie_x_lib.files import read_csv
    from mie_x_lib.shards import read_images, read_table
    from mie_x_lib.terms import APEX_AUS, LABEL_NAMES, ONSET_AUS

    table = read_table(snakemake.input.shard)
    shown = table.iloc[choose_pairs(table["label"], snakemake.params.pairs)]
    people = read_table(snakemake.input.identities)["identity"]
    faces = shown["identity"].map({identity: row for row, identity in enumerate(people)})
    found = read_csv(snakemake.input.action_units).set_index("sample").loc[shown["sample"]]
    wanted, measured = (
        units[list(APEX_AUS)].to_numpy() - units[list(ONSET_AUS)].to_numpy() for units in (shown, found)
    )
    sheet = pairs_sheet(
        read_images(snakemake.input.identities, faces.to_numpy(int)),
        read_images(snakemake.input.shard, shown.index, frames=(0, -1)),
        wanted,
        measured,
        [f"{LABEL_NAMES[row.label]}, {row.au_dataset} {row.au_subject or row.au_clip}" for row in shown.itertuples()],
        [COLOURS[label] for label in shown["label"]],
        f"Faces of {snakemake.wildcards.id_source}, action units of {snakemake.wildcards.au_source}",
    )
    save(sheet, snakemake.output.figure, snakemake.output.figure_pdf)
