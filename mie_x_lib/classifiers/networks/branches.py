"""Branches: the onset and the apex frame of a clip through two ResNet-18 of their own."""

import torch
from torch import nn

from mie_x_lib.classifiers.head import head
from mie_x_lib.learning.resnet import resnet18


class Branches(nn.Module):
    """Branches as MiE-X evaluates it (Liu et al., ECCV 2022): two backbones that share no weights, then three layers.

    width, initial: as `resnet.resnet18` takes them. dropout: its probability between the fully connected layers.
    labels: number of classes.
    """

    # Each of its steps is the same work for a GPU (`mie_x_lib.learning.recorded`).
    can_be_recorded = True

    def __init__(self, width: int = 64, dropout: float = 0.5, labels: int = 3, initial: str = "random"):
        super().__init__()
        self.onset, self.apex = resnet18(width, initial), resnet18(width, initial)
        self.head = head(self.onset.features + self.apex.features, dropout, labels)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        """Return scores (B, labels) before softmax of pairs (B, 2, 3, H, W): onset, then apex, scaled by `to_input`."""
        return self.head(torch.cat([self.onset(pairs[:, 0]), self.apex(pairs[:, 1])], dim=1))
