"""ResNet-18 of any width, without its head, and the input that it expects."""

from pathlib import Path
from urllib.request import urlopen

import torch
from torch import nn
from torchvision.models import ResNet18_Weights
from torchvision.models.resnet import BasicBlock, ResNet

from mie_x_lib import weights
from mie_x_lib.errors import InputError

# Channel statistics of ImageNet, which torchvision's weights expect of an input of 0..1.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class Backbone(ResNet):
    """torchvision's ResNet-18 (He et al., CVPR 2016) up to and with global average pooling.

    width: channels of the first stage; 64 is the published network, and then the names and shapes of its tensors are
    torchvision's. Input (B, 3, H, W) float as `to_input` makes it; output (B, features), features = 8 * width.
    """

    def __init__(self, width: int = 64):
        super().__init__(BasicBlock, [1, 1, 1, 1], num_classes=1)
        self.features = 8 * width
        self.inplanes = width
        self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = self._make_layer(BasicBlock, width, 2)
        self.layer2 = self._make_layer(BasicBlock, 2 * width, 2, stride=2)
        self.layer3 = self._make_layer(BasicBlock, 4 * width, 2, stride=2)
        self.layer4 = self._make_layer(BasicBlock, 8 * width, 2, stride=2)
        self.fc = nn.Identity()
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


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
    source = ResNet18_Weights.IMAGENET1K_V1
    path = Path(torch.hub.get_dir(), "checkpoints", Path(source.url).name)
    if not path.exists():
        try:
            # Behind a firewall that answers nothing, the download itself would wait for minutes.
            with urlopen(source.url, timeout=10):
                pass
            source.get_state_dict(progress=False, check_hash=True, weights_only=True)
        except (OSError, RuntimeError) as fault:
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
    mean, std = images.new_tensor((MEAN, STD), dtype=torch.float32)
    return (images.float().div_(255).sub_(mean).div_(std)).permute(0, 3, 1, 2)


def to_grey(inputs: torch.Tensor) -> torch.Tensor:
    """What `to_input` scaled, (..., 3, H, W), as grey pictures (..., H, W) uint8: the mean of the channels."""
    mean, std = (torch.tensor(values, device=inputs.device).view(3, 1, 1) for values in (MEAN, STD))
    return (255 * (inputs.float() * std + mean).mean(dim=-3)).round().clamp(0, 255).to(torch.uint8)
