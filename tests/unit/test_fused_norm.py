"""The kernels of the instance norm, run by Triton's interpreter, and on a GPU where there is one."""

import os
import subprocess
import sys

import pytest
import torch
from torch.nn import functional

from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.provenance import ROOT

pytest.importorskip("triton", reason="no Triton here")

# Maps smaller and larger than what a program takes, and channels and places that fill none.
COMPARISON = """
import torch
from torch.nn import functional
from mie_x_lib.ganimation.fused_norm import normalise
from mie_x_lib.ganimation.networks import _widened

draws = torch.Generator().manual_seed(0)
for shape in ((1, 8, 40, 30), (2, 80, 3, 5)):
    for kind, most in ((torch.float32, 1e-5), (torch.bfloat16, 1e-2)):
        # A mean that is large beside what is spread around it.
        x, added = (3 * torch.randn(2, *shape, generator=draws) + 100).to(kind)
        x, added = (maps.to(memory_format=torch.channels_last) for maps in (x, added))
        weight, bias = torch.rand(2, shape[1], generator=draws)
        exact = functional.instance_norm(x.double())
        scaled = functional.instance_norm(x.double(), weight=weight.double(), bias=bias.double())
        for made, expected in (
            (normalise(x), exact),
            (normalise(x, weight, bias, rectified=True), scaled.relu()),
            (normalise(x, weight, bias, added=added), scaled + added),
            (normalise(x, rectified=True, added=added), exact.relu() + added),
        ):
            assert made.dtype == kind and made.is_contiguous(memory_format=torch.channels_last)
            print(float((made - expected).norm() / expected.norm()) < most)

# Maps of a rim and of what is alike within it, which are added to maps that some pictures share.
for size in ((40, 30), (8, 12)):
    for side in (5, 7):
        maps = torch.randn(2, 8, *size, generator=draws).to(memory_format=torch.channels_last)
        rims, weight, bias = (torch.randn(*shape, generator=draws) for shape in ((3, 8, side, side), (8,), (8,)))
        # Every other of them.
        shown = torch.tensor([1, 1, 0, 0, 1, 1])[::2]
        expected = functional.instance_norm(maps[shown] + _widened(rims, *size), weight=weight, bias=bias).relu()
        made = normalise(maps, weight, bias, rectified=True, rims=rims, shown=shown)
        print(torch.allclose(made, expected, atol=1e-5))
        assert made.is_contiguous(memory_format=torch.channels_last)
        print(torch.allclose(normalise(maps, shown=shown), functional.instance_norm(maps[shown]), atol=1e-5))

flawed = torch.ones(1, 8, 4, 4).to(memory_format=torch.channels_last)
flawed[0, 3, 1, 1] = torch.nan
print(int(normalise(flawed, rectified=True).isnan().sum()) == 16)
"""


@pytest.mark.slow
def test_the_norm_is_that_of_pytorch():
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", COMPARISON], capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    assert done.stdout.split() == ["True"] * 25


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_makes_the_frames_of_a_processor():
    torch.manual_seed(0)
    generator, images, aus = Generator(width=16), torch.rand(5, 3, 64, 64) * 2 - 1, torch.rand(5, 17)
    with torch.inference_mode():
        expected = torch.cat(generator(images, aus), dim=1)
        generator.cuda().to(memory_format=torch.channels_last)
        found = torch.cat(generator(images.cuda(), aus.cuda()), dim=1).cpu()
        with torch.autocast("cuda", torch.bfloat16):
            short = torch.cat(generator(images.cuda(), aus.cuda()), dim=1).float().cpu()
    assert functional.mse_loss(found, expected).sqrt() < 1e-2
    assert functional.mse_loss(short, expected).sqrt() < 5e-2
