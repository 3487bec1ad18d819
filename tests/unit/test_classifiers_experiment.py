import numpy as np
import pandas as pd
import pytest
import torch

from mie_x_lib.classifiers.experiment import TrainingSet, first_network, in_fold, split_real_clips, train_and_test
from mie_x_lib.classifiers.training import ClassifierSettings, predict

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
    table = pd.DataFrame({"dataset": "samm", "subject": [f"s{row // 3}" for row in rows], "clip": rows})
    table = table.assign(emotion="", label=[row % 3 for row in rows], fold=[row // 6 for row in rows])
    return table, np.random.default_rng(0).integers(0, 256, (12, 2, 32, 32, 3), dtype=np.uint8)


def network(seed=0):
    return first_network("apex", ARGUMENTS, "random", seed)


def test_clips_outside_a_fold_are_trained_on_and_those_in_it_tested(clips):
    training_set, test_set = split_real_clips(*clips, "1")
    assert set(training_set.people["subject"]) == {"s0", "s1"}
    assert test_set.clips["clip"].tolist() == list(range(6, 12))
    np.testing.assert_array_equal(test_set.pairs, clips[1][6:])
    np.testing.assert_array_equal(training_set.pairs_of(np.arange(6) == 2), clips[1][[2]])
    assert in_fold(clips[0], "all").all()


def test_predictions_are_those_of_the_network_for_every_test_clip(clips):
    made = network()
    curve, predictions = train_and_test(made, *split_real_clips(*clips, "0"), CLASSES, QUICK, 0, learned_before=100)
    assert len(curve) == 2
    assert "watched_uf1" not in curve
    scores = predict(made, clips[1][:6], QUICK)
    np.testing.assert_allclose(predictions[[f"score_{name}" for name in CLASSES]], scores, rtol=1e-5)
    assert predictions["predicted"].tolist() == scores.argmax(axis=1).tolist()
    assert predictions["training_samples"].unique().tolist() == [106]


def test_subjects_that_choose_the_epoch_are_not_trained_on(clips):
    training_set, test_set = split_real_clips(*clips, "0")
    chosen = []
    seen = TrainingSet(
        training_set.people, training_set.labels, lambda rows: chosen.append(rows) or training_set.pairs_of(rows)
    )
    held_out = {"share": 0.5, "seed": 1}
    curve, predictions = train_and_test(network(), seen, test_set, CLASSES, QUICK, 0, "held_out_subjects", held_out)
    watched, trained = chosen
    np.testing.assert_array_equal(watched, ~trained)
    assert len(set(training_set.people["subject"][watched])) == 1
    assert curve["watched_uf1"].notna().all()
    assert predictions["training_samples"].unique().tolist() == [3]


def test_the_test_fold_can_be_watched(clips):
    curve, _ = train_and_test(network(), *split_real_clips(*clips, "0"), CLASSES, QUICK, 0, "test_fold")
    assert curve["watched_uf1"].notna().all()


def test_a_seed_begins_with_the_same_weights():
    first, again, other = (network(seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
