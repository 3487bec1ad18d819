"""Train the generator, going on from its last checkpoint where there is one."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake, least_threads=2) as tell:
    import shutil
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from PIL import Image

    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.curves import loss_curves
    from mie_x_lib.figures.generated import generated_samples
    from mie_x_lib.files import read_csv, whole
    from mie_x_lib.ganimation.checkpoints import read_start
    from mie_x_lib.ganimation.training import train
    from mie_x_lib.locks import alone_in
    from mie_x_lib.settings.generator import TrainingSettings
    from mie_x_lib.shards import read_images
    from mie_x_lib.terms import AU_NAMES, CLIP_NAME
    from workflow_scripts.training_people import not_tested, write_people

    images = np.concatenate([read_images(path) for path in snakemake.input.crops])
    frames = pd.concat(map(read_csv, snakemake.input.action_units), ignore_index=True)
    measured = frames[list(AU_NAMES)].notna().all(axis=1).to_numpy()
    if not measured.all():
        tell(f"Warning: {(~measured).sum()} crops left out, whose action units could not be measured")
        images, frames = images[measured], frames[measured]
    kept = not_tested(snakemake, frames, tell)
    if not kept.all():
        images, frames = images[kept], frames[kept]
    clip_ids = frames.groupby(CLIP_NAME).ngroup().to_numpy()

    settings = TrainingSettings(**snakemake.params.settings, seed=snakemake.params.seed)
    aus, folder = frames[list(AU_NAMES)].to_numpy(np.float32), Path(snakemake.params.directory)
    notes, events = {"au_scale": snakemake.params.au_scale}, Path(snakemake.log[0]).with_suffix("")
    initial = snakemake.input.initial
    start = read_start(initial, len(AU_NAMES)) if initial else None
    with alone_in(folder):
        train(images, aus, clip_ids, settings, folder, events=events, notes=notes, start_from=start)
        write_people(frames, snakemake.output.people)
        save(loss_curves(read_csv(folder / "losses.csv")), snakemake.output.curves, snakemake.output.curves_pdf)
        with Image.open(folder / "samples.png") as grid:
            save(generated_samples(np.asarray(grid)), snakemake.output.samples, snakemake.output.samples_pdf)
        for path in (snakemake.output.weights, snakemake.output.losses):
            with whole(path) as part:
                shutil.copyfile(folder / Path(path).name, part)
