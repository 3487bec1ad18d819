"""Steps of training that a GPU records once and then replays, so that it does not wait for Python."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

# Calls before a recording, in which libraries choose their kernels and optimisers make their state.
_CALLS_BEFORE = 3


class Recorded:
    """A function of tensors that a GPU runs from a recording (a CUDA graph), one for each set of their shapes.

    A step of training is some thousand small kernels, which Python takes longer to start than a large GPU to run.
    function: takes tensors and returns tensors by name. It has to start the same kernels on the same memory in every
    call, whatever its arguments hold: what is drawn at random is drawn on the GPU, nothing waits for a result, and
    parameters, buffers and the state of optimisers stay where they are from the first call on.
    device: where its arguments are; on a processor, the function is called as it is.
    """

    def __init__(self, function: Callable[..., dict[str, torch.Tensor]], device: torch.device):
        self._function, self._is_recorded = function, device.type == "cuda"
        self._calls: Counter[tuple] = Counter()
        self._recordings: dict[tuple, _Recording] = {}
        # They run one after the other and what they give is copied, so that all can use the same memory.
        self._memory = torch.cuda.graph_pool_handle() if self._is_recorded else None

    def __call__(self, *arguments: torch.Tensor) -> dict[str, torch.Tensor]:
        if not self._is_recorded:
            return self._function(*arguments)
        shapes = tuple(argument.shape for argument in arguments)
        self._calls[shapes] += 1
        if self._calls[shapes] <= _CALLS_BEFORE:
            return _aside(self._function, arguments)
        if shapes not in self._recordings:
            self._recordings[shapes] = _Recording(self._function, arguments, self._memory)
        return self._recordings[shapes].replay(arguments)


class _Recording:
    """The kernels of one call, which read and write the same memory whenever they run."""

    def __init__(
        self, function: Callable[..., dict[str, torch.Tensor]], arguments: tuple[torch.Tensor, ...], memory: Any
    ):
        self._arguments = [argument.clone() for argument in arguments]
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(arguments[0].device), torch.cuda.graph(self._graph, pool=memory):
            self._results = function(*self._arguments)

    def replay(self, arguments: tuple[torch.Tensor, ...]) -> dict[str, torch.Tensor]:
        for own, argument in zip(self._arguments, arguments, strict=True):
            own.copy_(argument)
        with torch.cuda.device(arguments[0].device):
            self._graph.replay()
        # The next replay writes over them.
        return {name: result.clone() for name, result in self._results.items()}


def _aside(
    function: Callable[..., dict[str, torch.Tensor]], arguments: tuple[torch.Tensor, ...]
) -> dict[str, torch.Tensor]:
    """Call it on a stream of its own, as what is recorded later has to be."""
    with torch.cuda.device(arguments[0].device):
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            results = function(*arguments)
        torch.cuda.current_stream().wait_stream(stream)
    return results
