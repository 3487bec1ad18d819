"""The one exception that is meant for the user, and those that it stands for."""

import errno
import os
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path


class InputError(ValueError):
    """A fault in the user's data, weights or configuration.

    The message is one sentence that names the file, the row or key, what was expected, and what to do.
    """


def one_error_of(faults: Sequence[object]) -> InputError:
    """One error of all faults of a kind, so that nobody mends one a run: a line each under their number, up to 50."""
    lines = list(map(str, faults[:_MOST_FAULTS]))
    lines += [f"and {len(faults) - _MOST_FAULTS} more"] if len(faults) > _MOST_FAULTS else []
    return InputError(lines[0] if len(lines) == 1 else "\n".join([f"{len(faults)} faults:", *lines]))


def refuse_no_file(path: str | Path, expected: str) -> None:
    """Raise InputError where a path leads to no file, which says what was expected there."""
    if not os.path.isfile(path):
        what = "a folder" if os.path.isdir(path) else "no such file"
        raise InputError(f"{path}: {what}; expected {expected}")


def refusal_of(error: Exception) -> str | None:
    """One sentence for what the system refuses and the user can grant; None for any other error."""
    if not isinstance(error, OSError) or error.errno not in REFUSALS:
        return None
    problem, remedy = REFUSALS[error.errno]
    # Of a file that was to be renamed, the second name is that which it was to have.
    return f"{problem.format(error.filename2 or error.filename or 'a file')}; {remedy} and start again"


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
# What the downloads of Python raise for an address that does not answer, or answers nonsense.
NETWORK_FAULTS = (OSError, HTTPException)
# What a system refuses and the user can grant, by the number of its error: what happened to a file, and what to do.
_FULL = "Disk full: {} cannot be written", "free some space"
_FORBIDDEN = "Permission denied: {} cannot be opened or written", "change its permissions or those of its folder"
_NO_FOLDER = "A file stands in the place of a folder: {} cannot be opened or written", "remove the file"
_MANY_FILES = "Too many open files: {} cannot be opened", "allow more with ulimit -n"
REFUSALS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: ("Read-only disk: {} cannot be written", "mount it for writing"),
    errno.EFBIG: ("File too large: {} cannot be written", "allow larger ones with ulimit -f"),
    errno.EISDIR: ("A folder stands in the place of a file: {} cannot be written", "remove the folder"),
    errno.ENOTDIR: _NO_FOLDER,
    errno.EEXIST: _NO_FOLDER,
    errno.EIO: ("Fault of the disk: {} cannot be read or written", "see that the disk works"),
    errno.ESTALE: ("A network disk has lost a file: {} cannot be opened", "mount it again"),
    errno.EMFILE: _MANY_FILES,
    errno.ENFILE: _MANY_FILES,
}
_MOST_FAULTS = 50
