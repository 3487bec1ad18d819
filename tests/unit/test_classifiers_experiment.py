import numpy as np
import pandas as pd
import pytest
import torch

from mie_x_lib.classifiers import classifier_class, experiment
from mie_x_lib.classifiers.experiment import (
    TrainingSet,
    first_network,
    in_fold,
    real_test_set,
    real_training_set,
    train_and_test,
)
from mie_x_lib.classifiers.training import ClassifierSettings, predict
from mie_x_lib.errors import InputError

CLASSES = ("negative", "positive", "surprise")
QUICK = ClassifierSettings(epochs=2, crop=16, crop_share=0.5, batch_size=8, precision="float32")
ARGUMENTS = {"width": 2, "dropout": 0.1, "labels": 3}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def clips():
    """Twelve clips of four people in two folds, and their pairs."""
    rows = range(12)
    subjects, names = [f"s{row // 3}" for row in rows], [f"c{row}" for row in rows]
    table = pd.DataFrame({"dataset": "samm", "subject": subjects, "clip": names, "emotion": "", "person": subjects})
    table = table.assign(label=[row % 3 for row in rows], fold=[row // 6 for row in rows])
    return table, np.random.default_rng(0).integers(0, 256, (12, 2, 32, 32, 3), dtype=np.uint8)


def sets(table, pairs, fold, held_out=None):
    """The clips outside a fold, to train on, and those in it."""
    trained = table[table["fold"] != int(fold)].reset_index(drop=True)
    return real_training_set(table, pairs, trained, held_out), real_test_set(table, pairs, fold)


def network(seed=0):
    return first_network(classifier_class("apex"), "random", seed, **ARGUMENTS)


def test_clips_of_a_training_set_are_trained_on_and_those_of_a_fold_tested(clips):
    table, pairs = clips
    training_set = real_training_set(table, pairs, table.loc[[4, 1, 2], ["dataset", "subject", "clip", "label"]])
    assert training_set.labels.tolist() == [1, 1, 2]
    np.testing.assert_array_equal(training_set.pairs_of(np.array([True, False, True])), pairs[[4, 2]])
    test_set = real_test_set(table, pairs, "1")
    assert test_set.clips["clip"].tolist() == [f"c{row}" for row in range(6, 12)]
    np.testing.assert_array_equal(test_set.pairs, pairs[6:])
    assert in_fold(table, "all").all()


def test_a_training_set_has_clips_and_only_those_that_there_are(clips):
    with pytest.raises(InputError, match="no clip to train on"):
        real_training_set(*clips, clips[0][:0])
    with pytest.raises(InputError, match="samm/s0/gone is no clip"):
        real_training_set(*clips, clips[0][:2].assign(clip=["c0", "gone"]))


def test_predictions_are_those_of_the_network_for_every_test_clip(clips):
    made = network()
    before = {"training_samples": 100, "training_steps": 40, "training_epochs": 5}
    curve, predictions = train_and_test(made, *sets(*clips, "0"), CLASSES, QUICK, 0, before=before)
    assert len(curve) == 2
    assert "watched_uf1" not in curve
    scores = predict(made, clips[1][:6], QUICK)
    np.testing.assert_allclose(predictions[[f"score_{name}" for name in CLASSES]], scores, rtol=1e-5)
    assert predictions["predicted"].tolist() == scores.argmax(axis=1).tolist()
    # Six clips are one batch: two epochs are two steps.
    assert predictions[list(before)].drop_duplicates().to_numpy().tolist() == [[106, 42, 7]]


def test_samples_that_choose_the_epoch_are_not_trained_on(clips):
    held_out = np.arange(6) < 2
    training_set, test_set = sets(*clips, "0", held_out)
    chosen = []
    seen = TrainingSet(
        training_set.labels, lambda rows: chosen.append(rows) or training_set.pairs_of(rows), training_set.held_out
    )
    curve, predictions = train_and_test(network(), seen, test_set, CLASSES, QUICK, 0, "held_out_subjects")
    watched, trained = chosen
    np.testing.assert_array_equal(watched, held_out)
    np.testing.assert_array_equal(trained, ~held_out)
    assert curve["watched_uf1"].notna().all()
    assert predictions["training_samples"].unique().tolist() == [4]


def test_somebody_has_to_choose_the_epoch(clips):
    with pytest.raises(ValueError, match="nobody is held out"):
        train_and_test(network(), *sets(*clips, "0"), CLASSES, QUICK, 0, "held_out_subjects")


def test_the_test_fold_can_be_watched(clips):
    curve, _ = train_and_test(network(), *sets(*clips, "0"), CLASSES, QUICK, 0, "test_fold")
    assert curve["watched_uf1"].notna().all()


@pytest.mark.parametrize(
    ("chosen_by", "keep", "watched"),
    [("last_epoch", "last", None), ("held_out_subjects", "best", [6, 7]), ("test_fold", "best", range(6))],
)
def test_the_best_epoch_is_kept_where_clips_are_watched_and_the_last_where_none_are(
    clips, monkeypatch, chosen_by, keep, watched
):
    asked = []

    def train_classifier(*args, **options):
        asked.append(options)
        return pd.DataFrame({"steps": [1]})

    monkeypatch.setattr(experiment, "train_classifier", train_classifier)
    train_and_test(network(), *sets(*clips, "0", np.arange(6) < 2), CLASSES, QUICK, 0, chosen_by)
    assert [options["keep"] for options in asked] == [keep]
    if watched is None:
        assert asked[0]["watched"] is None
    else:
        pairs, labels = asked[0]["watched"]
        np.testing.assert_array_equal(pairs, clips[1][watched])
        assert labels.tolist() == [row % 3 for row in watched]


def test_a_seed_begins_with_the_same_weights():
    first, again, other = (network(seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
