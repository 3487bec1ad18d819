"""Generator and critic of GANimation (Pumarola et al., ECCV 2018)."""

import functools
import logging
from collections.abc import Callable
from typing import cast

import torch
from torch import nn
from torch.nn import functional

from mie_x_lib.terms import AU_NAMES

log = logging.getLogger(__name__)

# Layers of the generator before its residual blocks, those of three convolutions.
_BEFORE_BLOCKS = 9
# Places from which on PyTorch's group norm is fast on a processor; of smaller maps it is slower than instance norm.
_LARGE_MAP = 32 * 32


class _InstanceNorm(nn.InstanceNorm2d):
    """Instance norm with what follows it: a rectifier, or another map that is added.

    Where pictures are made, maps that are channels-last in memory stay so, as the convolutions want them.
    """

    def __init__(self, channels: int, affine: bool, rectified: bool):
        super().__init__(channels, affine=affine)
        self.rectified = rectified

    def forward(self, x: torch.Tensor, added: torch.Tensor | None = None) -> torch.Tensor:
        made_alone = _is_made_alone(x)
        if made_alone and x.is_cuda and (fused := _fused_norm()):
            return fused(x, self.weight, self.bias, self.eps, self.rectified, added)
        # Where gradients are asked for, those of group norm take longer than is won here.
        if made_alone and not x.is_cuda and x[0, 0].numel() >= _LARGE_MAP:
            # PyTorch's own lays every map out anew, and the convolution behind it lays it back.
            normed = functional.group_norm(x, self.num_features, self.weight, self.bias, self.eps)
        else:
            normed = super().forward(x)
        if self.rectified:
            normed = functional.relu_(normed)
        return normed if added is None else added + normed

    def of_sum(self, x: torch.Tensor, rims: torch.Tensor, shown: torch.Tensor | None) -> torch.Tensor:
        """Return `forward` of x + `_widened(rims)`, or of x[shown] + `_widened(rims)`, which lets rims share a map."""
        if _fits(x, rims, shown) and x.is_cuda and (fused := _fused_norm()):
            return fused(x, self.weight, self.bias, self.eps, self.rectified, rims=rims, shown=shown)
        added = _widened(rims, *x.shape[2:])
        return self(x + added if shown is None else x[shown].add_(added))


def _fits(x: torch.Tensor, rims: torch.Tensor, shown: torch.Tensor | None) -> bool:
    """Whether these are what `fused_norm.normalise` takes."""
    side = rims.shape[3]
    has_rims = rims.shape[2] == side <= min(x.shape[2:]) and side % 2 == 1
    of_each = len(rims) == len(x if shown is None else shown)
    return has_rims and of_each and _is_made_alone(x) and not rims.requires_grad


def _is_made_alone(x: torch.Tensor) -> bool:
    """Whether maps ask for no gradient, as where pictures are made, and are channels-last in memory."""
    return not x.requires_grad and not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last)


@functools.cache
def _fused_norm() -> Callable[..., torch.Tensor] | None:
    """`fused_norm.normalise` where its kernels can be compiled, else None."""
    try:
        from mie_x_lib.ganimation.fused_norm import normalise

        # One map that a program holds, and a larger one.
        for side in (8, 40):
            maps = torch.zeros(1, 16, side, side, device="cuda", dtype=torch.bfloat16)
            maps = maps.to(memory_format=torch.channels_last)
            normalise(maps, added=maps)
    except torch.cuda.OutOfMemoryError:
        raise
    except Exception as fault:  # Triton raises a different type for each thing that is missing
        log.warning(
            "the norms of the generator are PyTorch's own, with which it takes more than three times as long, since "
            "Triton compiled no kernel for this GPU (%s); it needs a C compiler such as gcc",
            fault,
        )
        return None
    return normalise


def _normalised(
    convolution: type[nn.Module], inputs: int, outputs: int, affine: bool, rectified: bool, **shape
) -> list[nn.Module]:
    """A convolution and its instance norm; without affine parameters the convolution keeps its bias, as published."""
    made = convolution(inputs, outputs, bias=not affine, **shape)
    return [made, _InstanceNorm(outputs, affine, rectified)]


def _trunk(convolution: type[nn.Module], inputs: int, outputs: int, affine: bool, **shape) -> list[nn.Module]:
    """A convolution, its norm and its rectifier, which is in the norm: layers keep the numbers that were published."""
    return [*_normalised(convolution, inputs, outputs, affine, rectified=True, **shape), nn.Identity()]


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around which the input is added; where modulated, the action units act between them."""

    def __init__(self, width: int, affine: bool, au_count: int, modulated: bool):
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(
            *_normalised(nn.Conv2d, width, width, affine, rectified=not modulated, kernel_size=3, padding=1),
            nn.ReLU(inplace=True) if modulated else nn.Identity(),
            *_normalised(nn.Conv2d, width, width, affine, rectified=False, kernel_size=3, padding=1),
        )
        self.modulation: nn.Linear | None = None
        if modulated:
            self.modulation = nn.Linear(au_count, 2 * width)
            # Intensities are mostly far below 1: smaller weights would leave the units unheard for long.
            nn.init.normal_(self.modulation.weight)
            nn.init.zeros_(self.modulation.bias)

    def forward(self, x: torch.Tensor, aus: torch.Tensor) -> torch.Tensor:
        first, norm, rectifier, second, last_norm = self.layers
        inner = norm(first(x))
        if self.modulation is not None:
            scale, shift = self.modulation(aus)[..., None, None].chunk(2, dim=1)
            inner = inner * (1 + scale) + shift
        return last_norm(second(rectifier(inner)), added=x)


class Generator(nn.Module):
    """Colour image and attention mask for a face and its new action units.

    width: channels of the first layer, 64 as published. affine: instance norm with affine parameters and convolutions
    without bias, 8,471,296 parameters (the original author's), or the reverse, 8,467,584 (the replication's).
    modulated: give the action units to every residual block (feature-wise modulation, Perez et al., AAAI 2018) and not
    as input planes. Planes are constant, so the instance norm behind the first convolution takes them away but for the
    rim of the picture; they can be learned from that, in far more steps than a processor can take.
    residual: the colour head gives a change of the picture instead of a new one. A new one is poor at first, so the
    mask soon hides it, and behind a closed mask nothing is learned.
    """

    def __init__(
        self,
        width: int = 64,
        au_count: int = len(AU_NAMES),
        residual_blocks: int = 6,
        affine: bool = True,
        modulated: bool = False,
        residual: bool = False,
    ):
        super().__init__()
        self.modulated, self.residual = modulated, residual
        layers = _trunk(nn.Conv2d, 3 if modulated else 3 + au_count, width, affine, kernel_size=7, padding=3)
        for channels in (width, 2 * width):
            layers += _trunk(nn.Conv2d, channels, 2 * channels, affine, kernel_size=4, stride=2, padding=1)
        layers += [ResidualBlock(4 * width, affine, au_count, modulated) for _ in range(residual_blocks)]
        for channels in (4 * width, 2 * width):
            layers += _trunk(nn.ConvTranspose2d, channels, channels // 2, affine, kernel_size=4, stride=2, padding=1)
        self.layers = nn.Sequential(*layers)
        self.colour = nn.Conv2d(width, 3, kernel_size=7, padding=3, bias=False)
        self.mask = nn.Conv2d(width, 1, kernel_size=7, padding=3, bias=False)

    def forward(self, images: torch.Tensor, aus: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return colour (B, 3, H, W) in -1..1 and mask (B, 1, H, W) in 0..1; `blend` makes the new face of them.

        images: (B, 3, H, W) in -1..1, H and W multiples of 4. aus: (B, au_count), intensities 0..1 asked for.
        """
        return self.decode(images, self.encode(images), aus)

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        """Return what `decode` takes of images, whatever action units are asked for: it is computed once a face."""
        if self.modulated:
            return self.layers[:_BEFORE_BLOCKS](images)
        first = self._first()
        return functional.conv2d(images, first.weight[:, : images.shape[1]], first.bias, padding=first.padding)

    def decode(
        self, images: torch.Tensor, encoded: torch.Tensor, aus: torch.Tensor, shown: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return colour and mask as `forward` does.

        encoded: what `encode` makes of the images, or of K of them, where shown, (B,), says of which each image is.
        """
        if self.modulated:
            done, features = _BEFORE_BLOCKS, encoded if shown is None else encoded[shown]
        else:
            done, features = 2, self._first_norm().of_sum(encoded, self._of_planes(aus, images), shown)
        for layer in self.layers[done:]:
            features = layer(features, aus) if isinstance(layer, ResidualBlock) else layer(features)
        # Both heads in one convolution: apart, they take a fifth of the time of a narrow generator.
        heads = _few_outputs(features, torch.cat([self.colour.weight, self.mask.weight]))
        colour = heads[:, :3].tanh()
        return (images + colour).clamp(-1, 1) if self.residual else colour, heads[:, 3:].sigmoid()

    def _first(self) -> nn.Conv2d:
        return cast(nn.Conv2d, self.layers[0])

    def _first_norm(self) -> _InstanceNorm:
        return cast(_InstanceNorm, self.layers[1])

    def _of_planes(self, aus: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        """What the first convolution makes of small planes that are each filled with one action unit.

        (B, width, h, w), h and w 7 or those of smaller images. Of planes as large as the images, only the rim would
        differ from place to place: `_widened` makes that of this.
        """
        first = self._first()
        side, sizes = first.kernel_size[0], images.shape[2:]
        planes = aus[:, :, None, None].expand(-1, -1, *(min(size, side) for size in sizes))
        return functional.conv2d(planes, first.weight[:, images.shape[1] :], padding=first.padding)


def _few_outputs(features: torch.Tensor, kernels: torch.Tensor) -> torch.Tensor:
    """Convolve (B, C, H, W) with a few square kernels (O, C, k, k), k odd; same size, (B, O, H, W).

    H and W are multiples of 4. A processor computes 16 outputs as fast as these four, and a GPU 64, so that each step
    makes them for four neighbours, or for a square of 16.
    """
    down, across = (4 if features.is_cuda else 1), 4
    shifted = [
        functional.pad(kernels, (right, across - 1 - right, below, down - 1 - below))
        for below in range(down)
        for right in range(across)
    ]
    wide = functional.conv2d(features, torch.cat(shifted), stride=(down, across), padding=kernels.shape[-1] // 2)
    apart = wide.unflatten(1, (down, across, len(kernels)))
    return apart.permute(0, 3, 4, 1, 5, 2).flatten(4, 5).flatten(2, 3)


def _widened(maps: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Repeat the middle row and column of maps (B, C, h, w) until they are (B, C, height, width).

    It is what a convolution makes of a wider plane, all but whose rim are alike. h is odd or height, w odd or width.
    """
    # A place has its channels together, as the layers behind want them.
    places = maps.permute(0, 2, 3, 1)
    for axis, size in ((1, height), (2, width)):
        found = places.shape[axis]
        if found != size:
            rim = found // 2
            before, middle, after = places.split([rim, 1, rim], dim=axis)
            shape = list(places.shape)
            shape[axis] = size - 2 * rim
            places = torch.cat([before, middle.expand(shape), after], dim=axis)
    return places.permute(0, 3, 1, 2)


def draw_weights(network: nn.Module, std: float) -> None:
    """Draw the weights of all convolutions from a normal distribution about 0, as the public versions do; biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def blend(images: torch.Tensor, colour: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return mask * images + (1 - mask) * colour, float32: where the mask is 1 the input stays."""
    colour, mask = colour.float(), mask.float()
    return mask * images + (1 - mask) * colour


def to_signed(images: torch.Tensor) -> torch.Tensor:
    """Scale images (B, H, W, 3) uint8 to the networks' (B, 3, H, W) float32 in -1..1, contiguous."""
    return images.float().div_(127.5).sub_(1).permute(0, 3, 1, 2).contiguous()


def to_uint8(images: torch.Tensor) -> torch.Tensor:
    """Round images (B, 3, H, W) in -1..1 to (B, H, W, 3) uint8; the reverse of `to_signed`."""
    return images.float().add(1).mul_(127.5).round_().clamp_(0, 255).byte().permute(0, 2, 3, 1)


class Critic(nn.Module):
    """PatchGAN critic (Isola et al., CVPR 2017) that also regresses the action units.

    image_size: side of the square images, at least 2 ** layers. width: channels of the first layer, doubled by each.
    """

    def __init__(self, image_size: int = 128, width: int = 64, au_count: int = len(AU_NAMES), layers: int = 6):
        super().__init__()
        blocks, channels = [], 3
        for index in range(layers):
            outputs = width * 2**index
            blocks += [nn.Conv2d(channels, outputs, kernel_size=4, stride=2, padding=1), nn.LeakyReLU(0.01)]
            channels = outputs
        self.layers = nn.Sequential(*blocks)
        self.realism = nn.Conv2d(channels, 1, kernel_size=3, padding=1, bias=False)
        self.aus = nn.Conv2d(channels, au_count, kernel_size=image_size // 2**layers, bias=False)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return realism (B, h, w), unbounded, and action units (B, au_count) of images (B, 3, H, W) in -1..1."""
        features = self.layers(images)
        return self.realism(features)[:, 0], self.aus(features)[:, :, 0, 0]
