import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mie_x_lib import weights
from mie_x_lib.errors import InputError
from mie_x_lib.ganimation import losses, training
from mie_x_lib.ganimation.checkpoints import load_state, read_start, save_state
from mie_x_lib.ganimation.networks import Generator, blend
from mie_x_lib.ganimation.training import generator_steps, train
from mie_x_lib.provenance import sha256
from mie_x_lib.settings.generator import GeneratorSchedule, LossWeights, TrainingSettings

PAIRED = LossWeights(adversarial=0, action_units=0, cycle=0, mask_mean=0, mask_variation=0, paired=1)
SMALL = {"width": 2, "residual_blocks": 1, "critic_width": 2, "critic_layers": 2, "critic_steps": 1, "batch_size": 3}
QUICK = TrainingSettings(steps=4, log_steps=1, checkpoint_minutes=0, held_out=1, precision="float32", **SMALL)


@pytest.fixture
def data():
    """Four clips of three frames; one action unit is the brightness of a square."""
    random = np.random.default_rng(0)
    aus = np.zeros((12, 17), np.float32)
    aus[:, 3] = random.random(12)
    images = np.full((12, 16, 16, 3), 60, np.uint8)
    images[:, 4:12, 4:12] += (150 * aus[:, 3]).astype(np.uint8)[:, None, None, None]
    return images, aus, np.repeat(np.arange(4), 3)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


pytestmark = pytest.mark.usefixtures("event_files_in_order")


def assert_events(folder, log):
    """The curves of TensorBoard are the columns of the log, each step once."""
    found = EventAccumulator(str(folder)).Reload()
    for name in log.columns.drop("step"):
        points = found.Scalars(name)
        assert [point.step for point in points] == log["step"].tolist()
        np.testing.assert_allclose([point.value for point in points], log[name], rtol=1e-6)


def result(directory):
    tensors, _ = weights.read(directory / "generator.safetensors", "generator")
    return tensors, pd.read_csv(directory / "losses.csv")


class Killed(Exception):
    pass


def kill_at(monkeypatch, step, data, settings, directory):
    """Train until the step of this number, which is not run."""
    whole = training.Trainer.step

    def mortal(self, number):
        if number == step:
            raise Killed
        return whole(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(training.Trainer, "step", mortal)
        with pytest.raises(Killed):
            train(*data, settings, directory, directory / "events")


@pytest.mark.slow
@pytest.mark.parametrize("loss_weights", [PAIRED, LossWeights()], ids=["paired", "published"])
def test_a_killed_run_goes_on_to_the_same_result(tmp_path, data, monkeypatch, loss_weights):
    settings = QUICK.model_copy(update=dict(weights=loss_weights))
    train(*data, settings, tmp_path / "whole")
    kill_at(monkeypatch, 2, data, settings, tmp_path / "killed")
    assert not (tmp_path / "killed/generator.safetensors").exists()
    train(*data, settings, tmp_path / "killed", tmp_path / "killed/events")
    expected, expected_log = result(tmp_path / "whole")
    found, found_log = result(tmp_path / "killed")
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    pd.testing.assert_frame_equal(found_log, expected_log)
    assert_events(tmp_path / "killed/events", found_log)


@pytest.mark.slow
def test_steps_behind_the_last_checkpoint_are_seen_once_after_a_run_goes_on(tmp_path, data, monkeypatch):
    settings = QUICK.model_copy(update=dict(steps=6, weights=PAIRED))
    kill_at(monkeypatch, 2, data, settings, tmp_path)
    kill_at(monkeypatch, 4, data, settings.model_copy(update=dict(checkpoint_minutes=60)), tmp_path / "other")
    # As if the checkpoint after two steps had been the last before the run was stopped at four.
    shutil.rmtree(tmp_path / "events")
    shutil.copytree(tmp_path / "other/events", tmp_path / "events")
    train(*data, settings, tmp_path, tmp_path / "events")
    assert_events(tmp_path / "events", result(tmp_path)[1])


def test_a_resumed_run_repeats_no_step(tmp_path, data, monkeypatch):
    settings = QUICK.model_copy(update=dict(weights=PAIRED))
    kill_at(monkeypatch, 3, data, settings, tmp_path)
    taken = []
    whole = training.Trainer.step
    monkeypatch.setattr(training.Trainer, "step", lambda self, step: taken.append(step) or whole(self, step))
    train(*data, settings, tmp_path)
    assert taken == [3]


@pytest.mark.slow
def test_a_checkpoint_of_other_data_or_settings_is_not_used(tmp_path, data, caplog):
    settings = QUICK.model_copy(update=dict(weights=PAIRED))
    train(*data, settings, tmp_path / "first")
    images, aus, clips = data
    for changed, other in [((255 - images, aus, clips), settings), (data, settings.model_copy(update=dict(seed=1)))]:
        train(*changed, other, tmp_path / "first")
        assert "starts from the beginning" in caplog.text
        caplog.clear()
        train(*changed, other, tmp_path / "fresh")
        expected, found = result(tmp_path / "fresh")[0], result(tmp_path / "first")[0]
        assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.slow
def test_another_version_of_the_code_trains_anew_even_if_the_training_had_ended(tmp_path, data, monkeypatch, caplog):
    settings = QUICK.model_copy(update=dict(weights=PAIRED))
    train(*data, settings, tmp_path)
    taken = []
    whole = training.Trainer.step
    monkeypatch.setattr(training.Trainer, "step", lambda self, step: taken.append(step) or whole(self, step))
    monkeypatch.setattr(training, "code_version", lambda module: "another", raising=False)
    train(*data, settings, tmp_path)
    assert taken == list(range(settings.steps))
    assert "starts from the beginning" in caplog.text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "losses.csv").unlink(),
        lambda folder: (folder / "losses.csv").write_text("critic\n1\n"),
        lambda folder: save_state(
            folder / "last.safetensors",
            {"a": torch.zeros(1)},
            load_state(folder / "last.safetensors")[1],
        ),
    ],
)
def test_a_training_does_not_go_on_from_what_is_none_of_its_own(tmp_path, data, monkeypatch, spoil):
    settings = QUICK.model_copy(update=dict(weights=PAIRED))
    kill_at(monkeypatch, 3, data, settings, tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=r"last\.safetensors: is no whole state of this training.*remove"):
        train(*data, settings, tmp_path)


@pytest.mark.slow
def test_the_paired_term_alone_teaches_the_change(tmp_path, data):
    settings = QUICK.model_copy(
        update=dict(
            steps=40, log_steps=1, checkpoint_minutes=60, weights=PAIRED, width=4, learning_rate=1e-2, flip=False
        )
    )
    train(*data, settings, tmp_path)
    log = result(tmp_path)[1]
    assert log["held_out_change"].iloc[-1] > 0.9
    assert log["held_out"].iloc[-5:].mean() < log["held_out"].iloc[:5].mean()
    assert not any(name.startswith("critic") for name in log)


@pytest.mark.slow
def test_the_log_has_the_means_of_its_steps_and_the_last_ones_in_any_case(tmp_path, data):
    logs = []
    for log_steps in (1, 3):
        update = dict(steps=8, log_steps=log_steps, checkpoint_minutes=60, weights=LossWeights(paired=1))
        settings = QUICK.model_copy(update=update)
        train(*data, settings, tmp_path / str(log_steps))
        logs.append(result(tmp_path / str(log_steps))[1].set_index("step"))
    every, some = logs
    assert every.index.tolist() == list(range(1, 9))
    assert some.index.tolist() == [3, 6, 8]
    means = [every["cycle"].iloc[first:last].mean() for first, last in ((0, 3), (3, 6), (6, 8))]
    assert some["cycle"].tolist() == pytest.approx(means, rel=1e-4)
    # What is held out is measured after a step, and is no mean.
    assert some["held_out"].tolist() == pytest.approx(every["held_out"][[3, 6, 8]].tolist(), rel=1e-4)


def test_the_state_is_saved_every_so_many_minutes_and_at_the_end(tmp_path, data, monkeypatch):
    clock, saved, step, save = [1000.0], [], training.Trainer.step, training.save_state

    def slow(trainer, number):
        clock[0] += 20
        return step(trainer, number)

    def note(path, tensors, facts):
        saved.append(facts["step"])
        save(path, tensors, facts)

    monkeypatch.setattr(training.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(training.Trainer, "step", slow)
    monkeypatch.setattr(training, "save_state", note)
    train(*data, QUICK.model_copy(update=dict(steps=8, checkpoint_minutes=1, weights=PAIRED)), tmp_path)
    assert saved == [3, 6, 8]


@pytest.mark.slow
def test_what_a_run_leaves(tmp_path, data):
    settings = QUICK.model_copy(update=dict(held_out=2, weights=LossWeights(paired=1)))
    train(*data, settings, tmp_path, tmp_path / "events")
    assert {"critic_gradient_penalty", "cycle", "paired", "mask_variation", "held_out"} <= set(result(tmp_path)[1])
    assert Image.open(tmp_path / "samples.png").size == (5 * 16, 2 * 16)
    assert_events(tmp_path / "events", result(tmp_path)[1])
    shown = EventAccumulator(str(tmp_path / "events")).Reload().Images("samples")
    assert [(image.step, image.width, image.height) for image in shown] == [(step, 80, 32) for step in (1, 2, 3, 4)]
    generator = weights.load(tmp_path / "generator.safetensors", "generator", Generator)
    colour, mask = generator(torch.zeros(1, 3, 16, 16), torch.zeros(1, 17))
    assert colour.shape == (1, 3, 16, 16)
    assert mask.shape == (1, 1, 16, 16)
    assert weights.read(tmp_path / "generator.safetensors", "generator")[1]["image_size"] == 16


def trainer_of(data, **settings):
    images, aus, clips = data
    settings = QUICK.model_copy(update=dict(weights=LossWeights()) | settings)
    return training.Trainer(images, aus, training.FramePairs.split(clips, aus, settings), settings, torch.device("cpu"))


def test_the_terms_of_a_step_are_those_of_what_is_made_and_of_the_way_back(data):
    trainer = trainer_of(data, weights=LossWeights(paired=1))
    source, source_aus, target, wanted = trainer._batch(np.random.default_rng(0))
    with torch.no_grad():
        colour, mask = trainer.generator(source, wanted)
        fake = blend(source, colour, mask)
        back_colour, back_mask = trainer.generator(fake, source_aus)
        expected = losses.adversarial_terms(trainer.critic, fake, wanted)
        expected["paired"] = (fake - target).square().mean()
        expected["cycle"] = (blend(fake, back_colour, back_mask) - source).abs().mean()
        for name, value in losses.mask_terms(mask).items():
            expected[name] = value + losses.mask_terms(back_mask)[name]
    terms = trainer._generator_step(np.random.default_rng(0))
    assert terms.keys() == expected.keys()
    for name, value in terms.items():
        torch.testing.assert_close(value, expected[name], msg=name)


def test_no_step_leaves_a_gradient_to_the_next(data):
    trainer = trainer_of(data)
    for step in (trainer._generator_step, trainer._critic_step):
        step(np.random.default_rng(0))
        assert all(weight.grad is None for network in trainer.networks.values() for weight in network.parameters())


@pytest.mark.parametrize(("flip", "least", "most"), [(True, 60, 140), (False, 0, 0)])
def test_both_frames_of_a_pair_are_mirrored_or_none_is(data, flip, least, most):
    images, aus, clips = data
    images[:, :, :4] = 250
    trainer = trainer_of((images, aus, clips), flip=flip, batch_size=200, weights=LossWeights(paired=1))
    source, _, target, _ = trainer._batch(np.random.default_rng(0))
    mirrored = source[:, 0, 0, 0] < source[:, 0, 0, -1]
    assert torch.equal(mirrored, target[:, 0, 0, 0] < target[:, 0, 0, -1])
    assert least <= mirrored.sum() <= most


def test_what_is_shown_is_made_of_the_pictures_as_they_are(data):
    images, aus, clips = data
    images[:, :, :4] = 250
    trainer = trainer_of((images, aus, clips), held_out=2, weights=LossWeights(paired=1))
    sources, targets, made = trainer._show(trainer.pairs.shown)
    np.testing.assert_array_equal(sources, images[trainer.pairs.shown[:, 0]])
    np.testing.assert_array_equal(targets, images[trainer.pairs.shown[:, 1]])
    pictures = torch.from_numpy(sources).permute(0, 3, 1, 2) / 127.5 - 1
    with torch.no_grad():
        expected = blend(pictures, *trainer.generator(pictures, torch.from_numpy(aus[trainer.pairs.shown[:, 1]])))
    np.testing.assert_allclose(made, (expected.permute(0, 2, 3, 1) + 1) * 127.5, atol=0.51)


def test_held_out_errors_and_samples_are_those_of_what_is_shown(data, monkeypatch):
    trainer = trainer_of(data, weights=LossWeights(paired=1))
    random = np.random.default_rng(0)
    sources = random.integers(100, 140, (9, 16, 16, 3), np.uint8)
    targets, made = sources + random.integers(0, 9, sources.shape, np.uint8), sources + np.uint8(3)
    made[:, 0, 0] = [0, 250, 90]
    shown = (sources, targets, made)
    monkeypatch.setattr(trainer, "_show", lambda pairs: tuple(part[:8] for part in shown))
    found = trainer.held_out_errors()
    first = [part[:8].astype(float) for part in shown]
    assert found["held_out"] == pytest.approx(np.abs(first[2] - first[1]).mean() / 127.5, rel=1e-5)
    correlation = np.corrcoef((first[2] - first[0]).ravel(), (first[1] - first[0]).ravel())[0, 1]
    assert found["held_out_change"] == pytest.approx(correlation, abs=1e-5)
    grid = trainer.sample_grid()
    assert grid.shape == (8 * 16, 5 * 16, 3)
    columns = [np.concatenate(part[:8]) for part in shown]
    for place, column in enumerate(columns):
        np.testing.assert_array_equal(grid[:, 16 * place : 16 * (place + 1)], column)
    for place, column in ((3, columns[1]), (4, columns[2])):
        change = np.clip(128 + 4 * (column.astype(int) - columns[0]), 0, 255)
        np.testing.assert_array_equal(grid[:, 16 * place : 16 * (place + 1)], change)


def test_the_loss_of_one_network_moves_only_that_network(data):
    trainer = trainer_of(data)
    before = {name: value.clone() for name, value in trainer.state().items()}
    trainer._generator_step(np.random.default_rng(0))
    after = trainer.state()
    assert all(torch.equal(after[name], before[name]) for name in before if name.startswith("critic."))
    assert any(not torch.equal(after[name], before[name]) for name in before if name.startswith("generator."))


def test_pairs_are_two_frames_of_one_clip_and_never_of_a_held_out_one(data):
    _, aus, _ = data
    clips = np.array([0, 1, 2, 0, 1, 2, 1, 2, 5, 5, 7, 7])
    pairs = training.FramePairs.split(clips, aus, QUICK.model_copy(update=dict(held_out=2, weights=PAIRED)))
    sources, targets = pairs.draw(np.random.default_rng(0), 500)
    np.testing.assert_array_equal(clips[sources], clips[targets])
    assert (sources != targets).all()
    assert set(zip(sources, targets, strict=True)) == {
        (first, second)
        for first in range(8)
        for second in range(8)
        if first != second and clips[first] == clips[second]
    }
    assert {tuple(clips[pair]) for pair in pairs.shown} == {(5, 5), (7, 7)}


def test_without_the_paired_term_targets_are_any_frames(data):
    _, aus, clips = data
    pairs = training.FramePairs.split(clips, aus, QUICK.model_copy(update=dict(held_out=1, weights=LossWeights())))
    sources, targets = pairs.draw(np.random.default_rng(0), 2000)
    assert len(set(zip(sources, targets, strict=True))) == 9 * 8


@pytest.mark.parametrize(
    ("clips", "held_out", "words"),
    [
        ([0] * 12, 1, "1 clips, but generator_training.held_out is 1"),
        ([0] * 6 + [1] * 6, 0, "held_out is 0; give a number of 1 or more"),
        (range(12), 1, "clips of at least two frames"),
        ([0] * 11 + [1], 1, "11 frames to train on and 0 held out are too few"),
    ],
)
def test_data_that_cannot_make_a_pair_is_refused(tmp_path, data, clips, held_out, words):
    images, aus, _ = data
    with pytest.raises(InputError, match=words):
        train(images, aus, np.array(clips), QUICK.model_copy(update=dict(held_out=held_out, weights=PAIRED)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_two_photographs_to_train_on_and_one_held_out_are_the_least(data):
    _, aus, _ = data
    settings = QUICK.model_copy(update=dict(held_out=1, weights=LossWeights()))
    pairs = training.FramePairs.split(np.arange(3), aus[:3], settings)
    assert pairs.frames.tolist() == [0, 1]
    assert len(pairs.shown) == 1
    with pytest.raises(InputError, match="1 frames to train on and 1 held out are too few"):
        training.FramePairs.split(np.arange(2), aus[:2], settings)


@pytest.mark.parametrize(
    ("photographs", "settings", "steps"),
    [
        # EmotionNet and CelebA as published: 30 passes, batches of 25, every fifth of which trains the generator.
        (145_000, {}, 34_800),
        (410_000, {}, 98_400),
        (145_000, {"epochs": 1}, 1_160),
        (1_000, {"epochs": 2, "batch_size": 10, "critic_steps": 4}, 50),
        # Without a critic every batch trains the generator.
        (1_000, {"epochs": 2, "batch_size": 10, "weights": PAIRED}, 200),
        (30, {"epochs": 1}, 1),
        (145_000, {"steps": 4}, 4),
    ],
)
def test_the_length_of_a_training(photographs, settings, steps):
    assert generator_steps(photographs, GeneratorSchedule(**settings)) == steps


@pytest.mark.parametrize("settings", [{"epochs": 3, "steps": 3}, {"epochs": None, "steps": None}, {"epochs": None}])
def test_a_training_has_one_length(settings):
    with pytest.raises(ValidationError, match="give one of them"):
        GeneratorSchedule(**settings)


def test_a_setting_of_steps_survives_its_record():
    for schedule in (GeneratorSchedule(steps=3), GeneratorSchedule(), GeneratorSchedule(epochs=4)):
        assert GeneratorSchedule(**schedule.model_dump()) == schedule


def optimiser_steps(directory):
    """How many steps the optimiser of each network took."""
    tensors = load_state(directory / "last.safetensors")[0]
    return {name: int(tensors[f"{name}_optimiser.0.step"]) for name in ("generator", "critic")}


@pytest.mark.slow
@pytest.mark.parametrize("critic_steps", [1, 5])
def test_the_critic_takes_its_steps_before_each_of_the_generator(tmp_path, data, critic_steps):
    settings = QUICK.model_copy(update=dict(critic_steps=critic_steps))
    train(*data, settings, tmp_path)
    assert optimiser_steps(tmp_path) == {"generator": 4, "critic": 4 * critic_steps}


def test_the_critic_takes_five_steps_unless_told_otherwise():
    assert GeneratorSchedule().critic_steps == 5


def test_epochs_are_passes_over_the_frames_that_are_trained_on(tmp_path, data):
    settings = TrainingSettings(epochs=2, log_steps=1, held_out=1, precision="float32", **SMALL)
    train(*data, settings, tmp_path)
    # Nine frames, three of twelve held out, in batches of three.
    assert optimiser_steps(tmp_path) == {"generator": 6, "critic": 6}


def test_the_rate_falls_over_the_last_third_of_the_epochs(tmp_path, data, monkeypatch):
    rates = []
    whole = training.Trainer._generator_step
    monkeypatch.setattr(
        training.Trainer,
        "_generator_step",
        lambda self, random: rates.append(self.optimisers["generator"].param_groups[0]["lr"]) or whole(self, random),
    )
    train(*data, TrainingSettings(epochs=3, held_out=1, weights=PAIRED, learning_rate=3e-4, **SMALL), tmp_path)
    np.testing.assert_allclose(rates, [3e-4] * 7 + [2e-4, 1e-4])


def asked_units(monkeypatch, data, directory, **settings):
    """The units that the generator was asked for in each batch of a training, and those of the frames."""
    asked = []
    whole = training.Trainer._batch
    monkeypatch.setattr(
        training.Trainer, "_batch", lambda self, random: asked.append(batch := whole(self, random)) or batch
    )
    train(*data, QUICK.model_copy(update=settings), directory)
    return [batch[3].numpy() for batch in asked]


@pytest.mark.slow
def test_noise_is_added_to_the_units_that_are_asked_for(tmp_path, data, monkeypatch):
    exact = asked_units(monkeypatch, data, tmp_path / "exact")
    noisy = asked_units(monkeypatch, data, tmp_path / "noisy", au_noise=0.1)
    # Four generator steps and a critic step before each.
    assert len(exact) == len(noisy) == 8
    added = np.concatenate(noisy) - np.concatenate(exact)
    assert np.abs(added).max() <= 0.1
    assert added.min() < -0.08
    assert added.max() > 0.08
    assert added.std() == pytest.approx(0.2 / 12**0.5, rel=0.1)


def test_first_weights_may_be_those_of_the_public_versions(tmp_path, data):
    settings = QUICK.model_copy(update=dict(initial_std=0.02, learning_rate=0, steps=1, affine=False, width=16))
    train(*data, settings, tmp_path)
    tensors = load_state(tmp_path / "last.safetensors")[0]
    drawn = {name: value for name, value in tensors.items() if "optimiser" not in name}
    assert {name.partition(".")[0] for name in drawn} == {"generator", "critic"}
    values = torch.cat([value.flatten() for name, value in drawn.items() if name.endswith("weight")])
    assert values.mean().item() == pytest.approx(0, abs=0.001)
    assert values.std().item() == pytest.approx(0.02, rel=0.02)
    assert all((value == 0).all() for name, value in drawn.items() if name.endswith("bias"))


def start(tmp_path, **arguments):
    """A generator as a weights file, and read from it."""
    torch.manual_seed(3)
    arguments = {"width": 3, "residual_blocks": 2, **arguments}
    weights.save(tmp_path / "earlier.safetensors", Generator(**arguments), "generator", arguments, au_scale="intensity")
    return read_start(tmp_path / "earlier.safetensors", 17)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [{}, {"affine": False}, {"modulated": True, "residual": True}])
def test_a_training_starts_from_given_weights_and_says_so(tmp_path, data, arguments):
    """Without a step of any size it ends with them, however the settings would build and draw a generator."""
    given = start(tmp_path, **arguments)
    settings = QUICK.model_copy(update={"learning_rate": 0.0, "initial_std": 0.02, "weights": PAIRED})
    train(*data, settings, tmp_path / "run", start_from=given)
    before, _ = weights.read(tmp_path / "earlier.safetensors", "generator")
    after, told = weights.read(tmp_path / "run/generator.safetensors", "generator")
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)
    assert told["initial"]["file"] == "earlier.safetensors"
    assert told["initial"]["sha256"] == sha256(tmp_path / "earlier.safetensors")
    assert told["initial"]["au_scale"] == "intensity"
    assert told["training"]["width"] == 3
    assert weights.load(tmp_path / "run/generator.safetensors", "generator", Generator)
    train(*data, settings, tmp_path / "new")
    assert "initial" not in weights.read(tmp_path / "new/generator.safetensors", "generator")[1]


@pytest.mark.slow
def test_a_training_from_given_weights_learns_and_does_not_go_on_from_a_checkpoint_of_others(tmp_path, data, caplog):
    settings = QUICK.model_copy(update={"weights": PAIRED, "width": 3, "residual_blocks": 2})
    train(*data, settings, tmp_path / "run")
    given = start(tmp_path)
    before, _ = weights.read(tmp_path / "earlier.safetensors", "generator")
    train(*data, settings, tmp_path / "run", start_from=given)
    assert "is of other data, settings or code" in caplog.text
    after, _ = weights.read(tmp_path / "run/generator.safetensors", "generator")
    assert any(not torch.equal(after[name], before[name]) for name in before)


def test_weights_for_other_units_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"earlier\.safetensors: takes 5 action units, expected 17"):
        start(tmp_path, au_count=5)


def test_the_terms_of_the_critic_are_those_of_the_real_with_their_own_units(data):
    trainer = trainer_of(data, flip=False)
    random = np.random.default_rng(0)
    source, source_aus, _, wanted = trainer._batch(random)
    mixing = torch.from_numpy(random.random((len(source), 1, 1, 1), dtype=np.float32))
    with torch.no_grad():
        fake = blend(source, *trainer.generator(source, wanted))
    expected = losses.critic_terms(trainer.critic, source, source_aus, fake, mixing)
    found = trainer._critic_step(np.random.default_rng(0))
    assert found.keys() == {f"critic_{name}" for name in expected}
    for name, value in expected.items():
        torch.testing.assert_close(found[f"critic_{name}"], value.detach(), msg=name)


def test_each_step_of_critic_and_generator_has_a_batch_of_its_own(data, monkeypatch):
    trainer, drawn = trainer_of(data, critic_steps=5, seed=3), []
    for name in ("_critic_step", "_generator_step"):
        monkeypatch.setattr(trainer, name, lambda random: drawn.append(random.random()) or {})
    for step in range(3):
        trainer.step(step)
    assert len(drawn) == len(set(drawn)) == 3 * 6


def test_adam_has_the_decay_rates_of_the_settings(data):
    for betas in (GeneratorSchedule().betas, (0.9, 0.99)):
        groups = [group for adam in trainer_of(data, betas=betas).optimisers.values() for group in adam.param_groups]
        assert [group["betas"] for group in groups] == [betas] * 2
    assert GeneratorSchedule().betas == (0.5, 0.999)


@pytest.mark.parametrize("loss_weights", [PAIRED, LossWeights()], ids=["paired", "published"])
def test_the_frame_that_is_shown_beside_the_first_of_a_clip_is_the_one_whose_units_differ_most(data, loss_weights):
    _, aus, clips = data
    aus = aus.copy()
    aus[9:, 3] = [0.5, 0.6, 0.1]
    aus[9:, 7] = [0, 0, 0.2]
    pairs = training.FramePairs.split(clips, aus, QUICK.model_copy(update=dict(held_out=1, weights=loss_weights)))
    assert pairs.shown.tolist() == [[9, 11]]


@pytest.mark.parametrize("changed", [1, 2])
def test_a_checkpoint_of_other_units_or_clips_is_not_used(tmp_path, data, caplog, changed):
    settings = QUICK.model_copy(update=dict(steps=1, weights=LossWeights()))
    train(*data, settings, tmp_path)
    others = list(data)
    others[changed] = others[changed][::-1].copy()
    train(*others, settings, tmp_path)
    assert "is of other data, settings or code" in caplog.text
