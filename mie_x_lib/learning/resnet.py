"""ResNet-18 of any width, without its head, and the input that it expects."""

from pathlib import Path
from urllib.request import urlopen

import torch
from torch import nn
from torch.nn import functional

from mie_x_lib import weights
from mie_x_lib.errors import NETWORK_FAULTS, InputError

# Channel statistics of ImageNet, which torchvision's weights expect of an input of 0..1.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class _Every(nn.Conv2d):
    """A convolution of single pixels, every `stride`-th of them."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        # On processors the gradient of such a convolution over few channels, channels-last, writes beyond its memory:
        # with PyTorch 2.14 up to 8 channels of 48 pixels and more ended the process. Wider ones keep their bits.
        if self.in_channels > 8:
            return super().forward(features)
        step = self.stride[0]
        return functional.conv2d(features[..., ::step, ::step], self.weight)


class _Block(nn.Module):
    """Two convolutions beside a shortcut, which is a convolution of its own where size or channels change."""

    def __init__(self, channels: int, width: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or channels != width:
            self.downsample = nn.Sequential(_Every(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        shortcut = features if self.downsample is None else self.downsample(features)
        features = self.relu(self.bn1(self.conv1(features)))
        return self.relu(self.bn2(self.conv2(features)) + shortcut)


class Backbone(nn.Module):
    """ResNet-18 (He et al., CVPR 2016) up to and with global average pooling.

    width: channels of the first stage; 64 is the published network, and then the names and shapes of its tensors are
    torchvision's, whose own class would take longer to import than a small network takes to train. Input (B, 3, H, W)
    float as `to_input` makes it; output (B, features), features = 8 * width.
    """

    def __init__(self, width: int = 64):
        super().__init__()
        self.features = 8 * width
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = nn.Sequential(_Block(width, width, 1), _Block(width, width, 1))
        self.layer2 = nn.Sequential(_Block(width, 2 * width, 2), _Block(2 * width, 2 * width, 1))
        self.layer3 = nn.Sequential(_Block(2 * width, 4 * width, 2), _Block(4 * width, 4 * width, 1))
        self.layer4 = nn.Sequential(_Block(4 * width, 8 * width, 2), _Block(8 * width, 8 * width, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        features = self.maxpool(self.relu(self.bn1(self.conv1(inputs))))
        features = self.layer4(self.layer3(self.layer2(self.layer1(features))))
        return self.avgpool(features).flatten(1)


def resnet18(width: int = 64, initial: str | Path = "random") -> Backbone:
    """Return a backbone of the given width with its first weights.

    initial: "random"; "imagenet" (torchvision's IMAGENET1K_V1, width 64 only, downloaded once); the path of a file that
    torchvision published (.pth); or that of a weights file of kind `au_network`, whose `backbone.` tensors are taken.
    Raises InputError where the weights cannot be had or do not fit the width.
    """
    network = Backbone(width)
    if initial == "imagenet":
        weights.fill(network, _without_head(weights.read_foreign(imagenet_file())), "ImageNet weights of ResNet-18")
    elif Path(initial).suffix == ".pth":
        weights.fill(network, _without_head(weights.read_foreign(initial)), initial)
    elif initial != "random":
        tensors, _ = weights.read(initial, "au_network")
        prefix = "backbone."
        weights.fill(
            network,
            {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)},
            initial,
        )
    return network


def imagenet_file() -> Path:
    """Where torchvision keeps the ImageNet weights; downloaded if they are not there.

    Raises InputError, within seconds, where they are neither there nor to be had.
    """
    # It takes longer to import than all else here, and is needed for nothing else.
    from torchvision.models import ResNet18_Weights

    source = ResNet18_Weights.IMAGENET1K_V1
    path = Path(torch.hub.get_dir(), "checkpoints", Path(source.url).name)
    if not path.exists():
        try:
            # Behind a firewall that answers nothing, the download itself would wait for minutes.
            with urlopen(source.url, timeout=10):
                pass
            source.get_state_dict(progress=False, check_hash=True, weights_only=True)
        except (*NETWORK_FAULTS, RuntimeError) as fault:
            raise InputError(
                f"training.initial is imagenet, but {path} does not exist and {source.url} could not be downloaded "
                f"({fault}); run `snakemake --cores 1 fetch_weights`, with the options of this run, where there is a "
                "network, or give the path of the file as training.initial"
            ) from fault
    return path


def _without_head(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value for name, value in tensors.items() if not name.startswith("fc.")}


def to_input(images: torch.Tensor) -> torch.Tensor:
    """Scale images (B, H, W, 3) uint8 RGB to the backbone's input (B, 3, H, W) float32, channels-last in memory."""
    return scaled(images, -1).permute(0, 3, 1, 2)


def scaled(pixels: torch.Tensor, channels: int) -> torch.Tensor:
    """Return uint8 pixels as the backbone expects them, float32 of the same shape; axis `channels` is RGB."""
    shape = [1] * pixels.ndim
    shape[channels] = 3
    mean, std = (torch.tensor(values, device=pixels.device).view(shape) for values in (MEAN, STD))
    return pixels.float().div_(255).sub_(mean).div_(std)


def to_grey(inputs: torch.Tensor) -> torch.Tensor:
    """What `to_input` scaled, (..., 3, H, W), as grey pictures (..., H, W) uint8: the mean of the channels."""
    mean, std = (torch.tensor(values, device=inputs.device).view(3, 1, 1) for values in (MEAN, STD))
    return (255 * (inputs.float() * std + mean).mean(dim=-3)).round().clamp(0, 255).to(torch.uint8)
