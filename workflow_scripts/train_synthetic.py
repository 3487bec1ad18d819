"""Train a classifier on rendered pairs alone, and test it on the real clips of its fold."""

from typing import TYPE_CHECKING

from workflow_scripts.job import job

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with job(snakemake) as tell:
    from mie_x_lib.classifiers.experiment import TrainingSet, real_test_set
    from mie_x_lib.dataset import ShardImages, held_where_few
    from mie_x_lib.files import read_csv
    from workflow_scripts.recognition import read_evaluation, train_each_seed, without_left_out

    if snakemake.params.warning:
        tell(snakemake.params.warning)
    samples, held_out = without_left_out(snakemake, read_csv(snakemake.input.training_set))
    train_each_seed(
        snakemake,
        lambda _place, build, arguments: build(**arguments),
        TrainingSet(samples["label"].to_numpy(), lambda rows: held_where_few(ShardImages(samples[rows])), held_out),
        real_test_set(*read_evaluation(snakemake), snakemake.wildcards.fold),
    )
