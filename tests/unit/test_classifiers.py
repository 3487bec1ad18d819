import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from mie_x_lib import plugins, weights
from mie_x_lib.action_units.sources.embedded import AUNetwork
from mie_x_lib.classifiers import classifier_class
from mie_x_lib.classifiers.experiment import first_network
from mie_x_lib.classifiers.networks import ststnet
from mie_x_lib.classifiers.networks.apex import Apex
from mie_x_lib.classifiers.networks.branches import Branches
from mie_x_lib.classifiers.networks.ststnet import Ststnet, motion_maps
from mie_x_lib.classifiers.own_networks import try_out
from mie_x_lib.errors import InputError
from mie_x_lib.learning.resnet import to_grey, to_input
from mie_x_lib.settings.recognition import ClassifierSettings
from tests.drawn_faces import photographs

NETWORKS = plugins.names("mie_x_lib.classifiers.networks")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "inputs"), [("branches", 1024), ("apex", 512)])
def test_the_head_is_the_published_one(name, inputs):
    with torch.device("meta"):
        network = classifier_class(name)()
    layers = [(layer.in_features, layer.out_features) for layer in network.head if isinstance(layer, nn.Linear)]
    assert layers == [(inputs, 128), (128, 32), (32, 3)]
    assert [type(layer) for layer in network.head] == [*[nn.Linear, nn.ReLU, nn.Dropout] * 2, nn.Linear]
    assert [layer.p for layer in network.head if isinstance(layer, nn.Dropout)] == [0.5, 0.5]


@pytest.mark.slow
def test_names_are_modules_and_one_does_not_import_the_other():
    assert classifier_class("branches") is Branches
    code = "import sys, mie_x_lib.classifiers as c; c.classifier_class('apex'); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "mie_x_lib.classifiers.networks.apex" in modules
    assert "mie_x_lib.classifiers.networks.branches" not in modules


@pytest.mark.parametrize("name", NETWORKS)
def test_scores_are_one_a_class(name):
    assert classifier_class(name)(width=2)(torch.zeros(4, 2, 3, 32, 32)).shape == (4, 3)
    assert classifier_class(name)(width=2, labels=5)(torch.zeros(4, 2, 3, 32, 32)).shape == (4, 5)


@pytest.mark.parametrize("name", NETWORKS)
def test_dropout_is_as_asked_for(name):
    layers = classifier_class(name)(width=2, dropout=0.25).modules()
    assert {layer.p for layer in layers if isinstance(layer, nn.Dropout)} == {0.25}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_of_this_project_needs_not_be_tried_out_before_each_training(name):
    settings = ClassifierSettings(epochs=1, crop=32, precision="float32")
    build = partial(first_network, classifier_class(name), "random", 0)
    try_out(build, {"width": 8, "dropout": 0.5, "labels": 3}, ("a", "b", "c"), settings)


# What Python itself raises.
OF_ZERO_BYTES = "SyntaxError" if sys.version_info >= (3, 11, 4) else "ValueError"


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


def test_ststnet_has_the_published_layers():
    network = Ststnet()
    assert [(stream[0].out_channels, stream[0].kernel_size) for stream in network.streams] == [
        (filters, (3, 3)) for filters in (3, 5, 8)
    ]
    for stream in network.streams:
        assert [type(layer) for layer in stream] == [nn.Conv2d, nn.ReLU, nn.BatchNorm2d, nn.MaxPool2d, nn.Dropout]
        assert stream[4].p == 0.5
        assert stream(torch.rand(2, 3, 28, 28)).shape[2:] == (10, 10)
    assert [type(layer) for layer in network.head] == [nn.AvgPool2d, nn.Flatten, nn.Linear]
    # 3 x 3 x 3 weights and a bias a filter, scale and shift of each filter's normalisation, and 400 weights a class.
    assert sum(value.numel() for value in network.parameters()) == 16 * 28 + 16 * 2 + 3 * 401


def test_ststnet_sees_how_a_face_moves():
    face = torch.from_numpy(photographs(1, 96)[0]).permute(2, 0, 1)[None]
    onset = to_input(face.permute(0, 2, 3, 1))
    # At the border of a picture Farnebäck's flow of two equal ones is not quite 0.
    assert motion_maps(to_grey(torch.stack([onset, onset], dim=1)))[..., 8:20, 8:20].abs().max() < 0.01
    right, down = (torch.roll(onset, 2, dims) for dims in (3, 2))
    for axis, moved in enumerate((right, down)):
        found = motion_maps(to_grey(torch.stack([onset, moved], dim=1)))[0, :, 8:20, 8:20]
        # Two of 96 pixels.
        assert found[axis].median().item() == pytest.approx(100 * 2 / 96, abs=0.4)
        assert found[1 - axis].abs().median().item() < 0.2


def test_strain_is_where_a_face_is_stretched():
    y, x = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
    # Texture everywhere, and a shift to the right that grows with x: 2 percent of stretch.
    texture = lambda at: (127 + 60 * torch.sin(at / 3) * torch.cos(y / 4)).to(torch.uint8)  # noqa: E731
    found = motion_maps(torch.stack([texture(x), texture(x / 1.02)])[None])[0, 2, 8:20, 8:20]
    assert found.median().item() == pytest.approx(2, abs=0.6)


@pytest.mark.parametrize(
    ("u", "v", "strain"),
    [((0.02, 0), (0, 0), 2), ((0, 0.02), (0, 0), 2**0.5), ((0, 0.02), (0.02, 0), 8**0.5), ((0, 0.02), (-0.02, 0), 0)],
)
def test_strain_is_the_size_of_the_symmetric_gradient(monkeypatch, u, v, strain):
    """u, v: by how much the flow to the right, and that down, grows to the right and down."""
    y, x = np.indices((56, 56), np.float32)
    flow = np.stack([u[0] * x + u[1] * y, v[0] * x + v[1] * y], axis=-1)
    monkeypatch.setattr(ststnet, "optical_flow", lambda onset, apex: flow)
    found = motion_maps(torch.zeros(1, 2, 56, 56, dtype=torch.uint8))[0, 2]
    np.testing.assert_allclose(found, strain, atol=1e-3)


def test_grey_pictures_come_back_from_a_networks_input():
    images = torch.randint(0, 256, (2, 8, 8, 3), dtype=torch.uint8)
    assert torch.equal(to_grey(to_input(images)), images.float().mean(dim=3).round().to(torch.uint8))


# An annotation as a text is looked up in the module by its name.
OWN = (
    "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom helper import FEATURES\n"
    "from torch import nn\n\n@dataclass\nclass Shape:\n    features: int = FEATURES\n\n"
    "class MyOwn(nn.Linear):\n    pass\n"
)


def test_a_network_of_ones_own_may_import_what_lies_beside_it(tmp_path):
    (tmp_path / "helper.py").write_text("FEATURES = 3\n")
    (tmp_path / "own.py").write_text(OWN)
    assert classifier_class("my_own", tmp_path / "own.py").__name__ == "MyOwn"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class Other: pass\n", "own.py: has no class MyOwn, for which classifiers.my_own stands"),
        ("def MyOwn(labels, initial):\n    return None\n", "own.py: MyOwn is no class derived from torch.nn.Module"),
        ("class MyOwn:\n    pass\n", "own.py: MyOwn is no class derived from torch.nn.Module"),
        ("x = 1\nclass MyOwn(:\n", "own.py, line 2: SyntaxError"),
        ("x = 1\0", f"own.py: {OF_ZERO_BYTES}: source code string cannot contain null bytes; correct the file"),
        ("import sys\nsys.exit(3)\n", "own.py: SystemExit: 3; correct the file"),
        ("from .helper import FEATURES\n", "own.py: ImportError: attempted relative import"),
        ("import not_there_at_all\n", "own.py: ModuleNotFoundError: No module named 'not_there_at_all'"),
    ],
)
def test_what_is_wrong_with_a_network_of_ones_own_is_told(tmp_path, text, said):
    (tmp_path / "own.py").write_text(text)
    with pytest.raises(InputError) as raised:
        classifier_class("my_own", tmp_path / "own.py")
    assert said in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.py: FileNotFoundError"):
        classifier_class("my_own", tmp_path / "nowhere.py")
