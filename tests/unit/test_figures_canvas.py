import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

from mie_x_lib.figures.canvas import COLOURS, save, wrapped


@pytest.mark.slow
def test_saved_figures_are_pictures_and_equal_ones_have_equal_bytes(tmp_path):
    for name in "ab":
        figure = Figure(figsize=(9, 7))
        figure.subplots().plot([1, 2], [3, 4])
        save(figure, *(tmp_path / f"{name}.{suffix}" for suffix in ("png", "pdf")))
    for suffix in ("png", "pdf"):
        assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    assert imread(tmp_path / "a.png").shape[:2] == (2100, 2700)
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_names_are_drawn_as_they_are(tmp_path):
    figure = Figure()
    for place, name in enumerate(("$\\nonsense$", "$", "a_b^c", "~|#%&{}")):
        figure.text(0.1, 0.1 + 0.2 * place, name)
    save(figure, tmp_path / "a.png")
    assert imread(tmp_path / "a.png").min() == 0


def test_a_line_has_so_many_letters_or_as_many_as_there_is_room_for():
    assert wrapped("two words and two more", 10, 9) == "two words\nand two\nmore"
    assert wrapped("W" * 9, 9, 0.35) == "WWWW\nWWWW\nW"
    assert wrapped("表" * 9, 9, 0.5) == "\n".join(["表" * 5, "表" * 4])
    assert (wrapped("", 9, 1), wrapped("W", 9, 0.01)) == ("", "W")


def test_a_figure_that_cannot_be_drawn_leaves_nothing(tmp_path):
    figure = Figure()
    figure.text(0, 0, "$\\nonsense$", parse_math=True)
    with pytest.raises(ValueError, match="nonsense"):
        save(figure, tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_colours_differ_for_the_colour_blind():
    # Deuteranopia after Vienot, Brettel and Mollon, 1999, on linear RGB.
    blind = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    seen = np.array([to_rgb(colour) for colour in COLOURS]) ** 2.2 @ blind.T
    distance = np.linalg.norm(seen[:, None] - seen[None], axis=-1) + np.eye(len(seen))
    assert distance.min() > 0.1
