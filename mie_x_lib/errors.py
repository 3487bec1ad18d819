"""The one exception that is meant for the user, and those that it stands for."""

import errno
from collections.abc import Sequence


class InputError(ValueError):
    """A fault in the user's data, weights or configuration.

    The message is one sentence that names the file, the row or key, what was expected, and what to do.
    """


def one_error_of(faults: Sequence[object]) -> InputError:
    """One error of all faults of a kind, so that nobody mends one a run: a line each under their number, up to 50."""
    lines = list(map(str, faults[:_MOST_FAULTS]))
    lines += [f"and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
    return InputError(lines[0] if len(lines) == 1 else "\n".join([f"{len(faults)} faults:", *lines]))


# What the readers of Python and its packages raise for a file that is damaged, or asks for more than any memory has.
FILE_FAULTS = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    MemoryError,
    OverflowError,
    RuntimeError,
)
# Numbers of a system's errors: the disk is full, or the share of it that a user has.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_MOST_FAULTS = 50
