import re

import pandas as pd
import pytest

from mie_x_lib.tables.pages import page


@pytest.fixture
def table():
    return pd.DataFrame(
        {"row": ["a < b & c", "z_MiE"], "uf1_mean": [61.23456, None], "empty": [None, None], "n": [3, 4]}
    )


def cells(html, tag):
    return re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.DOTALL)


def test_a_page_shows_every_value_once_and_what_is_missing_as_nothing(table):
    html = page("Scores", table)
    assert [cell.strip() for cell in cells(html, "th")] == ["row", "uf1 mean", "n"]
    assert [cell.strip() for cell in cells(html, "td")] == ["a &lt; b &amp; c", "61.23", "3", "z_MiE", "", "4"]


def test_a_page_is_a_whole_document_that_fetches_nothing(table):
    html = page("Scores <of> all", table, "A note.")
    assert html.startswith("<!DOCTYPE html>")
    assert "<h1>Scores &lt;of&gt; all</h1><p>A note.</p>" in html
    assert not re.search(r"(src|href)=|https?:", html)


def test_equal_tables_give_equal_pages_and_a_table_may_have_no_row(table):
    assert page("a", table) == page("a", table.copy())
    assert "<td" not in page("a", table[:0])
