"""Trials of networks of the user's own: an InputError names the class and file of one that cannot be trained."""

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from mie_x_lib import weights
from mie_x_lib.classifiers.training import augment, move_channels_last, plain, training_step
from mie_x_lib.errors import InputError
from mie_x_lib.learning.devices import autocast, default_device
from mie_x_lib.settings.recognition import ClassifierSettings

_COUNTS = {2: "two pairs", 1: "one pair"}
# Of scores that should be equal: sums on a GPU may be added up in another order.
_RELATIVE, _ABSOLUTE = 1e-3, 1e-4


@contextmanager
def faults_as_input_errors(kind: type[nn.Module], what: str) -> Iterator[None]:
    """Raise InputError in place of whatever a network's class raises: its place, what failed, and its own words."""
    try:
        yield
    except InputError:
        raise
    except Exception as fault:  # whatever a user's network may raise
        words = " ".join([f"{type(fault).__name__}:", *str(fault).split()])
        raise InputError(f"{_place(kind, fault)}: {kind.__name__} {what}: {words}; correct the file") from fault


def try_out(
    build: Callable[..., nn.Module], arguments: Mapping, classes: Sequence[str], settings: ClassifierSettings
) -> None:
    """Score pairs, learn from them, save and make again: no training is to be lost to what fails at its end.

    build: makes an untrained network from `arguments`, as `weights.load` takes it. classes: their names. Raises
    InputError for whatever it raises, for scores that are not one a class or no numbers, or differ from call to call or
    with the pairs beside, and for what is not learned or not saved.
    """
    network, device = build(**arguments), default_device()
    kind = type(network)
    with faults_as_input_errors(kind, "cannot be trained"):
        _refuse_unlearned(network)
        move_channels_last(network, device)
        learn, _ = training_step(network, settings, device)
    images = _noise(settings.crop).to(device)
    for count, number in _COUNTS.items():
        # As in a training, nothing that a network keeps for later comes from inference, which gradients refuse.
        with faults_as_input_errors(kind, f"cannot score {number} of {settings.crop} pixels"), torch.no_grad():
            found = _scores(network, images[:count], settings)
        _refuse_shape(found, (count, len(classes)), f"{_name(kind)} gives", number, classes)
    with faults_as_input_errors(kind, f"cannot learn from two pairs of {settings.crop} pixels"):
        network.train()
        inputs = augment(images[:2], settings, torch.Generator().manual_seed(0))
        found = learn(inputs, torch.arange(2, device=device))["scores"]
    _refuse_shape(found, (2, len(classes)), f"{_name(kind)}, while it learns, gives", "two pairs", classes)
    _refuse_hidden(network)
    with faults_as_input_errors(kind, "cannot score pairs"), torch.inference_mode():
        first, again = (_scores(network, images, settings) for _ in range(2))
    if not _equal(first, again):
        raise InputError(
            f"{_name(kind)} scores the same pairs otherwise when it is asked again; draw and keep nothing where "
            "`self.training` is false, as in `functional.dropout(x, training=self.training)`"
        )
    if not first.isfinite().all():
        raise InputError(f"{_name(kind)} gives a score that is infinite or no number; divide by nothing that can be 0")
    beside_black = images.clone()
    beside_black[1:] = 0
    with faults_as_input_errors(kind, "cannot score pairs"), torch.inference_mode():
        other = _scores(network, beside_black, settings)
    if not _equal(first[:1], other[:1]):
        raise InputError(
            f"{_name(kind)} scores a pair otherwise when another one is beside it; where `self.training` is false take "
            "no statistics of the batch, as layers with track_running_stats=False do"
        )
    with TemporaryDirectory() as folder:
        path = Path(folder, "network.safetensors")
        with faults_as_input_errors(kind, "cannot be saved"):
            weights.save(path, network, "classifier", arguments)
        compare_saved(path, network, build, settings)


def compare_saved(
    path: str | Path, network: nn.Module, build: Callable[..., nn.Module], settings: ClassifierSettings
) -> None:
    """Make a network again from its file, and compare the scores of both; build: as of `try_out`.

    Raises InputError where it cannot be made, or scores otherwise than the one that was saved.
    """
    kind, device = type(network), default_device()
    tensors, metadata = weights.read(path, "classifier")
    again = build(**metadata["arguments"])
    with faults_as_input_errors(kind, "cannot take up what was saved of it"), torch.no_grad():
        fault = weights.difference(again, tensors)
        if fault:
            raise InputError(
                f"{_name(kind)} cannot take up what was saved of it: {fault}; make every layer in __init__, of a size "
                "that hangs on its arguments alone"
            )
        again.load_state_dict(tensors)
        move_channels_last(again, device)
        images = _noise(settings.crop).to(device)
        is_equal = _equal(*(_scores(made, images, settings) for made in (network, again)))
    if not is_equal:
        raise InputError(
            f"{_name(kind)} scores otherwise once it is saved and made again; what it draws, counts or keeps has to be "
            "a parameter, or a buffer of `register_buffer` with persistent=True"
        )


def _refuse_unlearned(network: nn.Module) -> None:
    """Raise InputError for a network without parameters, and for one whose parameters have no size yet."""
    parameters = dict(network.named_parameters())
    for name, value in (*parameters.items(), *network.named_buffers()):
        if is_lazy(value):
            raise InputError(f"{_name(type(network))}: `{name}` has no size before the first pairs; give its layer one")
    if not any(value.requires_grad for value in parameters.values()):
        raise InputError(
            f"{_name(type(network))} has no parameter that is learned; layers in a plain list are not found, so put "
            "them into nn.ModuleList"
        )


def _refuse_hidden(network: nn.Module) -> None:
    """Raise InputError for weights that got a gradient, but that no optimiser and no file of weights gets to see."""
    known = {id(value) for value in network.parameters()}
    for module in network.modules():
        for name, kept in vars(module).items():
            for value in _weights_in(kept):
                if value.is_leaf and value.grad is not None and id(value) not in known:
                    raise InputError(
                        f"{_name(type(network))}: weights in `{name}` of {type(module).__name__} are neither learned "
                        "nor saved; put layers into nn.ModuleList, and weights into nn.ParameterList"
                    )


def _weights_in(kept: object) -> Iterable[torch.Tensor]:
    """The weights in an attribute that is no module, or in a list, tuple or dict of them."""
    parts = kept.values() if isinstance(kept, dict) else kept if isinstance(kept, list | tuple) else [kept]
    for part in parts:
        if isinstance(part, nn.Module):
            yield from part.parameters()
        elif isinstance(part, torch.Tensor):
            yield part


def _refuse_shape(
    scores: torch.Tensor, expected: tuple[int, int], who: str, number: str, classes: Sequence[str]
) -> None:
    if tuple(scores.shape) != expected:
        raise InputError(
            f"{who} scores of shape {tuple(scores.shape)} for {number}, expected {expected}: one for each of "
            f"{', '.join(classes)}"
        )


def _scores(network: nn.Module, images: torch.Tensor, settings: ClassifierSettings) -> torch.Tensor:
    """Scores (B, classes) of pairs (B, 2, H, W, 3) uint8 before softmax, which would hide what differs."""
    network.eval()
    with autocast(images.device, settings.precision):
        return network(plain(images, settings)).float()


def _noise(crop: int) -> torch.Tensor:
    """Two pairs (2, 2, crop, crop, 3) uint8, whose frames differ in every pixel."""
    draws = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (2, 2, crop, crop, 3), generator=draws, dtype=torch.uint8)


def _equal(first: torch.Tensor, second: torch.Tensor) -> bool:
    return torch.allclose(first, second, rtol=_RELATIVE, atol=_ABSOLUTE, equal_nan=True)


def _name(kind: type[nn.Module]) -> str:
    return f"{_file(kind)}: {kind.__name__}"


def _file(kind: type[nn.Module]) -> str:
    """The file of a class; where it has none, as in a notebook, the name of its module."""
    return getattr(sys.modules.get(kind.__module__), "__file__", None) or kind.__module__


def _place(kind: type[nn.Module], fault: Exception) -> str:
    """The last line that ran of the class's file, or of one beside it; that file alone where none did."""
    file = _file(kind)
    own = [
        frame
        for frame in traceback.extract_tb(fault.__traceback__)
        if os.path.dirname(frame.filename) == os.path.dirname(file)
    ]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else file
