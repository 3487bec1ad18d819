"""Steps that a GPU records; without one, that the right calls are recorded and replayed."""

import pytest
import torch

from mie_x_lib.classifiers.networks.branches import Branches
from mie_x_lib.classifiers.networks.ststnet import Ststnet
from mie_x_lib.classifiers.training import train_classifier, training_step
from mie_x_lib.learning import recorded
from mie_x_lib.learning.recorded import Recorded
from mie_x_lib.settings.recognition import ClassifierSettings

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def doubled(x: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"double": 2 * x}


@pytest.fixture
def told(monkeypatch):
    """What a GPU would have been told to do, in order."""
    said = []

    class Recording:
        def __init__(self, function, arguments, memory):
            said.append(("record", *arguments[0].shape))
            self._function = function

        def replay(self, arguments):
            said.append(("replay", *arguments[0].shape))
            return self._function(*arguments)

    def aside(function, arguments):
        said.append(("call", *arguments[0].shape))
        return function(*arguments)

    monkeypatch.setattr(recorded, "_Recording", Recording)
    monkeypatch.setattr(recorded, "_aside", aside)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 0))
    return said


def test_a_processor_calls_the_function_as_it_is(told):
    step = Recorded(doubled, CPU)
    for _ in range(5):
        assert step(torch.ones(2))["double"].tolist() == [2, 2]
    assert told == []


def test_a_gpu_records_each_shape_once_after_three_calls(told):
    step = Recorded(doubled, GPU)
    for number in range(5):
        for count in (2, 3):
            assert step(torch.full((count,), float(number)))["double"].tolist() == [2 * number] * count
    for count in (2, 3):
        assert [what for what, shape in told if shape == count] == [*["call"] * 3, "record", "replay", "replay"]


class OnBranches(Branches):
    """A network of somebody's own, which may do in Python what a recording would do once."""


class OnBranchesAndSays(Branches):
    can_be_recorded = True


@pytest.mark.parametrize(
    ("kind", "expected"), [(Branches, True), (Ststnet, False), (OnBranches, False), (OnBranchesAndSays, True)]
)
def test_a_network_is_recorded_where_its_own_class_says_so(kind, expected):
    learn, _ = training_step(kind(width=8), ClassifierSettings(epochs=1), CPU)
    assert isinstance(learn, Recorded) == expected


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_network_learns_the_same_from_a_recording(monkeypatch, precision):
    draws = torch.Generator().manual_seed(0)
    pairs, labels = torch.randint(0, 256, (61, 2, 48, 48, 3), generator=draws, dtype=torch.uint8), torch.arange(61) % 3
    # Batches of 8 and of 7.
    settings = ClassifierSettings(crop=32, epochs=3, batch_size=8, precision=precision, schedule="one_cycle")

    def trained(is_recorded: bool) -> tuple[dict, list]:
        monkeypatch.setattr(Branches, "can_be_recorded", is_recorded)
        torch.manual_seed(0)
        network = Branches(width=8)
        curve = train_classifier(network, pairs.to(GPU), labels.numpy(), settings, seed=0, device=GPU)
        return network.state_dict(), curve.to_numpy().tolist()

    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    (state, curve), (expected, expected_curve) = trained(True), trained(False)
    assert curve == expected_curve
    for name, value in expected.items():
        torch.testing.assert_close(state[name], value, rtol=0, atol=0)
