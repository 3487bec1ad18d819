import pytest
import torch
from torch import nn

from mie_x_lib.ganimation import losses
from mie_x_lib.settings.generator import LossWeights


class LinearCritic(nn.Module):
    """Realism is a plane over the pixels with a slope of known length."""

    def __init__(self, slope):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(float(slope)))

    def forward(self, images):
        pixels = images.flatten(1)
        return (self.slope * pixels.sum(1) / pixels.shape[1] ** 0.5)[:, None, None], pixels[:, :17]


class BowlCritic(nn.Module):
    """Realism grows with the square of the pixels: its slope at an image is the image itself."""

    def forward(self, images):
        pixels = images.flatten(1)
        return (pixels.square().sum(1) / 2)[:, None, None], pixels[:, :17]


def test_the_defaults_are_the_original_weights_at_their_batch_of_25():
    weights = LossWeights()
    assert weights.action_units == 4000 / 25
    assert weights.mask_variation == pytest.approx(25 * 1e-5)
    assert (weights.gradient_penalty, weights.cycle, weights.mask_mean, weights.paired) == (10, 10, 0.1, 0)


def test_terms_are_weighted_by_name():
    terms = {"cycle": torch.tensor(2.0), "paired": torch.tensor(3.0)}
    assert losses.total(terms, LossWeights(cycle=10, paired=5)) == 35


@pytest.mark.parametrize(("slope", "penalty"), [(1, 0), (3, 4), (0, 1)])
def test_the_gradient_penalty_is_the_squared_distance_of_the_slope_from_one(slope, penalty):
    found = losses.gradient_penalty(LinearCritic(slope), torch.randn(2, 3, 4, 4))
    assert found.item() == pytest.approx(penalty, abs=1e-5)


def test_the_gradient_penalty_reaches_the_critic():
    critic = LinearCritic(3)
    losses.gradient_penalty(critic, torch.randn(2, 3, 4, 4)).backward()
    assert critic.slope.grad.item() == pytest.approx(4, abs=1e-4)


def test_the_critic_is_rewarded_for_telling_real_from_made_and_for_the_units_of_the_real():
    real, fake = torch.ones(2, 3, 4, 4), torch.full((2, 3, 4, 4), -0.5)
    terms = losses.critic_terms(LinearCritic(1), real, torch.full((2, 17), 0.5), fake, torch.full((2, 1, 1, 1), 0.5))
    assert terms["adversarial"].item() == pytest.approx(-1.5 * 48**0.5)
    assert terms["action_units"].item() == pytest.approx(0.25)
    assert terms["gradient_penalty"].item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(("mixing", "between"), [(1, 0.5), (0.25, -0.25), (0, -0.5)])
def test_the_gradient_penalty_is_taken_between_the_real_and_the_made(mixing, between):
    real, fake = torch.full((2, 3, 4, 4), 0.5), torch.full((2, 3, 4, 4), -0.5)
    terms = losses.critic_terms(BowlCritic(), real, torch.zeros(2, 17), fake, torch.full((2, 1, 1, 1), float(mixing)))
    assert terms["gradient_penalty"].item() == pytest.approx((abs(between) * 48**0.5 - 1) ** 2, rel=1e-5)


def test_the_gradient_penalty_is_of_full_precision_where_the_rest_is_not():
    torch.manual_seed(0)
    score = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.Tanh(), nn.Linear(8, 1))
    images = torch.randn(2, 3, 4, 4)
    full = losses.gradient_penalty(lambda pixels: (score(pixels), None), images)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(losses.gradient_penalty(lambda pixels: (score(pixels), None), images), full)


def test_the_generator_is_rewarded_for_realism_and_for_the_units_asked_for():
    terms = losses.adversarial_terms(LinearCritic(1), torch.ones(2, 3, 4, 4), torch.full((2, 17), 0.5))
    assert terms["adversarial"].item() == pytest.approx(-(48**0.5))
    assert terms["action_units"].item() == pytest.approx(0.25)


def test_mask_terms_are_the_mean_and_the_sum_of_steps_of_each_image():
    mask = torch.zeros(2, 1, 4, 4)
    # Four steps across and two down in the first, of two images.
    mask[0, 0, :, 2:] = 1
    mask[0, 0, :2, 2:] = 0.5
    terms = losses.mask_terms(mask)
    assert terms["mask_mean"] == pytest.approx(6 / 32)
    assert terms["mask_variation"] == pytest.approx((1 + 2 + 1) / 2)


@pytest.mark.parametrize(
    ("weights", "needed"),
    [
        (LossWeights(), True),
        (LossWeights(adversarial=0), True),
        (LossWeights(action_units=0), True),
        (LossWeights(adversarial=0, action_units=0), False),
    ],
)
def test_a_critic_is_needed_where_one_of_its_terms_counts(weights, needed):
    assert weights.needs_critic is needed
