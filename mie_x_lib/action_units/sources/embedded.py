"""The embedded estimator: a small network that reads the action units of simulated people, and of nobody else.

It was trained on faces that this project draws (`embedded_training`). On photographs of real people its figures mean
nothing: take the sources `pyfeat` or `openface` for them.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from mie_x_lib import weights
from mie_x_lib.learning.resnet import Backbone, to_input
from mie_x_lib.progress import bar
from mie_x_lib.terms import AU_NAMES

# Its truth is what simulated people are drawn with, on OpenFace's scale divided by 5.
SCALE = "intensity"
PROGRAM = "the embedded network"
_BATCH = 256


class AUNetwork(nn.Module):
    """A ResNet-18 of some width with one linear output an action unit.

    size: side of the square images that it was trained on. Input (B, 3, size, size) as `resnet.to_input` makes it;
    output (B, 17), about 0..1.
    """

    def __init__(self, width: int = 16, size: int = 64):
        super().__init__()
        self.size = size
        self.backbone = Backbone(width)
        self.head = nn.Linear(self.backbone.features, len(AU_NAMES))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(x))


def load(path: str | Path) -> AUNetwork:
    """The network of a weights file, in evaluation mode; InputError as `weights.load` raises it."""
    return weights.load(path, "au_network", AUNetwork)


@torch.inference_mode()
def estimate_with(network: AUNetwork, images: np.ndarray) -> np.ndarray:
    """Action units (N, 17) float32 0..1 of face crops `images` (N, H, W, 3) uint8 RGB, by a loaded network."""
    device = next(network.parameters()).device
    found = [np.empty((0, len(AU_NAMES)), np.float32)]
    for start in bar(range(0, len(images), _BATCH), "estimating action units", "batch"):
        x = to_input(torch.from_numpy(images[start : start + _BATCH]).to(device))
        if x.shape[-2:] != (network.size, network.size):
            x = functional.interpolate(x, size=(network.size, network.size), mode="bilinear", antialias=True)
        found.append(network(x).clamp(0, 1).cpu().numpy())
    return np.concatenate(found)


def estimate(images: np.ndarray, weights: str | Path) -> np.ndarray:
    """Action units (N, 17) float32 0..1 of face crops `images` (N, H, W, 3) uint8 RGB of simulated people."""
    return estimate_with(load(weights), images)
