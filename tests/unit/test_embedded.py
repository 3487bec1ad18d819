from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mie_x_lib import weights
from mie_x_lib.action_units.embedded_training import correlations, held_out_people, train
from mie_x_lib.action_units.sources.embedded import AUNetwork, estimate, estimate_with, load
from mie_x_lib.cards.renders import weights_notes
from mie_x_lib.errors import InputError
from mie_x_lib.settings.action_units import AUNetworkSettings
from mie_x_lib.terms import AU_NAMES
from workflow_scripts.training_people import not_tested

pytestmark = pytest.mark.slow

SIZE = 32
SMALL = {"width": 8, "size": SIZE, "batch": 16, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def faces():
    """Noise (96, SIZE, SIZE, 3) uint8 whose upper third AU04 darkens and whose lower third AU26, and units (96, 17)."""
    random = np.random.default_rng(0)
    aus = np.zeros((96, len(AU_NAMES)), np.float32)
    aus[:, [AU_NAMES.index("AU04"), AU_NAMES.index("AU26")]] = random.random((96, 2))
    images = random.uniform(140, 180, (96, SIZE, SIZE, 3))
    images[:, : SIZE // 3] *= 1 - aus[:, AU_NAMES.index("AU04"), None, None, None]
    images[:, -SIZE // 3 :] *= 1 - aus[:, AU_NAMES.index("AU26"), None, None, None]
    return images.astype(np.uint8), aus


@pytest.fixture(scope="module")
def trained(faces, single_thread, tmp_path_factory):
    """A weights file, and the correlations that its training returned."""
    path = tmp_path_factory.mktemp("weights") / "au_network.safetensors"
    images, aus = faces
    return path, train(images[:80], aus[:80], (images[80:], aus[80:]), AUNetworkSettings(epochs=10, **SMALL), path)


@pytest.fixture(scope="module")
def single_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def error(path, faces):
    images, aus = faces
    return ((estimate(images, path) - aus) ** 2).mean()


def test_training_lowers_the_error_below_that_of_the_mean(faces, trained, tmp_path):
    images, aus = faces
    train(
        images[:80],
        aus[:80],
        (images[80:], aus[80:]),
        AUNetworkSettings(epochs=1, **SMALL),
        tmp_path / "short.safetensors",
    )
    assert error(trained[0], faces) < 0.5 * error(tmp_path / "short.safetensors", faces)
    assert error(trained[0], faces) < 0.5 * aus.var(axis=0).mean()


def test_training_returns_the_correlations_of_the_people_held_out(faces, trained):
    images, aus = faces
    path, found = trained
    expected = correlations(aus[80:], estimate(images[80:], path))
    pd.testing.assert_series_equal(found, expected, atol=1e-6)
    assert found["AU26"] > 0.5
    assert np.isnan(found["AU12"])
    _, metadata = weights.read(path, "au_network")
    assert metadata["arguments"] == {"width": 8, "size": SIZE}
    assert metadata["training"]["epochs"] == 10
    assert metadata["correlation"]["AU26"] == pytest.approx(found["AU26"], abs=1e-3)


def test_training_tells_tensorboard_its_loss(faces, tmp_path):
    images, aus = faces
    settings = AUNetworkSettings(epochs=3, **SMALL)
    train(images[:80], aus[:80], (images[80:], aus[80:]), settings, tmp_path / "w.safetensors", tmp_path / "events")
    found = EventAccumulator(str(tmp_path / "events")).Reload()
    loss, rate = found.Scalars("loss"), found.Scalars("learning_rate")
    assert [point.step for point in loss] == [point.step for point in rate] == [1, 2, 3]
    assert loss[-1].value < loss[0].value
    assert rate[-1].value < rate[0].value


def test_training_is_a_function_of_the_seed(faces, tmp_path):
    images, aus = faces
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        settings = AUNetworkSettings(epochs=1, seed=seed, **SMALL)
        train(images[:32], aus[:32], (images[80:], aus[80:]), settings, tmp_path / f"{name}.safetensors")
    one, again, other = ((tmp_path / f"{name}.safetensors").read_bytes() for name in ("one", "again", "other"))
    assert one == again != other


def test_estimates_are_units_in_range(faces, trained):
    found = estimate(faces[0], trained[0])
    assert found.shape == (len(faces[0]), len(AU_NAMES))
    assert found.dtype == np.float32
    assert found.min() == 0
    assert found.max() <= 1


def test_no_image_gives_no_row(trained):
    assert estimate(np.empty((0, SIZE, SIZE, 3), np.uint8), trained[0]).shape == (0, len(AU_NAMES))


def test_an_estimate_does_not_depend_on_its_neighbours(faces, trained):
    images = np.concatenate([faces[0]] * 3)
    together = estimate(images, trained[0])
    np.testing.assert_allclose(together[257:260], estimate(images[257:260], trained[0]), atol=1e-5)


def test_images_of_another_size_are_scaled(faces, trained):
    images = faces[0][:16]
    enlarged = images.repeat(3, axis=1).repeat(3, axis=2)
    assert np.abs(estimate(enlarged, trained[0]) - estimate(images, trained[0])).mean() < 0.03


def test_estimates_are_clipped_where_the_network_overshoots(faces):
    network = AUNetwork(8, SIZE).eval()
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.bias.copy_(torch.linspace(-1, 2, len(AU_NAMES)))
    expected = np.clip(np.linspace(-1, 2, len(AU_NAMES)), 0, 1)
    np.testing.assert_allclose(estimate_with(network, faces[0][:2]), np.tile(expected, (2, 1)), atol=1e-6)


def test_correlation_is_nan_where_a_unit_never_varies():
    truth = np.zeros((4, len(AU_NAMES)))
    truth[:, 0] = [0, 1, 2, 3]
    found = correlations(truth, 1 - truth)
    assert found["AU01"] == pytest.approx(-1)
    assert found.drop("AU01").isna().all()


def test_weights_that_are_missing_damaged_or_of_another_network_are_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.safetensors"):
        load(tmp_path / "absent.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match=r"damaged\.safetensors"):
        load(tmp_path / "damaged.safetensors")
    weights.save(tmp_path / "critic.safetensors", AUNetwork(8, SIZE), "critic", {"width": 8, "size": SIZE})
    with pytest.raises(InputError, match=r"holds a critic, expected a au_network"):
        load(tmp_path / "critic.safetensors")
    weights.save(tmp_path / "narrow.safetensors", AUNetwork(8, SIZE), "au_network", {"width": 16, "size": SIZE})
    with pytest.raises(InputError, match=r"narrow\.safetensors: tensor"):
        load(tmp_path / "narrow.safetensors")


@pytest.mark.parametrize(
    ("people", "share", "held_out"), [(2, 0.1, 1), (9, 0.1, 1), (10, 0.1, 1), (2000, 0.1, 200), (5, 0.5, 2), (5, 0, 0)]
)
def test_somebody_is_held_out_wherever_a_share_is(people, share, held_out):
    found = held_out_people(pd.Series(np.arange(people).repeat(3)), share)
    assert found.reshape(people, 3).all(axis=1).tolist() == [False] * (people - held_out) + [True] * held_out


def test_one_person_cannot_be_held_out_and_learned_from():
    with pytest.raises(InputError, match=r"show one person .* held_out, 0\.1, .* nobody is left .* more people"):
        held_out_people(pd.Series([0, 0]), 0.1)


def test_weights_say_nothing_of_people_who_were_not_held_out(faces, tmp_path):
    images, aus = faces
    found = train(images, aus, (images[:0], aus[:0]), AUNetworkSettings(**SMALL, epochs=1, seed=0), tmp_path / "a.st")
    assert found.isna().all()
    assert weights_notes(tmp_path / "a.st")["correlation"] == {}


def test_without_a_crop_nobody_is_said_to_be_tested(tmp_path):
    crops = pd.DataFrame({"dataset": [], "subject": []})
    with pytest.raises(InputError, match=r"train_au_network: no crop .*report\.csv .* au_network_training\.datasets"):
        not_tested(SimpleNamespace(rule="train_au_network"), crops, print)
