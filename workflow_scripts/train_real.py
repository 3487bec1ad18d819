"""Train a classifier on the real clips outside one fold, and test it on the clips in it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    import torch

    from mie_x_lib.classifiers import classifier_class
    from mie_x_lib.training import ClassifierSettings, train_classifier
    from workflow_scripts.recognition import in_fold, read_evaluation, save_results

    arguments = snakemake.params.classifier
    settings = ClassifierSettings(**snakemake.params.settings)
    pairs, clips = read_evaluation(snakemake.input.crops, snakemake.input.folds)
    test = in_fold(clips, snakemake.wildcards.fold)
    for place, seed in enumerate(snakemake.params.seeds):
        torch.manual_seed(seed)
        network = classifier_class(snakemake.wildcards.classifier)(**arguments, initial=snakemake.params.initial)
        curve = train_classifier(network, pairs[~test], clips.loc[~test, "label"], settings, seed)
        save_results(snakemake.output, place, network, arguments, settings, curve, pairs[test], clips[test])
