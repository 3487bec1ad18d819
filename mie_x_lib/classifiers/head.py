"""The fully connected layers that Branches and Apex end in."""

from torch import nn

from mie_x_lib.terms import LABEL_NAMES


def head(features: int, dropout: float) -> nn.Sequential:
    """Return layers of 128, 32 and 3 outputs with dropout between them (Liu et al., ECCV 2022, supplementary)."""
    return nn.Sequential(
        nn.Linear(features, 128),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(128, 32),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(32, len(LABEL_NAMES)),
    )
