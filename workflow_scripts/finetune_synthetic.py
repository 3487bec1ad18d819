"""Go on training a synthetic network on the real clips outside one fold, and test it on those in it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib import weights
    from mie_x_lib.classifiers import classifier_class
    from workflow_scripts.recognition import in_fold, read_evaluation, train_and_test

    pairs, clips = read_evaluation(snakemake.input.crops, snakemake.input.folds)
    test = in_fold(clips, snakemake.wildcards.fold)
    kind = classifier_class(snakemake.wildcards.classifier)
    train_and_test(
        snakemake,
        lambda _seed, place, _arguments: weights.load(snakemake.input.initial[place], "classifier", kind),
        clips.loc[~test, ["dataset", "subject"]],
        clips.loc[~test, "label"].to_numpy(),
        lambda chosen: pairs[~test][chosen],
        pairs[test],
        clips[test],
        learned_before=snakemake.params.rendered,
    )
