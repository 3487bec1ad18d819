"""STSTNet: three shallow streams over the optical flow from onset to apex."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from mie_x_lib.frames.optical_flow import optical_flow
from mie_x_lib.learning.resnet import to_grey

SIDE = 28
FILTERS = (3, 5, 8)


class Ststnet(nn.Module):
    """The Shallow Triple Stream Three-dimensional CNN (Liong et al., FG 2019), on flow that is computed here.

    Its flow is Farnebäck's, where the authors took TV-L1; layers are those that they published as STSTNet.mat. dropout:
    its probability at the end of each stream. labels: number of classes. width, initial: not used, since its streams
    have 3, 5 and 8 filters, and no weights of theirs are read.
    """

    def __init__(self, width: int = 64, dropout: float = 0.5, labels: int = 3, initial: str = "random"):
        super().__init__()
        self.streams = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(3, filters, 3, padding=1),
                nn.ReLU(inplace=True),
                nn.BatchNorm2d(filters),
                nn.MaxPool2d(3, 3, padding=1),
                nn.Dropout(dropout),
            )
            for filters in FILTERS
        )
        # A stream leaves 10 x 10 places, and the mean over each four of them 5 x 5.
        self.head = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(25 * sum(FILTERS), labels))

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        """Return scores (B, labels) before softmax of pairs (B, 2, 3, H, W): onset, then apex, scaled by `to_input`."""
        motion = motion_maps(to_grey(pairs)).to(pairs)
        return self.head(torch.cat([stream(motion) for stream in self.streams], dim=1))


def motion_maps(grey: torch.Tensor) -> torch.Tensor:
    """Return horizontal flow, vertical flow and optical strain, (B, 3, 28, 28) float32, of pairs (B, 2, H, W) uint8.

    Flow in percent of the side; strain, the size of its symmetric gradient (Shreve et al., 2011), in percent.
    """
    frames = grey.cpu().numpy()
    height, width = frames.shape[2:]
    flows = torch.from_numpy(np.stack([optical_flow(onset, apex) for onset, apex in frames])).permute(0, 3, 1, 2)
    (u_y, u_x), (v_y, v_x) = (torch.gradient(flows[:, axis], dim=(1, 2)) for axis in (0, 1))
    strain = (u_x.square() + v_y.square() + (u_y + v_x).square() / 2).sqrt()
    maps = torch.stack([flows[:, 0] / width, flows[:, 1] / height, strain], dim=1)
    return 100 * functional.adaptive_avg_pool2d(maps, SIDE)
