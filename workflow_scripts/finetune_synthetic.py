"""Go on training a synthetic network on the real clips outside one fold, and test it on those in it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib import weights
    from mie_x_lib.classifiers import classifier_class
    from mie_x_lib.training import ClassifierSettings, train_classifier
    from workflow_scripts.recognition import in_fold, read_evaluation, save_results

    settings = ClassifierSettings(**snakemake.params.settings)
    pairs, clips = read_evaluation(snakemake.input.crops, snakemake.input.folds)
    test = in_fold(clips, snakemake.wildcards.fold)
    kind = classifier_class(snakemake.wildcards.classifier)
    for place, (seed, initial) in enumerate(zip(snakemake.params.seeds, snakemake.input.initial, strict=True)):
        network = weights.load(initial, "classifier", kind)
        curve = train_classifier(network, pairs[~test], clips.loc[~test, "label"], settings, seed)
        arguments = snakemake.params.classifier
        save_results(snakemake.output, place, network, arguments, settings, curve, pairs[test], clips[test])
