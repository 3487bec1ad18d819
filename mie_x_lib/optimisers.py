"""Optimisers that start at once."""

import inspect
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
