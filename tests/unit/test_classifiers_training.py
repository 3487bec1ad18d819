import multiprocessing

import numpy as np
import pandas as pd
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from mie_x_lib.classifiers import training
from mie_x_lib.classifiers.networks.apex import Apex
from mie_x_lib.classifiers.networks.branches import Branches
from mie_x_lib.classifiers.training import augment, predict, train_classifier
from mie_x_lib.errors import InputError
from mie_x_lib.learning.resnet import to_input
from mie_x_lib.settings.recognition import ClassifierSettings
from mie_x_lib.tables.metrics import confusion, uf1

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
QUICK = ClassifierSettings(epochs=2, crop=16, crop_share=0.5, batch_size=8, precision="float32")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data():
    """Pairs whose label is the channel in which the apex differs from the onset."""
    random = np.random.default_rng(0)
    labels = np.arange(30) % 3
    onset = random.integers(60, 140, (30, 32, 32, 3), dtype=np.uint8)
    apex = onset.copy()
    apex[range(30), 8:24, 8:24, labels] += 80
    return np.stack([onset, apex], axis=1), labels


def trained(data, settings, seed=0, build=Branches, **options):
    torch.manual_seed(seed)
    network = build(width=2, dropout=0.1)
    curve = train_classifier(network, *data, settings, seed, device=CPU, **options)
    return network, curve


def same(first, second):
    """Whether two networks have the same weights, bit for bit."""
    states = first.state_dict(), second.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.slow
def test_it_learns_what_can_be_learnt(data):
    settings = QUICK.model_copy(update=dict(epochs=25, learning_rate=1e-2, schedule="one_cycle", colour=0.05))
    torch.manual_seed(0)
    network = Apex(width=4, dropout=0)
    curve = train_classifier(network, *data, settings, 0, device=CPU)
    assert list(curve) == ["epoch", "steps", "loss", "uf1", "learning_rate"]
    assert curve["loss"].iloc[-5:].mean() < 0.7 * curve["loss"].iloc[:5].mean()
    assert curve["uf1"].iloc[-5:].mean() > curve["uf1"].iloc[:5].mean() + 0.3
    assert curve["epoch"].tolist() == list(range(1, 26))
    assert (predict(network, data[0], settings, CPU).argmax(1) == data[1]).mean() > 0.9
    assert curve["learning_rate"].max() == pytest.approx(1e-2, rel=0.1)
    assert curve["learning_rate"].iloc[-1] < 1e-3


class Divided(nn.Linear):
    """Scores that are divided by 0 while it learns, or afterwards."""

    def __init__(self, learning):
        super().__init__(2 * 3 * 16 * 16, 3)
        self.learning = learning

    def forward(self, pairs):
        return super().forward(pairs.flatten(1)) / (0 if self.training == self.learning else 1)


def test_scores_that_are_no_numbers_are_told_and_stand_in_no_table(data):
    with pytest.raises(InputError, match=r"^Divided: the loss of epoch 1 is no number; look for what divides by 0"):
        train_classifier(Divided(learning=True), *data, QUICK, 0, device=CPU)
    network = Divided(learning=False)
    train_classifier(network, *data, QUICK, 0, device=CPU)
    with pytest.raises(InputError, match="Divided: a score of it is no number"):
        predict(network, data[0], QUICK, CPU)


class Volume(nn.Module):
    """A convolution over both frames at once, and numbers for every place of a pair."""

    def __init__(self):
        super().__init__()
        self.flat, self.deep, self.head = nn.Conv2d(6, 3, 3), nn.Conv3d(3, 4, (2, 3, 3)), nn.Linear(7, 3)
        self.places = nn.Parameter(torch.zeros(1, 2, 3, 1, 1))
        self.register_buffer("scale", torch.ones(1, 2, 3, 1, 1))

    def forward(self, pairs):
        pairs = pairs * self.scale + self.places
        maps = self.flat(pairs.flatten(1, 2)).mean((2, 3)), self.deep(pairs.transpose(1, 2)).mean((2, 3, 4))
        return self.head(torch.cat(maps, dim=1))


def test_a_network_may_have_tensors_of_five_axes_and_those_of_four_are_channels_last(data):
    network = Volume()
    train_classifier(network, *data, QUICK, 0, device=CPU)
    assert predict(network, data[0], QUICK, CPU).shape == (30, 3)
    assert network.flat.weight.stride() == nn.Conv2d(6, 3, 3).to(memory_format=torch.channels_last).weight.stride()


def test_the_same_seed_gives_the_same_network_and_another_seed_another(data):
    first, curve = trained(data, QUICK)
    torch.manual_seed(99)
    again, curve_again = trained(data, QUICK)
    other, _ = trained(data, QUICK, seed=1)
    assert same(first, again)
    assert not same(first, other)
    pd.testing.assert_frame_equal(curve, curve_again)


def test_pairs_that_the_device_holds_give_the_same_network_without_another_process(data, monkeypatch):
    pairs, labels = data
    expected, _ = trained(data, QUICK)
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", lambda _: pytest.fail("a process was started"))
    network, _ = trained((torch.from_numpy(pairs), labels), QUICK.model_copy(update=dict(workers=2)))
    assert same(expected, network)
    np.testing.assert_array_equal(
        predict(network, torch.from_numpy(pairs), QUICK, CPU), predict(expected, pairs, QUICK, CPU)
    )


@pytest.mark.parametrize(("steps", "epochs"), [(1, 1), (5, 1), (7, 2), (12, 3), (13, 3), (16, 4)])
def test_a_length_in_steps_is_rounded_to_whole_epochs(data, steps, epochs):
    """30 pairs are four batches."""
    by_steps, curve = trained(data, QUICK.model_copy(update=dict(steps=steps, schedule="one_cycle")))
    by_epochs, _ = trained(data, QUICK.model_copy(update=dict(epochs=epochs, schedule="one_cycle")))
    assert curve["steps"].tolist() == [4 * epoch for epoch in range(1, epochs + 1)]
    assert same(by_steps, by_epochs)


def test_steps_are_those_of_the_optimiser(data, monkeypatch):
    taken = []
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *_, **__: taken.append(1))
    _, curve = trained(data, QUICK)
    assert curve["steps"].tolist() == [4, 8]
    assert len(taken) == 8


def test_a_step_goes_by_the_gradient_of_its_own_batch_alone(data, monkeypatch):
    gradients = []
    monkeypatch.setattr(
        torch.optim.Adam,
        "step",
        lambda optimiser, *_, **__: gradients.append(
            torch.cat([weight.grad.flatten() for group in optimiser.param_groups for weight in group["params"]])
        ),
    )
    # All pairs are one batch, always seen in the same way, and nothing is learned between.
    still = dict(epochs=3, batch_size=30, rotation=0, colour=0, crop_share=1, flip=False, gradient_clip=1e9)
    torch.manual_seed(0)
    train_classifier(Branches(width=2, dropout=0), *data, QUICK.model_copy(update=still), 0, device=CPU)
    assert len(gradients) == 3
    for later in gradients[1:]:
        torch.testing.assert_close(later, gradients[0], rtol=1e-3, atol=1e-6)


def test_the_curve_has_the_mean_loss_of_all_pairs(data, monkeypatch):
    """30 pairs in batches of 11, 11 and 8."""
    monkeypatch.setattr(torch.optim.Adam, "step", lambda *_, **__: None)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(2 * 3 * 32 * 32, 3))
    still = dict(epochs=2, batch_size=11, crop=32, rotation=0, colour=0, crop_share=1, flip=False)
    settings = QUICK.model_copy(update=still)
    curve = train_classifier(network, *data, settings, 0, device=CPU)
    scores = predict(network, data[0], settings, CPU)
    np.testing.assert_allclose(curve["loss"], -np.log(scores[range(30), data[1]]).mean(), rtol=1e-4)
    np.testing.assert_allclose(curve["uf1"], uf1(confusion(data[1], scores.argmax(1), classes=3)))


@pytest.mark.parametrize("crop_share", [0.5, 0.25])
def test_a_pair_is_turned_and_neither_stretched_nor_skewed(crop_share):
    """Red says how far right a pixel is, green how far down: their slopes in a crop are its turn and its scale."""
    across = np.arange(64, dtype=np.uint8) * 4
    picture = np.stack(np.broadcast_arrays(across[None, :], across[:, None], 0), axis=-1).astype(np.uint8)
    pairs = torch.from_numpy(np.broadcast_to(picture, (6, 2, 64, 64, 3)).copy())

    def slopes(rotation):
        still = dict(rotation=rotation, colour=0, flip=False, crop=16, crop_share=crop_share)
        inputs = augment(pairs, QUICK.model_copy(update=still), torch.Generator().manual_seed(0))[:, 0, :2]
        # The middle, which no turn takes over the rim.
        middle = inputs[..., 6:10, 6:10]
        return torch.stack([middle.diff(dim=3).mean((2, 3)), middle.diff(dim=2).mean((2, 3))], dim=2)

    scale = slopes(0).diagonal(dim1=1, dim2=2)[:, :, None]
    turned = slopes(40) / scale
    assert turned[:, 0, 1].abs().max() > 0.3
    torch.testing.assert_close(turned @ turned.mT, torch.eye(2).expand(6, 2, 2), atol=0.05, rtol=0)


def test_turns_and_shifts_reach_as_far_as_asked_for(monkeypatch):
    drawn = []

    def sampled(joined, transforms, crop):
        drawn.append(transforms)
        return joined.unflatten(1, (2, 3))

    monkeypatch.setattr(training, "_sampled", sampled)
    settings = QUICK.model_copy(update=dict(rotation=10, crop_share=0.8, flip=False, colour=0))
    augment(torch.zeros(1000, 2, 16, 16, 3, dtype=torch.uint8), settings, torch.Generator().manual_seed(0))
    (transforms,) = drawn
    assert 9.9 < torch.atan2(transforms[:, 1, 0], transforms[:, 0, 0]).rad2deg().abs().max() <= 10
    assert 0.198 < transforms[:, :, 2].abs().max() <= 0.2


def test_all_that_is_drawn_is_drawn_from_the_seed_and_a_trained_network_draws_no_more(data):
    def untouched():
        torch.manual_seed(3)
        return Branches(width=2, dropout=0.5)

    first, again = untouched(), untouched()
    for place, network in enumerate((first, again)):
        torch.manual_seed(place)
        train_classifier(network, *data, QUICK, 0, device=CPU)
        assert not network.training
    assert same(first, again)


@pytest.fixture(scope="module")
def watched(data):
    """Some of the pairs again, with other labels: which epoch is best differs from run to run."""
    return data[0][:9], (data[1][:9] + 1) % 3


def test_watching_changes_nothing_about_the_network(data, watched):
    alone, curve = trained(data, QUICK)
    network, watched_curve = trained(data, QUICK, watched=watched)
    assert same(network, alone)
    assert list(watched_curve) == [*curve, "watched_uf1"]
    pd.testing.assert_frame_equal(watched_curve.drop(columns="watched_uf1"), curve)
    found = predict(network, watched[0], QUICK, CPU).argmax(1)
    assert watched_curve["watched_uf1"].iloc[-1] == uf1(confusion(watched[1], found))
    assert not network.training


@pytest.mark.parametrize("scores", [[0.2, 0.6, 0.4], [0.2, 0.6, 0.6], [0.5, 0.4, 0.3], [0.0, 0.0, 0.0]])
def test_the_best_epoch_is_the_first_of_the_highest_watched_uf1(data, watched, monkeypatch, scores):
    settings = QUICK.model_copy(update=dict(epochs=3))
    expected, _ = trained(data, settings.model_copy(update=dict(epochs=1 + int(np.argmax(scores)))))
    left = iter(scores)
    # Of 9 watched pairs and of 30 pairs that are learnt from.
    monkeypatch.setattr(training, "_uf1", lambda labels, _: next(left) if len(labels) == 9 else 0.9)
    network, curve = trained(data, settings, watched=watched, keep="best")
    assert curve["watched_uf1"].tolist() == scores
    assert same(network, expected)
    assert not network.training


@pytest.mark.parametrize(("keep", "is_watched"), [("best", False), ("first", True)])
def test_what_cannot_be_kept_is_refused(data, watched, keep, is_watched):
    with pytest.raises(ValueError, match=f"keep is '{keep}'"):
        trained(data, QUICK, keep=keep, watched=watched if is_watched else None)


def test_uf1_while_learning_is_that_of_the_batches_as_they_were_seen(data, monkeypatch):
    monkeypatch.setattr(training, "augment", lambda images, *_: torch.zeros(len(images), 2, 3, 16, 16))

    class Fixed(nn.Module):
        """Says label 0 of every pair."""

        def __init__(self):
            super().__init__()
            self.scores = nn.Parameter(torch.tensor([50.0, 0, 0]))

        def forward(self, pairs):
            return self.scores.expand(len(pairs), 3)

    curve = train_classifier(Fixed(), *data, QUICK, 0, device=CPU)
    assert curve["uf1"].tolist() == pytest.approx([0.5 / 3] * 2)


def test_events_are_the_curve(data, watched, tmp_path):
    _, curve = trained(data, QUICK, watched=watched, events=tmp_path / "events")
    assert_events(tmp_path / "events", curve)
    longer = QUICK.model_copy(update=dict(epochs=3, learning_rate=1e-3))
    _, curve = trained(data, longer, events=tmp_path / "events")
    assert_events(tmp_path / "events", curve)


def assert_events(folder, curve):
    found = EventAccumulator(str(folder)).Reload()
    names = [name for name in curve if name not in ("epoch", "steps")]
    assert sorted(found.Tags()["scalars"]) == sorted(names)
    for name in names:
        points = found.Scalars(name)
        assert [point.step for point in points] == curve["epoch"].tolist()
        np.testing.assert_allclose([point.value for point in points], curve[name], rtol=1e-6)


def test_without_a_folder_no_event_is_written(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trained(data, QUICK)
    assert not list(tmp_path.iterdir())


def test_a_dataset_that_is_read_by_batches_gives_what_an_array_gives(data):
    class Dataset:
        def __len__(self):
            return len(data[0])

        def __getitem__(self, indices):
            return data[0][np.asarray(indices)]

    expected, curve = trained(data, QUICK, watched=data)
    found, found_curve = trained((Dataset(), data[1]), QUICK, watched=(Dataset(), data[1]))
    assert same(found, expected)
    pd.testing.assert_frame_equal(found_curve, curve)


class Recorder:
    """Pairs that know in which batches they were read."""

    def __init__(self, pairs):
        self.pairs, self.seen = pairs, []

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, indices):
        self.seen.append(list(indices))
        return self.pairs[np.asarray(indices)]


def test_every_pair_is_seen_once_an_epoch(data):
    recorder = Recorder(data[0])
    trained((recorder, data[1]), QUICK)
    seen = recorder.seen
    first = [index for batch in seen[:4] for index in batch]
    assert sorted(first) == list(range(30))
    assert first != sorted(first)
    assert [index for batch in seen[4:] for index in batch] != first
    assert {len(batch) for batch in seen} == {7, 8}


def test_pairs_are_seen_in_an_order_that_the_seed_decides(data):
    orders = []
    for seed in (0, 0, 1):
        recorder = Recorder(data[0])
        trained((recorder, data[1]), QUICK, seed)
        orders.append(recorder.seen)
    first, again, other = orders
    assert first == again != other


@pytest.fixture
def rates(monkeypatch):
    """The learning rate of every step that an optimiser takes, as a share of 1e-4, in batches of an epoch."""

    class Recording(torch.optim.Adam):
        def step(self, *arguments):
            taken.append(self.param_groups[0]["lr"] / 1e-4)
            return super().step(*arguments)

    taken = []
    monkeypatch.setattr(torch.optim, "Adam", Recording)
    return lambda: np.reshape(taken, (-1, 4))


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (1 / 2, [1, 1, 1, 1, 2 / 3, 1 / 3]),
        (1 / 3, [1, 1, 1, 1, 1, 1 / 2]),
        (1, [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]),
        (0, [1] * 6),
    ],
)
def test_steps_are_taken_at_a_rate_that_falls_from_epoch_to_epoch_at_the_end(data, rates, share, expected):
    settings = QUICK.model_copy(update=dict(epochs=6, schedule="constant_then_falling", decay_share=share))
    _, curve = trained(data, settings)
    np.testing.assert_allclose(rates(), np.repeat(expected, 4).reshape(6, 4))
    np.testing.assert_allclose(curve["learning_rate"] / 1e-4, expected)


def test_steps_of_a_constant_schedule_are_taken_at_one_rate(data, rates):
    _, curve = trained(data, QUICK.model_copy(update=dict(decay_share=0.5)))
    np.testing.assert_array_equal(rates(), np.ones((2, 4)))
    assert curve["learning_rate"].tolist() == [1e-4, 1e-4]


def test_steps_of_one_cycle_rise_to_the_rate_and_fall_and_the_last_one_still_learns(data, rates):
    _, curve = trained(data, QUICK.model_copy(update=dict(epochs=3, schedule="one_cycle")))
    taken = rates().ravel()
    peak = int(taken.argmax())
    assert 0 < peak < 6
    assert 0.9 < taken[peak] <= 1
    assert (np.diff(taken[: peak + 1]) > 0).all()
    assert (np.diff(taken[peak:]) < 0).all()
    assert 0 < taken[-1] < 0.2
    np.testing.assert_allclose(curve["learning_rate"] / 1e-4, rates()[:, -1])


def test_an_unknown_schedule_is_refused(data):
    with pytest.raises(ValueError, match="'steep' is none of constant, constant_then_falling, one_cycle"):
        trained(data, QUICK.model_copy(update=dict(schedule="steep")))


def test_weights_decay_as_asked_for():
    _, optimiser = training.training_step(nn.Linear(2, 3), QUICK.model_copy(update=dict(weight_decay=0.25)), CPU)
    assert [group["weight_decay"] for group in optimiser.param_groups] == [0.25]


def test_gradients_are_clipped(data, monkeypatch):
    norms = []
    monkeypatch.setattr(nn.utils, "clip_grad_norm_", lambda parameters, norm: norms.append(norm))
    trained(data, QUICK.model_copy(update=dict(gradient_clip=0.7)))
    assert norms == [0.7] * 8


def test_predictions_are_probabilities_and_nothing_about_them_is_random(data):
    network, _ = trained(data, QUICK)
    first = predict(network, data[0], QUICK, CPU)
    torch.manual_seed(5)
    network.train()
    np.testing.assert_array_equal(predict(network, data[0], QUICK, CPU), first)
    assert first.shape == (30, 3)
    assert first.dtype == np.float32
    np.testing.assert_allclose(first.sum(1), 1, rtol=1e-5)


def test_predicting_takes_the_middle_of_the_image_pixel_for_pixel(data):
    class Spy(nn.Module):
        def forward(self, pairs):
            self.pairs = pairs
            return torch.zeros(len(pairs), 3)

    network = Spy()
    predict(network, data[0][:4], QUICK, CPU)
    middle = torch.from_numpy(data[0][:4, :, 8:24, 8:24])
    expected = to_input(middle.flatten(0, 1)).unflatten(0, (4, 2))
    torch.testing.assert_close(network.pairs, expected, rtol=1e-4, atol=1e-4)


def test_both_frames_of_a_pair_share_one_draw_and_pairs_do_not():
    frame = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    images = torch.from_numpy(np.broadcast_to(frame, (6, 2, 32, 32, 3)).copy())
    inputs = augment(images, QUICK, torch.Generator().manual_seed(0))
    assert inputs.shape == (6, 2, 3, 16, 16)
    torch.testing.assert_close(inputs[:, 0], inputs[:, 1], rtol=0, atol=0)
    assert not torch.allclose(inputs[0], inputs[1])


def test_the_difference_of_a_pair_survives_augmentation_in_sign_and_place():
    images = np.full((8, 2, 32, 32, 3), 100, np.uint8)
    images[:, 1, 12:20, 12:20] = 110
    settings = QUICK.model_copy(update=dict(crop=32, crop_share=1.0))
    inputs = augment(torch.from_numpy(images), settings, torch.Generator().manual_seed(0))
    change = inputs[:, 1] - inputs[:, 0]
    assert change.min() > -1e-5
    assert (change[:, :, 13:19, 13:19] > 0.1).all()
    torch.testing.assert_close(change[:, :, :8], torch.zeros_like(change[:, :, :8]), rtol=0, atol=1e-5)


@pytest.mark.parametrize("flip", [True, False])
def test_mirroring_is_of_half_the_pairs_or_of_none(flip):
    images = np.zeros((200, 2, 16, 16, 3), np.uint8)
    images[:, :, :, :8] = 200
    settings = QUICK.model_copy(update=dict(crop=16, crop_share=1.0, rotation=0, colour=0, flip=flip))
    inputs = augment(torch.from_numpy(images), settings, torch.Generator().manual_seed(0))
    mirrored = (inputs[:, 0, 0, :, 15] > inputs[:, 0, 0, :, 0]).all(1).double().mean()
    assert 0.4 < mirrored < 0.6 if flip else mirrored == 0


def test_without_any_augmentation_a_pair_is_what_prediction_sees(data):
    settings = QUICK.model_copy(update=dict(crop=32, crop_share=1.0, rotation=0, colour=0, flip=False))
    images = torch.from_numpy(data[0][:3])
    found = augment(images, settings, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found, to_input(images.flatten(0, 1)).unflatten(0, (3, 2)), rtol=1e-4, atol=1e-4)
