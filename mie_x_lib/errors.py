"""The one exception that is meant for the user, and those that it stands for."""


class InputError(ValueError):
    """A fault in the user's data, weights or configuration.

    The message is one sentence that names the file, the row or key, what was expected, and what to do.
    """


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
