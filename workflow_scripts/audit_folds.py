"""Look for people who are tested among those from whom their networks have learned; fail where there is one."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from pathlib import Path

    from mie_x_lib.audit.leaks import Learned, audited, fold_leaks, shown_by_clips, shown_by_samples, trace
    from mie_x_lib.files import read_csv
    from workflow_scripts.audits import finish, read_everybody, read_shards

    folds, real = read_csv(snakemake.input.folds), read_csv(snakemake.input.real)
    learned = [
        Learned("real clips", str(fold), len(clips), shown_by_clips(clips, "real training clips"))
        for fold, clips in real.groupby("fold")
    ]
    shards = read_shards(snakemake)
    for path in map(Path, snakemake.input.rendered):
        samples = trace(read_csv(path), shards)
        learned.append(Learned("rendered pairs", path.stem, len(samples), shown_by_samples(samples)))
    for path in map(Path, snakemake.input.learned):
        network, people = path.parent.name, read_csv(path)
        crops = people.loc[people.index.repeat(people["crops"])]
        shown = shown_by_clips(crops, f"crops that the {network} learned from")
        learned.append(Learned(network, "all", len(crops), shown))

    everybody = read_everybody(snakemake, [folds, *(part.shown for part in learned)], set(folds["dataset"]))
    is_whole = snakemake.params.folds == "leave_one_dataset_out"
    finish(snakemake, audited(folds, learned, everybody, is_whole), fold_leaks(folds, everybody, is_whole))
