"""Convolutions of wide float32 maps on a processor with a fourth of the products, by Winograd's minimal filtering.

A map is made in tiles of 4 x 4 places, each of which is made of 6 x 6. Both are transformed, so that a kernel of 3 x 3
takes one product for each of these 36 places, and not 144 for a tile (Lavin and Gray, "Fast Algorithms for
Convolutional Neural Networks", CVPR 2016). PyTorch's own libraries do so on a GPU alone.
"""

import copy
import math
from collections.abc import Sequence
from itertools import product

import torch
from torch import nn

from mie_x_lib.ganimation.networks import Generator, ResidualBlock

_Parts = torch.Tensor | Sequence[torch.Tensor]
# Sides of a tile, and of what it is made of.
_MADE, _TAKEN = 4, 6
# What becomes of the three values in a row of a kernel: their polynomial at 0, 1, -1, 2, -2 and infinity, each divided
# by what the transforms of the maps leave out.
_OF_KERNEL = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
# Of the four values in a row of a 4x4 kernel of stride 2: which of two neighbours each meets, and of which of three
# such pairs.
_NEIGHBOUR, _PAIR = (1, 0, 1, 0), (0, 1, 1, 2)
# Channels of the residual blocks from which on this was faster than PyTorch's own convolutions.
_WIDE = 256


def with_minimal_filtering(generator: Generator) -> Generator:
    """Return a copy of a generator that makes the same in float32, faster on a processor, or itself where it is narrow.

    All convolutions but the first and the last are replaced. The copy is channels-last in memory and cannot be trained.
    """
    blocks = [layer for layer in generator.layers if isinstance(layer, ResidualBlock)]
    if not blocks or blocks[0].width < _WIDE:
        return generator
    made, memory = copy.deepcopy(generator), (_Memory(), _Memory())
    for layers in (made.layers, *(layer.layers for layer in made.layers if isinstance(layer, ResidualBlock))):
        for number, layer in enumerate(layers):
            if isinstance(layer, nn.ConvTranspose2d):
                # Here the pairs are what is made.
                kernels = _of_pairs(layer.weight).flip(4, 5).permute(1, 2, 3, 0, 4, 5).flatten(0, 2)
                layers[number] = MinimalConvolution(kernels, layer.bias, memory, parted=2)
            elif isinstance(layer, nn.Conv2d) and layer.stride == (2, 2):
                kernels = _of_pairs(layer.weight).flatten(1, 3)
                layers[number] = MinimalConvolution(kernels, layer.bias, memory, joined=2)
            elif isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
                layers[number] = MinimalConvolution(layer.weight, layer.bias, memory)
    return made.to(memory_format=torch.channels_last)


def _of_pairs(kernels: torch.Tensor) -> torch.Tensor:
    """Rearrange kernels (O, C, 4, 4) of stride 2 for maps whose places are 2 x 2 neighbours: (O, 2, 2, C, 3, 3)."""
    outputs, channels = kernels.shape[:2]
    made = kernels.new_zeros(outputs, 2, 2, channels, 3, 3)
    for row, column in product(range(4), repeat=2):
        made[:, _NEIGHBOUR[row], _NEIGHBOUR[column], :, _PAIR[row], _PAIR[column]] = kernels[:, :, row, column]
    return made


class _Memory:
    """Memory for what is soon no longer needed: the system would clear new one each time, which takes as long."""

    def __init__(self) -> None:
        self._held = torch.empty(0)

    def take(self, *shape: int) -> torch.Tensor:
        """Return a float32 tensor of any values, in the place of the last one that was taken."""
        needed = math.prod(shape)
        if len(self._held) < needed:
            self._held = torch.empty(needed)
        return self._held[:needed].view(shape)


class MinimalConvolution(nn.Module):
    """A convolution with 3x3 kernels and a padding of 1.

    kernels: (O, C, 3, 3) float32. bias: (O,), or None. memory: two, which layers share that are never at work together.
    joined, parted: 1, or 2 where C are the channels of 2 x 2 neighbours of a map, and O those of 2 x 2 places that are
    made of one; bias has then a fourth of O.
    """

    def __init__(
        self,
        kernels: torch.Tensor,
        bias: torch.Tensor | None,
        memory: tuple[_Memory, _Memory],
        joined: int = 1,
        parted: int = 1,
    ):
        super().__init__()
        transform = torch.tensor(_OF_KERNEL, dtype=torch.float64)
        places = kernels.detach().permute(2, 3, 1, 0).flatten(0, 1).double()
        transformed = torch.kron(transform, transform) @ places.flatten(1)
        self.kernels, self.bias = transformed.float().view(_TAKEN**2, *places.shape[1:]), bias
        self.memory, self.joined, self.parted = memory, joined, parted

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, O', H', W'), channels-last in memory, of (B, C', H, W); H and W are multiples of `joined`."""
        one, other = self.memory
        channels, outputs = self.kernels.shape[1:]
        places = x.permute(0, 2, 3, 1).unflatten(2, (-1, self.joined)).unflatten(1, (-1, self.joined)).transpose(2, 3)
        count, height, width = places.shape[:3]
        down, across = -(-height // _MADE), -(-width // _MADE)

        padded = one.take(count, _MADE * down + 2, _MADE * across + 2, channels).zero_()
        padded[:, 1 : height + 1, 1 : width + 1].unflatten(3, places.shape[3:]).copy_(places)
        by_row = other.take(_TAKEN, count, down, padded.shape[2], channels)
        _transform_taken([padded[:, row : row + _MADE * down - 3 : _MADE] for row in range(_TAKEN)], by_row)
        taken = one.take(_TAKEN, _TAKEN, count, down, across, channels)
        by_column = [by_row[:, :, :, column : column + _MADE * across - 3 : _MADE] for column in range(_TAKEN)]
        _transform_taken(by_column, taken.unbind(1))

        products = other.take(_TAKEN**2, count * down * across, outputs)
        torch.bmm(taken.view(_TAKEN**2, -1, channels), self.kernels, out=products)

        rows = one.take(_MADE, _TAKEN, count, down, across, outputs)
        _transform_made(products.view(_TAKEN, *rows.shape[1:]), rows)
        side, made_channels = self.parted, outputs // self.parted**2
        made = x.new_empty(count, down, _MADE, side, across, _MADE, side, made_channels)
        _transform_made(rows.unflatten(5, (side, side, -1)).unbind(1), made.permute(5, 2, 0, 1, 4, 3, 6, 7))
        made = made.flatten(4, 6).flatten(1, 3)[:, : height * side, : width * side]
        if self.bias is not None:
            made += self.bias
        return made.permute(0, 3, 1, 2)


def _transform_taken(places: _Parts, made: _Parts) -> None:
    """Write six values for six places in a row (or a column) of what a tile is made of; the paper's B transposed."""
    even, odd = torch.sub(places[4], places[2], alpha=4), torch.sub(places[3], places[1], alpha=4)
    torch.add(even, odd, out=made[1])
    torch.sub(even, odd, out=made[2])
    torch.sub(places[4], places[2], out=even)
    torch.sub(places[3], places[1], out=odd)
    torch.add(even, odd, alpha=2, out=made[3])
    torch.sub(even, odd, alpha=2, out=made[4])
    torch.sub(places[0], places[2], out=made[0])
    torch.add(even, made[0], alpha=4, out=made[0])
    torch.sub(places[5], places[3], out=made[5])
    torch.sub(made[5], odd, alpha=4, out=made[5])


def _transform_made(products: _Parts, made: _Parts) -> None:
    """Write the four places in a row (or a column) of a tile, made of six products; the paper's A transposed."""
    near, far = products[1] + products[2], products[3] + products[4]
    torch.add(products[0], near, out=made[0])
    made[0].add_(far)
    torch.add(near, far, alpha=4, out=made[2])
    torch.sub(products[1], products[2], out=near)
    torch.sub(products[3], products[4], out=far)
    torch.add(near, far, alpha=2, out=made[1])
    torch.add(near, far, alpha=8, out=made[3])
    made[3].add_(products[5])
