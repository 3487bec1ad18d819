"""The generator of GANimation restated plainly, layer for layer as its authors and its replication published it."""

import torch
from torch import nn

# Names of the parts in the two published layouts: the trunk, a residual block, colour and mask; and the affine norm.
ORIGINAL = (("main", "main", "img_reg", "attetion_reg"), True)
REPLICATION = (("model", "conv_block", "color_top", "au_top"), False)


class _Block(nn.Module):
    """A residual block; `name` is that of its layers."""

    def __init__(self, channels: int, affine: bool, name: str):
        super().__init__()
        self.name = name
        layers: list[nn.Module] = []
        for activation in ([nn.ReLU()], []):
            convolution = nn.Conv2d(channels, channels, 3, 1, 1, bias=not affine)
            layers += [convolution, nn.InstanceNorm2d(channels, affine=affine), *activation]
        setattr(self, name, nn.Sequential(*layers))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + getattr(self, self.name)(x)


class PublishedGenerator(nn.Module):
    """GANimation's generator (Pumarola et al., ECCV 2018) with action units as planes of its input, of any width.

    names: those of trunk, residual block, colour and mask. affine: which of norm and convolution has a bias.
    """

    def __init__(self, names: tuple[str, str, str, str], affine: bool, width: int = 64, blocks: int = 6):
        super().__init__()
        self.trunk, block, self.colour, self.mask = names

        def normalised(convolution: nn.Module, outputs: int) -> list[nn.Module]:
            return [convolution, nn.InstanceNorm2d(outputs, affine=affine), nn.ReLU()]

        bias = not affine
        layers = [
            *normalised(nn.Conv2d(20, width, 7, 1, 3, bias=bias), width),
            *normalised(nn.Conv2d(width, 2 * width, 4, 2, 1, bias=bias), 2 * width),
            *normalised(nn.Conv2d(2 * width, 4 * width, 4, 2, 1, bias=bias), 4 * width),
            *(_Block(4 * width, affine, block) for _ in range(blocks)),
            *normalised(nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1, bias=bias), 2 * width),
            *normalised(nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=bias), width),
        ]
        self.add_module(self.trunk, nn.Sequential(*layers))
        self.add_module(self.colour, nn.Sequential(nn.Conv2d(width, 3, 7, 1, 3, bias=False), nn.Tanh()))
        self.add_module(self.mask, nn.Sequential(nn.Conv2d(width, 1, 7, 1, 3, bias=False), nn.Sigmoid()))

    def forward(self, images: torch.Tensor, aus: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return colour (B, 3, H, W) and mask (B, 1, H, W) of images (B, 3, H, W) in -1..1 and action units (B, 17)."""
        planes = aus[:, :, None, None].expand(*aus.shape, *images.shape[2:])
        features = getattr(self, self.trunk)(torch.cat([images, planes], dim=1))
        return getattr(self, self.colour)(features), getattr(self, self.mask)(features)
