import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from mie_x_lib.ganimation import winograd
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.ganimation.render import render_pairs
from mie_x_lib.ganimation.winograd import MinimalConvolution, with_minimal_filtering

CPU = torch.device("cpu")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def all_are_wide(monkeypatch):
    monkeypatch.setattr(winograd, "_WIDE", 1)


def drawn_generator(**settings):
    torch.manual_seed(0)
    generator = Generator(residual_blocks=2, **settings).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.normal_(std=0.3)
    return generator


def replaced(generator):
    return [layer for layer in generator.modules() if isinstance(layer, MinimalConvolution)]


@given(height=st.integers(1, 11), width=st.integers(1, 11), channels=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_map_of_any_size_is_convolved_as_by_pytorch(height, width, channels, seed):
    torch.manual_seed(seed)
    layer, x = nn.Conv2d(channels, 2, 3, padding=1), torch.randn(2, channels, height, width)
    with torch.inference_mode():
        made = MinimalConvolution(layer.weight, layer.bias, (winograd._Memory(), winograd._Memory()))(x)
        torch.testing.assert_close(made, layer(x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("size", [(16, 16), (20, 28)])
@pytest.mark.parametrize(
    "settings", [{"affine": True}, {"affine": False}, {"modulated": True, "residual": True}], ids=str
)
def test_a_generator_makes_the_same_with_a_fourth_of_the_products(all_are_wide, size, settings):
    generator = drawn_generator(width=4, **settings)
    quick = with_minimal_filtering(generator)
    assert len(replaced(quick)) == 8
    images, aus = torch.rand(3, 3, *size) * 2 - 1, torch.rand(3, 17)
    with torch.inference_mode():
        for made, expected in zip(quick(images, aus), generator(images, aus), strict=True):
            assert expected.std() > 0.05
            torch.testing.assert_close(made, expected, rtol=0, atol=1e-4)


def test_a_generator_can_be_trained_after_it_has_rendered(all_are_wide):
    generator = drawn_generator(width=4)
    render_pairs(generator, np.zeros((1, 16, 16, 3), np.uint8), *np.zeros((2, 1, 17), "float32"), device=CPU)
    assert not replaced(generator)
    generator(torch.rand(1, 3, 16, 16), torch.rand(1, 17))[0].sum().backward()
    assert all(parameter.grad is not None for parameter in generator.layers.parameters())


def test_the_published_generator_is_quickened_and_a_narrow_one_is_left():
    narrow = Generator(width=32)
    assert with_minimal_filtering(narrow) is narrow
    assert len(replaced(with_minimal_filtering(Generator()))) == 16
    without_blocks = Generator(residual_blocks=0)
    assert with_minimal_filtering(without_blocks) is without_blocks


@pytest.mark.parametrize(("precision", "count"), [("float32", 8), ("bfloat16", 0)])
def test_float32_alone_is_rendered_so(all_are_wide, monkeypatch, precision, count):
    used = []
    monkeypatch.setattr(Generator, "encode", lambda self, images: used.append(self) or images)
    monkeypatch.setattr(Generator, "decode", lambda self, images, *_: (images, images[:, :1]))
    faces, aus = np.zeros((1, 16, 16, 3), np.uint8), np.zeros((1, 17), "float32")
    render_pairs(drawn_generator(width=4), faces, aus, aus, device=CPU, precision=precision)
    assert [len(replaced(generator)) for generator in used] == [count]


@pytest.mark.slow
def test_a_frame_of_the_published_generator_has_the_same_bytes_in_any_company():
    generator, random = drawn_generator(), np.random.default_rng(0)
    faces = random.integers(0, 255, (2, 64, 64, 3), np.uint8)
    onset, apex = random.random((2, 5, 17), np.float32)
    shown = np.array([0, 0, 1, 1, 0])

    def rendered(rows):
        return render_pairs(generator, faces, onset[rows], apex[rows], device=CPU, shown=shown[rows])

    whole = rendered(np.arange(5))
    for rows in ([3, 1, 4, 0, 2], [2], [4, 3]):
        np.testing.assert_array_equal(rendered(rows), whole[rows])
