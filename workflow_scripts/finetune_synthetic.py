"""Go on training a synthetic network on the real clips outside one fold, and test it on those in it."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake):
    from mie_x_lib import weights
    from mie_x_lib.classifiers import classifier_class
    from mie_x_lib.classifiers.experiment import split_real_clips
    from workflow_scripts.recognition import read_evaluation, train_each_seed

    kind = classifier_class(snakemake.wildcards.classifier)
    train_each_seed(
        snakemake,
        lambda _seed, place, _arguments: weights.load(snakemake.input.initial[place], "classifier", kind),
        *split_real_clips(*read_evaluation(snakemake), snakemake.wildcards.fold),
        learned_before=snakemake.params.rendered,
    )
