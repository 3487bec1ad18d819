import subprocess
import sys
from http.client import BadStatusLine
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch import nn

from mie_x_lib import weights
from mie_x_lib.errors import InputError
from mie_x_lib.learning.resnet import MEAN, STD, Backbone, resnet18, to_input
from mie_x_lib.provenance import ROOT


def torchvision_resnet18():
    # Takes four seconds to be imported.
    from torchvision.models import resnet18 as published

    return published()


class AuNetwork(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.backbone = Backbone(width)
        self.head = nn.Linear(self.backbone.features, 17)


@pytest.mark.slow
def test_at_full_width_it_is_torchvisions_resnet18():
    reference = torchvision_resnet18().eval()
    network = Backbone(64).eval()
    tensors = {name: value for name, value in reference.state_dict().items() if not name.startswith("fc.")}
    weights.fill(network, tensors, "reference")
    reference.fc = nn.Identity()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(network(images), reference(images))


def test_a_narrow_one_gives_eight_times_its_width():
    network = resnet18(width=4)
    assert network.features == 32
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 32)


@pytest.mark.slow
@pytest.mark.parametrize("width", [4, 8])
def test_a_narrow_one_learns_from_large_pictures(width):
    """In a process of its own, which a fault in the memory ends."""
    program = f"""
import torch
from mie_x_lib.learning.resnet import resnet18
network = resnet18({width}).to(memory_format=torch.channels_last)
pictures = torch.rand(2, 3, 224, 224).to(memory_format=torch.channels_last)
for _ in range(3):
    network(pictures).sum().backward()
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


@pytest.mark.parametrize("width", [8, 16])
def test_every_second_pixel_of_the_shortcut_is_that_of_a_convolution_with_a_stride(width):
    convolution = resnet18(width).layer2[0].downsample[0].double()
    features = torch.randn(2, width, 9, 12, dtype=torch.float64)
    expected = nn.functional.conv2d(features, convolution.weight, stride=2)
    torch.testing.assert_close(convolution(features), expected)


def test_it_starts_from_the_backbone_of_an_au_network(tmp_path):
    au_network = AuNetwork(4)
    weights.save(tmp_path / "au.safetensors", au_network, "au_network", {"width": 4})
    network = resnet18(4, tmp_path / "au.safetensors")
    torch.testing.assert_close(network.layer4[1].conv2.weight, au_network.backbone.layer4[1].conv2.weight)


def test_weights_of_another_width_are_refused(tmp_path):
    weights.save(tmp_path / "au.safetensors", AuNetwork(4), "au_network", {"width": 4})
    with pytest.raises(InputError, match=r"au\.safetensors: tensor `bn1\.bias` is \(4,\), expected \(8,\)"):
        resnet18(8, tmp_path / "au.safetensors")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of torchvision, and no network."""
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))

    def offline(*args, **options):
        raise URLError("no network")

    monkeypatch.setattr("mie_x_lib.learning.resnet.urlopen", offline)
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


@pytest.mark.slow
@pytest.mark.parametrize("fault", [URLError("no network"), BadStatusLine("nonsense")])
def test_imagenet_weights_that_cannot_be_had_are_one_clear_message(cache, monkeypatch, fault):
    def answer(*args, **options):
        raise fault

    monkeypatch.setattr("mie_x_lib.learning.resnet.urlopen", answer)
    with pytest.raises(InputError, match=r"could not be downloaded.*fetch_weights.*give the path"):
        resnet18(64, "imagenet")


@pytest.mark.slow
def test_imagenet_weights_of_the_cache_fill_the_backbone_without_a_network(cache):
    published = torchvision_resnet18().state_dict()
    torch.save(published, cache / "resnet18-f37072fd.pth")
    torch.testing.assert_close(resnet18(64, "imagenet").conv1.weight, published["conv1.weight"])
    with pytest.raises(InputError, match="ImageNet weights"):
        resnet18(16, "imagenet")


def test_a_damaged_cache_is_no_silent_random_start(cache):
    (cache / "resnet18-f37072fd.pth").write_bytes(b"half a file")
    with pytest.raises(InputError, match=r"resnet18-f37072fd\.pth: expected a checkpoint"):
        resnet18(64, "imagenet")


@pytest.mark.slow
def test_torchvisions_file_can_be_given_by_its_path(tmp_path):
    published = torchvision_resnet18().state_dict()
    torch.save(published, tmp_path / "mine.pth")
    torch.testing.assert_close(resnet18(64, tmp_path / "mine.pth").conv1.weight, published["conv1.weight"])
    with pytest.raises(InputError, match=r"absent\.pth"):
        resnet18(64, tmp_path / "absent.pth")


def test_input_is_scaled_by_the_statistics_of_imagenet_and_is_channels_last():
    images = np.random.default_rng(0).integers(0, 256, (2, 6, 5, 3), dtype=np.uint8)
    result = to_input(torch.from_numpy(images))
    assert result.shape == (2, 3, 6, 5)
    assert result.is_contiguous(memory_format=torch.channels_last)
    expected = (images / 255 - np.array(MEAN)) / np.array(STD)
    np.testing.assert_allclose(result.permute(0, 2, 3, 1).numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_the_statistics_are_those_of_torchvisions_weights():
    from torchvision.models import ResNet18_Weights

    published = ResNet18_Weights.IMAGENET1K_V1.transforms()
    assert (published.mean, published.std) == (list(MEAN), list(STD))


@pytest.mark.slow
def test_a_training_does_not_wait_for_torchvision():
    code = "import sys, mie_x_lib.classifiers.experiment; print('torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
