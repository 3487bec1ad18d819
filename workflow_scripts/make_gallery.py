"""Make a page that shows every rendered pair and every test clip in motion."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from itertools import chain
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from mie_x_lib.dataset import read_clip_pairs
    from mie_x_lib.files import read_csv, whole_folder
    from mie_x_lib.gallery.page import page_data, write_page
    from mie_x_lib.gallery.pictures import picture_text
    from mie_x_lib.gallery.records import clip_records, clips_tested, pair_records, row_predictions
    from mie_x_lib.gallery.samples import list_pairs, read_pairs, read_photographs, show_sample
    from mie_x_lib.progress import bar
    from mie_x_lib.tables.predictions import read_rows

    # In bytes; browsers take seconds to open more.
    large = 200_000_000

    given, output, params = snakemake.input, snakemake.output, snakemake.params
    predictions = read_rows(params.rows)
    pairs, clips = list_pairs(given.shards, params.settings["identities"]), clips_tested(predictions)
    frames = chain(read_pairs(pairs), read_clip_pairs(given.crops, clips))
    shown = [show_sample(sample) for sample in bar(frames, "looking at", "sample", total=len(pairs) + len(clips))]
    change = np.array([sample.change for sample in shown])
    measured = dict(
        zip(zip(*params.measured.values(), strict=True), map(read_csv, given.measured), strict=True),
    )
    records = pd.concat(
        [
            pair_records(pairs, measured, change[: len(pairs)]),
            clip_records(clips, list(map(read_csv, given.action_units)), change[len(pairs) :]),
        ],
        ignore_index=True,
    )
    photographs = read_photographs(given.identities, [Path(path).parent.name for path in given.identities])
    places = {person: place for place, person in enumerate(photographs)}
    data = page_data(
        records,
        [sample.frames for sample in shown],
        [places[person] for person in zip(pairs["id_source"], pairs["identity"], strict=True)] + [-1] * len(clips),
        row_predictions(params.rows, predictions, clips),
    )
    faces = map(picture_text, photographs.values())
    with whole_folder(output.pictures) as folder:
        beside = None if params.settings["one_file"] else folder
        write_page(Path(output.page), "MiE-X in motion", data, (sample.text for sample in shown), faces, beside)
    size = Path(output.page).stat().st_size
    if size > large:
        tell(
            f"Warning: {output.page} has {size / 1e6:.0f} MB, which a browser opens slowly; with gallery.one_file: "
            "false its pictures lie beside it, and gallery.identities shows the pairs of fewer photographs"
        )
