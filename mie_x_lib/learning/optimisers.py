"""Optimisers that start at once, and whose steps a GPU can record; their learning rates."""

import inspect
from collections.abc import Iterable
from typing import TypeVar, cast

import torch

Optimiser = TypeVar("Optimiser", bound=torch.optim.Optimizer)


def without_compiler(kind: type[Optimiser]) -> type[Optimiser]:
    """Return a class of PyTorch's optimisers as one that does not import PyTorch's compiler.

    Theirs import `torch._dynamo` when they are made, to keep the compiler off their methods; that takes longer than
    a short training. These have the methods without what wraps them. Networks can be compiled as before.
    """
    names = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in names}
    step = torch.no_grad()(inspect.unwrap(kind.step))
    return cast(type[Optimiser], type(kind.__name__, (kind,), {**methods, "step": step}))


def adam(
    parameters: Iterable[torch.nn.Parameter], learning_rate: float, device: torch.device, **options
) -> torch.optim.Optimizer:
    """Return Adam (Kingma and Ba, ICLR 2015) for parameters on a device; on a GPU its steps can be recorded.

    options: as of `torch.optim.Adam`.
    """
    kind = without_compiler(torch.optim.Adam)
    if device.type != "cuda":
        return kind(parameters, learning_rate, **options)
    # A number would be recorded, and never fall.
    rate = torch.tensor(learning_rate, device=device)
    return kind(parameters, rate, capturable=True, **options)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimiser.param_groups:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def linear_decay(step: int, steps: int, share: float) -> float:
    """The share of the learning rate at a step, counted from 0: 1, then falling linearly, to 0 behind the last step.

    share: the part of the steps, at their end, over which it falls.
    """
    decay = share * steps
    return min(1.0, (steps - step) / decay) if decay else 1.0
