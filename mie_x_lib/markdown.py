"""Texts of others within a page of Markdown."""

import re

# What Markdown, as GitHub reads it, would take for a mark: of underscores, and of what begins entities and tags, only
# those that can be one.
_IN_MARKDOWN = re.compile(r"[\\`*\[$~|]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")


def plain(text: object) -> str:
    """A text, such as a name of the user's, so that Markdown shows it as it is, in a table too: on one line."""
    return _IN_MARKDOWN.sub(r"\\\g<0>", " ".join(str(text).splitlines()))
