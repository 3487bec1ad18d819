"""Networks of the user's own: what is wrong with one is told, by its class and its file."""

import inspect
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from mie_x_lib.errors import InputError


@contextmanager
def told(kind: type[nn.Module], what: str) -> Iterator[None]:
    """Raise InputError in place of whatever a network's class raises: its place, what failed, and its own words."""
    try:
        yield
    except InputError:
        raise
    except Exception as fault:  # whatever a user's network may raise
        words = " ".join([f"{type(fault).__name__}:", *str(fault).split()])
        raise InputError(f"{_place(kind, fault)}: {kind.__name__} {what}: {words}; correct the file") from fault


def _place(kind: type[nn.Module], fault: Exception) -> str:
    """The last line that ran of the class's file, or of one beside it; that file alone where none did."""
    file = inspect.getfile(kind)
    own = [
        frame
        for frame in traceback.extract_tb(fault.__traceback__)
        if os.path.dirname(frame.filename) == os.path.dirname(file)
    ]
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else file
