"""Train a classifier on the real clips outside one fold, and test it on the clips in it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from workflow_scripts.recognition import freshly_initialised, in_fold, read_evaluation, train_and_test

    pairs, clips = read_evaluation(snakemake.input.crops, snakemake.input.folds)
    test = in_fold(clips, snakemake.wildcards.fold)
    train_and_test(
        snakemake,
        freshly_initialised(snakemake),
        clips.loc[~test, ["dataset", "subject"]],
        clips.loc[~test, "label"].to_numpy(),
        lambda chosen: pairs[~test][chosen],
        pairs[test],
        clips[test],
    )
