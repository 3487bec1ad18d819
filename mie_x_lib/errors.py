"""The one exception that is meant for the user."""


class InputError(ValueError):
    """A fault in the user's data, weights or configuration.

    The message is one sentence that names the file, the row or key, what was expected, and what to do.
    """
