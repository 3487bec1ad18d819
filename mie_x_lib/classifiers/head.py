"""The fully connected layers that Branches and Apex end in."""

from torch import nn


def head(features: int, dropout: float, labels: int) -> nn.Sequential:
    """Return layers of 128, 32 and `labels` outputs, dropout between them (Liu et al., ECCV 2022, supplementary)."""
    return nn.Sequential(
        nn.Linear(features, 128),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(128, 32),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(32, labels),
    )
