"""Letters that the font of the figures lacks: a tiny font has a few of them."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.image import imread
from scipy import ndimage

from mie_x_lib.figures import fonts
from mie_x_lib.figures.canvas import save

# What `installed` puts on the machine, and none of the fonts that come with matplotlib has.
NAME, OTHERS = "王", "小明"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Return what installs a font with some letters, each of them a black square; no other is there."""
    there = font_manager.findSystemFonts([Path(font_manager.fontManager.defaultFont["ttf"]).parent])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda *folders, **kind: there)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", font_manager.FontManager().ttflist)

    def install(family, letters):
        pen = TTGlyphPen(None)
        for move, place in (("moveTo", (0, 0)), *(("lineTo", place) for place in ((0, 900), (900, 900), (900, 0)))):
            getattr(pen, move)(place)
        pen.closePath()
        glyphs = {".notdef": TTGlyphPen(None).glyph(), **dict.fromkeys((f"u{ord(n):X}" for n in letters), pen.glyph())}
        builder = FontBuilder(1000)
        builder.setupGlyphOrder(list(glyphs))
        builder.setupCharacterMap({ord(letter): f"u{ord(letter):X}" for letter in letters})
        builder.setupGlyf(glyphs)
        builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
        builder.setupHorizontalHeader(ascent=900, descent=-100)
        builder.setupNameTable({"familyName": family, "styleName": "Regular"})
        builder.setupOS2()
        builder.setupPost()
        # Foremost, where it is found before matplotlib's own.
        there.insert(0, str(tmp_path / f"{family}.ttf"))
        builder.save(there[0])

    fonts._families.cache_clear()
    yield install
    fonts._families.cache_clear()


def drawn(name):
    """A figure in which a name stands as a text, in bold, and beside a tick."""
    figure = Figure(figsize=(9, 2), dpi=100, layout="constrained")
    panel = figure.subplots()
    panel.set_title(name, fontweight="bold")
    panel.set_yticks([0], [name])
    panel.text(0, 0, name)
    return figure


@pytest.mark.slow
def test_a_letter_is_drawn_with_an_installed_font_that_has_it(tmp_path, installed, caplog):
    installed("Squares A", NAME)
    with warnings.catch_warnings(action="error"):
        save(drawn(f"{NAME}a"), tmp_path / "a.png", tmp_path / "a.pdf")
    black = (imread(tmp_path / "a.png")[..., :3] < 0.1).all(axis=-1)
    squares, _ = ndimage.label(ndimage.binary_erosion(black, np.ones((15, 15))))
    assert squares.max() == 3
    assert b"DejaVuSans" in (tmp_path / "a.pdf").read_bytes()
    assert not caplog.messages


@pytest.mark.slow
def test_letters_that_no_font_has_are_told_in_one_line(tmp_path, installed, caplog):
    with warnings.catch_warnings(action="error"):
        save(drawn(NAME + OTHERS), tmp_path / "a.png", tmp_path / "a.pdf")
    (line,) = caplog.messages
    assert line.startswith(f"{tmp_path / 'a.png'} and {tmp_path / 'a.pdf'}: no installed font has 小 明 王, ")
    caplog.clear()
    save(drawn("".join(map(chr, range(0x4E00, 0x4E30)))), tmp_path / "a.png")
    assert "and 28 more" in caplog.text


@pytest.mark.slow
def test_a_font_that_was_installed_meanwhile_is_found(tmp_path, installed, caplog):
    save(drawn(NAME), tmp_path / "a.png")
    before = (tmp_path / "a.png").read_bytes()
    installed("Squares B", NAME)
    fonts._families.cache_clear()
    caplog.clear()
    save(drawn(NAME), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() != before
    assert not caplog.messages


@pytest.mark.slow
def test_other_fonts_change_no_byte_of_what_needs_none(tmp_path, installed):
    save(drawn("sub01 é"), tmp_path / "before.png", tmp_path / "before.pdf")
    installed("Squares C", f"{NAME}sub01")
    save(drawn("sub01 é"), tmp_path / "after.png", tmp_path / "after.pdf")
    for suffix in (".png", ".pdf"):
        assert (tmp_path / f"before{suffix}").read_bytes() == (tmp_path / f"after{suffix}").read_bytes()


@pytest.mark.parametrize("order", [1, -1])
def test_which_font_it_is_hangs_on_names_and_letters_alone(installed, order):
    families = [("Squares Sans D", NAME), ("A serif", NAME), ("Squares Sans E", NAME), ("Z", NAME + OTHERS[0])]
    for family, letters in families[::order]:
        installed(family, letters)
    assert list(fonts._families(frozenset(NAME))) == ["Squares Sans D"]
    assert list(fonts._families(frozenset(NAME + OTHERS))) == ["Z"]
    assert fonts.complete(drawn(NAME + OTHERS)) == {OTHERS[1]}
