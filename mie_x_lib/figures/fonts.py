"""Letters that the font of the figures lacks, such as those of Chinese names, are drawn with another that has them."""

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache

from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

# It tells of each font that has one weight alone, where a title is bold.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)


def complete(figure: Figure) -> set[str]:
    """Let the texts of a figure fall back, letter by letter, on installed fonts; return the letters that none has.

    A figure that lacks no letter stays as it is.
    """
    for panel in figure.axes:
        # Before they are asked for, or drawn, ticks have no text.
        panel.get_xticklabels(), panel.get_yticklabels()
    texts = figure.findobj(Text)
    lacking = {letter for text in texts for letter in _lacking(text)}
    if not lacking:
        return lacking
    covered = _families(frozenset(lacking))
    for text in texts:
        text.set_fontfamily([*text.get_fontfamily(), *covered])
    return lacking.difference(*covered.values())


@contextmanager
def quiet() -> Iterator[None]:
    """Within the block matplotlib does not warn of each letter that its fonts lack."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        yield


def _lacking(text: Text) -> set[str]:
    letters = {letter for letter in text.get_text() if letter.isprintable()}
    return letters - _covered(font_manager.findfont(text.get_fontproperties()), letters)


def _covered(file: str, letters: Iterable[str]) -> set[str]:
    font = font_manager.get_font(file)
    return {letter for letter in letters if font.get_char_index(ord(letter))}


@cache
def _families(letters: frozenset[str]) -> dict[str, set[str]]:
    """Families of installed fonts, those of most letters first, each with some letters that those before it lack."""
    # The list that matplotlib keeps may be older than a font that the user has installed since.
    fonts = font_manager.FontManager().ttflist
    font_manager.fontManager.ttflist = list(dict.fromkeys([*font_manager.fontManager.ttflist, *fonts]))
    # Of fonts that have as many, the first by name: their files come in any order.
    fonts.sort(key=lambda font: ("Sans" not in font.name, font.name, font.fname))
    # The font of last resort has a box for any letter.
    covered = {
        font.name: _covered(font.fname, letters) for font in fonts if "LastResort" not in font.name.replace(" ", "")
    }
    chosen, lacking = {}, set(letters)
    for name in sorted(covered, key=lambda name: -len(covered[name])):
        if covered[name] & lacking:
            chosen[name] = covered[name]
            lacking -= covered[name]
    return chosen
