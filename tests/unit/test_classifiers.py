import subprocess
import sys

import pytest
import torch
from torch import nn

from mie_x_lib import weights
from mie_x_lib.action_units.sources.embedded import AUNetwork
from mie_x_lib.classifiers import CLASSIFIERS, classifier_class
from mie_x_lib.classifiers.networks.apex import Apex
from mie_x_lib.classifiers.networks.branches import Branches


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize(("name", "inputs"), [("branches", 1024), ("apex", 512)])
def test_the_head_is_the_published_one(name, inputs):
    with torch.device("meta"):
        network = classifier_class(name)()
    layers = [(layer.in_features, layer.out_features) for layer in network.head if isinstance(layer, nn.Linear)]
    assert layers == [(inputs, 128), (128, 32), (32, 3)]
    assert [layer.p for layer in network.head if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


@pytest.mark.slow
def test_names_are_modules_and_one_does_not_import_the_other():
    assert classifier_class("branches") is Branches
    code = "import sys, mie_x_lib.classifiers as c; c.classifier_class('apex'); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "mie_x_lib.classifiers.networks.apex" in modules
    assert "mie_x_lib.classifiers.networks.branches" not in modules


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_scores_are_one_a_class(name):
    assert classifier_class(name)(width=2)(torch.zeros(4, 2, 3, 32, 32)).shape == (4, 3)
    assert classifier_class(name)(width=2, labels=5)(torch.zeros(4, 2, 3, 32, 32)).shape == (4, 5)


def test_branches_looks_at_both_frames_through_weights_of_their_own():
    torch.manual_seed(0)
    network = Branches(width=2).eval()
    pairs = torch.randn(1, 2, 3, 32, 32)
    swapped = pairs.flip(1)
    assert not torch.allclose(network(pairs), network(swapped))
    for place in (0, 1):
        changed = pairs.clone()
        changed[:, place] += 1
        assert not torch.allclose(network(pairs), network(changed))
    assert not {id(value) for value in network.onset.parameters()} & {id(value) for value in network.apex.parameters()}


def test_apex_does_not_look_at_the_onset():
    network = Apex(width=2).eval()
    pairs = torch.randn(1, 2, 3, 32, 32)
    changed = pairs.clone()
    changed[:, 0] = 9
    assert torch.equal(network(pairs), network(changed))
    changed[:, 1] += 1
    assert not torch.allclose(network(pairs), network(changed))


def test_every_backbone_starts_from_the_weights_that_are_named(tmp_path):
    au_network = AUNetwork(width=2, size=32)
    weights.save(tmp_path / "au.safetensors", au_network, "au_network", {"width": 2, "size": 32})
    network = Branches(width=2, initial=str(tmp_path / "au.safetensors"))
    for backbone in (network.onset, network.apex):
        assert torch.equal(backbone.layer1[0].conv1.weight, au_network.backbone.layer1[0].conv1.weight)
