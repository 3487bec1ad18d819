import subprocess
import sys

import numpy as np
import pytest
import torch

from mie_x_lib.learning.optimisers import adam, linear_decay, set_rate, without_compiler
from mie_x_lib.provenance import ROOT

TRAININGS = """
import sys
import numpy as np
import torch
from mie_x_lib.classifiers.networks.apex import Apex
from mie_x_lib.classifiers.training import predict, train_classifier
from mie_x_lib.settings.recognition import ClassifierSettings

images, settings = np.zeros((4, 2, 32, 32, 3), np.uint8), ClassifierSettings(crop=32, epochs=1, batch_size=2)
network = Apex(8)
train_classifier(network, images, np.arange(4) % 3, settings, seed=0)
predict(network, images, settings)
print("torch._dynamo" in sys.modules)
"""


def trained(kind: type[torch.optim.Optimizer], compiled: bool = False, **options) -> tuple[list[torch.Tensor], dict]:
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    called = torch.compile(network, backend="eager") if compiled else network
    optimiser = kind(network.parameters(), 0.1, weight_decay=0.01, **options)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.1, total_steps=5)
    for _ in range(4):
        optimiser.zero_grad(set_to_none=True)
        called(torch.ones(3, 5)).square().sum().backward()
        optimiser.step()
        schedule.step()
    return [values.detach().clone() for values in network.parameters()], optimiser.state_dict()


@pytest.mark.slow
@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW])
@pytest.mark.parametrize("options", [{}, {"fused": True}])
def test_steps_are_those_of_pytorch(kind, options):
    theirs, state = trained(kind, **options)
    ours, own_state = trained(without_compiler(kind), **options)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    torch.testing.assert_close(own_state, state, rtol=0, atol=0)


@pytest.mark.slow
def test_a_network_can_be_compiled():
    plain, _ = trained(torch.optim.Adam)
    compiled, _ = trained(without_compiler(torch.optim.Adam), compiled=True)
    torch.testing.assert_close(compiled, plain)


def test_a_state_goes_on():
    parameter = torch.nn.Parameter(torch.ones(2))
    optimiser = without_compiler(torch.optim.Adam)([parameter])
    parameter.grad = torch.ones(2)
    optimiser.step()
    other = without_compiler(torch.optim.Adam)([torch.nn.Parameter(torch.ones(2))])
    other.load_state_dict(optimiser.state_dict())
    assert other.state_dict()["state"][0]["step"] == 1


@pytest.mark.slow
def test_a_training_does_not_load_the_compiler():
    run = subprocess.run([sys.executable, "-c", TRAININGS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


@pytest.mark.parametrize("rate", [0.1, torch.tensor(0.1)])
def test_the_rate_that_is_set_is_the_rate_of_the_next_step(rate):
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = without_compiler(torch.optim.Adam)([parameter], rate)
    if isinstance(rate, torch.Tensor):
        # A recording reads it where it lies.
        assert optimiser.param_groups[0]["lr"] is rate
    for expected in (0.5, 0.25):
        before = parameter.detach().clone()
        set_rate(optimiser, expected)
        parameter.grad = torch.ones(1)
        optimiser.step()
        # Adam's first steps against one gradient are as long as the rate.
        torch.testing.assert_close(before - parameter.detach(), torch.tensor([expected]))
    if isinstance(rate, torch.Tensor):
        assert optimiser.param_groups[0]["lr"] is rate


@pytest.mark.slow
def test_adam_of_a_processor_is_that_of_pytorch():
    found, _ = trained(lambda parameters, rate, **options: adam(parameters, rate, torch.device("cpu"), **options))
    expected, _ = trained(torch.optim.Adam)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


def test_a_rate_falls_to_nothing_over_the_last_part():
    factors = [linear_decay(step, 30, 1 / 3) for step in range(31)]
    assert factors[:21] == [1.0] * 21
    np.testing.assert_allclose(factors[21:], np.linspace(0.9, 0, 10), atol=1e-12)


def test_a_rate_that_falls_over_no_part_is_constant():
    assert [linear_decay(step, 30, 0) for step in range(30)] == [1.0] * 30
