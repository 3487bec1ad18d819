"""Texts and tables in Markdown and LaTeX, which read nothing in them as a mark or command."""

import re

import pandas as pd

# What Markdown, as GitHub reads it, would take for a mark: of underscores, and of what begins entities and tags, only
# those that can be one.
_IN_MARKDOWN = re.compile(r"[\\`*\[$~|]|<(?=[A-Za-z/!?])|&(?=#?\w+;)|(?<![^\W_])_|_(?![^\W_])")
# What LaTeX would read as a command, or show as another sign.
_IN_LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "|": r"\textbar{}"},
        **{"<": r"\textless{}", ">": r"\textgreater{}", "±": r"$\pm$"},
    }
)


def escape_markdown(text: object) -> str:
    """A text, such as a name of the user's, so that Markdown shows it as it is, in a table too: on one line."""
    return _IN_MARKDOWN.sub(r"\\\g<0>", " ".join(str(text).splitlines()))


def markdown_table(texts: pd.DataFrame, note: str = "") -> str:
    """A table of texts in Markdown, with a note below; Markdown reads nothing in its cells as a mark."""
    texts = texts.rename(columns=escape_markdown).map(escape_markdown)
    return texts.to_markdown(index=False, disable_numparse=True) + "\n" + (f"\n{note}\n" if note else "")


def latex_table(texts: pd.DataFrame, note: str = "") -> str:
    """A table of texts in LaTeX, for the package booktabs, with a note below; LaTeX reads nothing as a command."""
    escaped = texts.rename(columns=_escape_latex).map(_escape_latex)
    table = escaped.style.hide(axis="index").to_latex(hrules=True, column_format="l" * texts.shape[1])
    return table + (f"\n{_escape_latex(note)}\n" if note else "")


def _escape_latex(text: object) -> str:
    return " ".join(str(text).splitlines()).translate(_IN_LATEX)
