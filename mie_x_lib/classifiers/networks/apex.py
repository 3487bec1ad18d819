"""Apex: the apex frame of a clip alone through one ResNet-18."""

import torch
from torch import nn

from mie_x_lib.classifiers.head import head
from mie_x_lib.learning.resnet import resnet18


class Apex(nn.Module):
    """The single-frame network beside Branches (Liu et al., ECCV 2022), with the same fully connected layers.

    width, initial: as `resnet.resnet18` takes them. dropout: its probability between the fully connected layers.
    labels: number of classes.
    """

    # Each of its steps is the same work for a GPU (`mie_x_lib.learning.recorded`).
    can_be_recorded = True

    def __init__(self, width: int = 64, dropout: float = 0.5, labels: int = 3, initial: str = "random"):
        super().__init__()
        self.apex = resnet18(width, initial)
        self.head = head(self.apex.features, dropout, labels)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        """Return scores (B, labels) before softmax of pairs (B, 2, 3, H, W); the onset, the first, is not used."""
        return self.head(self.apex(pairs[:, 1]))
