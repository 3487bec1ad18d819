import pytest
import torch
from torch import nn

from benchmarks.published_generator import ORIGINAL, PublishedGenerator
from mie_x_lib.ganimation.networks import (
    Critic,
    Generator,
    ResidualBlock,
    _fits,
    blend,
    draw_weights,
    to_signed,
    to_uint8,
)


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("affine", "count"), [(True, 8_471_296), (False, 8_467_584)])
def test_the_generator_has_the_published_number_of_parameters(affine, count):
    with torch.device("meta"):
        assert parameters(Generator(affine=affine)) == count


@pytest.mark.slow
def test_the_critic_has_the_published_layers():
    with torch.device("meta"):
        critic = Critic()
        realism, aus = critic(torch.zeros(2, 3, 128, 128))
    assert [layer.out_channels for layer in critic.layers if hasattr(layer, "out_channels")] == [
        64 * 2**i for i in range(6)
    ]
    assert [layer.negative_slope for layer in critic.layers if isinstance(layer, nn.LeakyReLU)] == [0.01] * 6
    assert realism.shape == (2, 2, 2)
    assert aus.shape == (2, 17)


def test_first_weights_are_normal_about_0_and_biases_are_0():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(32, 64, 4), nn.ConvTranspose2d(64, 32, 4))
    draw_weights(network, std=0.02)
    for layer in network:
        weights = layer.weight / 0.02
        # What a normal distribution has below so many standard deviations.
        shares = [(weights < border).float().mean().item() for border in (-1, 0, 1, 2)]
        assert shares == pytest.approx([0.159, 0.5, 0.841, 0.977], abs=0.01)
        assert not layer.bias.any()


@pytest.mark.parametrize("modulated", [False, True])
@pytest.mark.parametrize("residual", [False, True])
def test_colour_and_mask_are_in_range_and_depend_on_the_action_units(modulated, residual):
    generator = Generator(width=4, residual_blocks=1, modulated=modulated, residual=residual)
    images = torch.rand(2, 3, 16, 20) * 2 - 1
    colour, mask = generator(images, torch.zeros(2, 17))
    assert colour.shape == (2, 3, 16, 20)
    assert mask.shape == (2, 1, 16, 20)
    assert colour.abs().max() <= 1
    assert 0 <= mask.min() <= mask.max() <= 1
    assert not torch.equal(generator(images, torch.ones(2, 17))[0], colour)


@pytest.mark.parametrize("size", [(16, 20), (4, 8)])
def test_a_plane_of_one_action_unit_is_convolved_as_one_that_is_laid_out(size):
    generator = Generator(width=4, residual_blocks=1).double()
    images, aus = torch.rand(2, 3, *size).double(), torch.rand(2, 17).double()
    planes = aus[:, :, None, None].expand(-1, -1, *size)
    features = torch.cat([images, planes], dim=1)
    for layer in generator.layers:
        features = layer(features, aus) if isinstance(layer, ResidualBlock) else layer(features)
    torch.testing.assert_close(generator(images, aus)[0], generator.colour(features).tanh())


# Maps of 1,024 places and more have a norm of their own where nothing is learned.
@pytest.mark.parametrize("size", [(8, 12), (32, 36), (64, 68)])
@pytest.mark.parametrize("learns", [False, True])
def test_the_generator_gives_the_picture_of_the_published_layers(size, learns):
    torch.manual_seed(0)
    published, generator = PublishedGenerator(*ORIGINAL, width=4, blocks=2).double(), Generator(4, residual_blocks=2)
    for tensor in published.parameters():
        torch.nn.init.normal_(tensor, std=0.3)
    tensors = zip(generator.double().state_dict(), published.state_dict().values(), strict=True)
    generator.load_state_dict(dict(tensors))
    images, aus = torch.rand(2, 3, *size).double() * 2 - 1, torch.rand(2, 17).double()
    with torch.set_grad_enabled(learns):
        expected = published(images, aus)
        assert all(part.std() > 0.1 for part in expected)
        for layout in (torch.contiguous_format, torch.channels_last):
            made = generator.to(memory_format=layout)(images.contiguous(memory_format=layout), aus)
            torch.testing.assert_close(made, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("modulated", [False, True])
def test_frames_that_show_the_same_face_share_what_is_made_of_it(modulated):
    torch.manual_seed(0)
    generator = Generator(width=4, residual_blocks=1, modulated=modulated)
    faces, aus, shown = torch.rand(3, 3, 16, 20), torch.rand(4, 17), torch.tensor([2, 0, 2, 1])
    made = generator.decode(faces[shown], generator.encode(faces), aus, shown)
    torch.testing.assert_close(made, generator(faces[shown], aus))


@pytest.mark.parametrize(
    ("maps", "rims", "shown", "learns", "fits"),
    [
        ((2, 4, 8, 12), (2, 4, 7, 7), None, False, True),
        ((2, 4, 8, 12), (3, 4, 7, 7), [1, 0, 1], False, True),
        # Several rims for one map, and one for several.
        ((1, 4, 8, 12), (3, 4, 7, 7), None, False, False),
        ((3, 4, 8, 12), (1, 4, 7, 7), None, False, False),
        # Those of small images.
        ((2, 4, 4, 4), (2, 4, 4, 4), None, False, False),
        ((2, 4, 4, 8), (2, 4, 4, 7), None, False, False),
        ((2, 4, 8, 12), (2, 4, 7, 7), None, True, False),
    ],
)
def test_only_what_the_kernels_take_is_given_to_them(maps, rims, shown, learns, fits):
    x = torch.zeros(maps).to(memory_format=torch.channels_last)
    shown = None if shown is None else torch.tensor(shown)
    assert _fits(x, torch.zeros(rims, requires_grad=learns), shown) == fits


def test_instance_norm_takes_most_of_constant_planes_away():
    torch.manual_seed(0)
    convolution, norm = Generator(width=4, residual_blocks=1).layers[:2]
    images = torch.rand(1, 3, 64, 64) * 2 - 1
    features = [convolution(torch.cat([images, torch.full((1, 17, 64, 64), value)], dim=1)) for value in (0.0, 0.3)]

    def change_in_the_middle(first, second):
        return ((second - first)[..., 16:48, 16:48].abs().mean() / first.std()).item()

    assert change_in_the_middle(*map(norm, features)) < 0.3 * change_in_the_middle(*features)


def test_a_residual_colour_is_a_change_of_the_input():
    generator = Generator(width=4, residual_blocks=1, residual=True)
    torch.nn.init.zeros_(generator.colour.weight)
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    torch.testing.assert_close(generator(images, torch.ones(1, 17))[0], images)


def test_where_the_mask_is_one_the_input_stays():
    images, colour = torch.full((1, 3, 1, 2), 0.25), torch.full((1, 3, 1, 2), -1.0)
    mask = torch.tensor([[[[1.0, 0.0]]]])
    torch.testing.assert_close(blend(images, colour, mask)[0, 0, 0], torch.tensor([0.25, -1.0]))


def test_scaling_to_the_networks_and_back_loses_nothing():
    images = torch.arange(256, dtype=torch.uint8).repeat(3).reshape(1, 16, 16, 3)
    signed = to_signed(images)
    assert signed.shape == (1, 3, 16, 16)
    assert (signed.min(), signed.max()) == (-1, 1)
    assert torch.equal(to_uint8(signed), images)


def test_pixels_are_rounded_and_not_cut():
    values = torch.tensor([100.4, 100.6, -3.0, 300.0]) / 127.5 - 1
    assert to_uint8(values.expand(1, 3, 1, 4))[0, 0, :, 0].tolist() == [100, 101, 0, 255]
