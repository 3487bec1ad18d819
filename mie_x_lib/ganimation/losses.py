"""Losses of GANimation (Pumarola et al., ECCV 2018), and the paired term for two frames of one clip."""

import torch

from mie_x_lib.ganimation.networks import Critic
from mie_x_lib.settings.generator import LossWeights


def total(terms: dict[str, torch.Tensor], weights: LossWeights) -> torch.Tensor:
    """Return the weighted sum of terms; the names of `terms` are fields of `LossWeights`."""
    by_name = weights.model_dump()
    return torch.stack([by_name[name] * value for name, value in terms.items() if by_name[name]]).sum()


def critic_terms(
    critic: Critic, real: torch.Tensor, real_aus: torch.Tensor, fake: torch.Tensor, mixing: torch.Tensor
) -> dict[str, torch.Tensor]:
    """Return the critic's terms: Wasserstein distance (Arjovsky et al., ICML 2017), gradient penalty and AU regression.

    real, fake: (B, 3, H, W) in -1..1, fake without gradient. real_aus: (B, 17). mixing: (B, 1, 1, 1) in 0..1.
    """
    realism, aus = critic(real)
    return {
        "adversarial": critic(fake)[0].float().mean() - realism.float().mean(),
        "action_units": (aus.float() - real_aus).square().mean(),
        "gradient_penalty": gradient_penalty(critic, mixing * real + (1 - mixing) * fake),
    }


def gradient_penalty(critic: Critic, images: torch.Tensor) -> torch.Tensor:
    """Return how far the norm of the critic's gradient is from 1 (Gulrajani et al., NeurIPS 2017), in full precision.

    images: (B, 3, H, W), points between real and generated ones.
    """
    with torch.autocast(images.device.type, enabled=False):
        images = images.detach().float().requires_grad_()
        realism, _ = critic(images)
        (gradient,) = torch.autograd.grad(realism.sum(), images, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def adversarial_terms(critic: Critic, fake: torch.Tensor, asked: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return what the critic says of generated images: realism and the action units that they were `asked` to show."""
    realism, aus = critic(fake)
    return {"adversarial": -realism.float().mean(), "action_units": (aus.float() - asked).square().mean()}


def mask_terms(mask: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return mean and total variation of attention masks (B, 1, H, W); they keep the masks from saturating."""
    mask = mask.float()
    across, down = mask.diff(dim=3).abs().sum((1, 2, 3)), mask.diff(dim=2).abs().sum((1, 2, 3))
    return {"mask_mean": mask.mean(), "mask_variation": (across + down).mean()}
