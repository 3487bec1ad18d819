import pandas as pd
import pytest

from mie_x_lib.tables.markup import escape_markdown, latex_table


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a|b", r"a\|b"),
        (r"a\|b", r"a\\\|b"),
        ("$x$ ~c~ *d*", r"\$x\$ \~c\~ \*d\*"),
        ("<b>x</b>", r"\<b>x\</b>"),
        ("`x` [y](z)", r"\`x\` \[y](z)"),
        ("&lt; &#60;", r"\&lt; \&#60;"),
        ("_mine_", r"\_mine\_"),
        ("a__b", r"a\_\_b"),
        ("two\nlines", "two lines"),
    ],
)
def test_no_sign_of_a_text_is_a_mark(text, written):
    assert escape_markdown(text) == written


@pytest.mark.parametrize("text", ["celeba + casme_2", "A & B", "p < .05", "1.0 ± 0.2 (95 %)", "x > 2"])
def test_what_is_no_mark_stays_as_it_is(text):
    assert escape_markdown(text) == text


def test_a_row_of_latex_is_one_line():
    assert "two lines & 47.7 \\\\\n" in latex_table(pd.DataFrame({"row": ["two\nlines"], "UF1": ["47.7"]}))
