import numpy as np
import pandas as pd
import pytest

from mie_x_lib.files import write_text
from mie_x_lib.people import LINK, People
from mie_x_lib.tables.au_means import ALL, au_means, presented, shown, trend
from mie_x_lib.tables.markup import latex_table, markdown_table
from mie_x_lib.tables.significance import drawn_subjects
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES
from tests.pools import pool


def means():
    return au_means(
        {
            ("micro", "mmew"): pool([("m", "1", "a"), ("m", "2", "b"), ("m", "2", "c")], (0, 1, 2), (0.1, 0.2, 0.3)),
            ("macro", "ckplus"): pool([("k", "1", "a"), ("k", "1", "a"), ("k", "2", "b")], (0, 0, 0), (0.2, 0.4, 0.8)),
        }
    )


def apex(table, kind, source, label, au="AU12"):
    chosen = table[(table["kind"] == kind) & (table["source"] == source) & (table["label"] == label)]
    return chosen.set_index("au").loc[au]


def test_means_weigh_triplets_as_they_are_drawn():
    weighted = pool([("k", "1", "a"), ("k", "1", "a"), ("k", "2", "b")], (0, 0, 0), (0.2, 0.4, 0.8), (1, 3, 4))
    found = apex(au_means({("macro", "ckplus"): weighted}), "z_MaE", "ckplus", "negative")
    assert found["apex"] == pytest.approx((0.2 + 3 * 0.4 + 4 * 0.8) / 8)
    assert (found["clips"], found["subjects"]) == (2, 2)
    assert found["onset"] == 0


def test_a_clip_of_two_sources_counts_once_in_their_mean():
    first = pool([("m", "1", "a"), ("m", "2", "b")], (0, 0), (0.1, 0.3))
    second = pool([("m", "2", "b"), ("n", "1", "c")], (0, 0), (0.3, 0.8))
    table = au_means({("micro", "one"): first, ("micro", "two"): second})
    assert apex(table, "z_MiE", ALL, "negative")["apex"] == pytest.approx((0.1 + 0.3 + 0.8) / 3)
    assert apex(table, "z_MiE", "two", "negative")["apex"] == pytest.approx((0.3 + 0.8) / 2)


def test_a_single_subject_has_no_interval():
    one = au_means({("micro", "x"): pool([("m", "1", str(n)) for n in range(8)], [0] * 8, np.linspace(0, 0.7, 8))})
    found = apex(one, "z_MiE", "x", "negative")
    assert found["apex"] == pytest.approx(0.35)
    assert np.isnan(found["apex_low"])
    assert np.isnan(found["apex_high"])


def test_the_interval_is_over_subjects_and_holds_the_mean():
    many = au_means({("micro", "x"): pool([("m", str(n), "a") for n in range(8)], [0] * 8, np.linspace(0, 0.7, 8))})
    found = apex(many, "z_MiE", "x", "negative")
    assert 0.1 < found["apex_low"] < found["apex"] < found["apex_high"] < 0.6


def test_the_interval_weighs_triplets_as_the_mean_does():
    """Every subject has the same two triplets."""
    clips = [("m", str(number // 2), "a") for number in range(16)]
    table = au_means({("macro", "x"): pool(clips, [0] * 16, [0.2, 0.8] * 8, [3, 1] * 8)})
    found = apex(table, "z_MaE", "x", "negative")
    assert (found["apex_low"], found["apex_high"]) == pytest.approx(((3 * 0.2 + 0.8) / 4,) * 2)


def test_bounds_leave_out_a_fortieth_of_the_drawn_means_on_either_side():
    values = np.linspace(0, 0.7, 8)
    table = au_means({("micro", "x"): pool([("m", str(n), "a") for n in range(8)], [0] * 8, values)})
    found = apex(table, "z_MiE", "x", "negative")
    expected = np.quantile(drawn_subjects(8) @ values / 8, [1 / 40, 39 / 40])
    assert (found["apex_low"], found["apex_high"]) == pytest.approx(tuple(expected))


def test_a_person_of_two_names_is_one_subject():
    clips = pool([("m", "1", "a"), ("m", "01", "b"), ("n", "1", "c")], (0, 0, 0), (0.1, 0.3, 0.8))
    people = People(pd.DataFrame([("m", "01", "m", "1", "spelling")], columns=list(LINK)))
    assert apex(au_means({("micro", "x"): clips}), "z_MiE", "x", "negative")["subjects"] == 3
    assert apex(au_means({("micro", "x"): clips}, people), "z_MiE", "x", "negative")["subjects"] == 2


def test_a_label_without_a_clip_has_no_row():
    table = means()
    assert set(table.loc[table["kind"] == "z_MaE", "label"]) == {"negative"}
    assert set(table.loc[table["kind"] == "z_MiE", "label"]) == set(LABEL_NAMES)


def test_the_table_of_a_paper(tmp_path):
    texts = presented(shown(means(), {}))
    assert list(texts["Label"]) == ["negative", "negative", "positive", "surprise"]
    assert list(texts["Triplets"]) == ["z_MiE", "z_MaE", "z_MiE", "z_MiE"]
    assert list(texts.columns[4:]) == [f"AU{int(au[2:])}" for au in AU_NAMES]
    assert set(texts.loc[texts["Label"] == "positive", "AU12"]) == {"0.20"}
    write_text(markdown_table(texts), tmp_path / "a.md")
    assert "| negative | z_MaE" in (tmp_path / "a.md").read_text()
    assert "z\\_MaE" in latex_table(texts)


def test_the_trend_that_two_kinds_share():
    rising = np.linspace(0, 0.5, 17)
    other = rising.copy()
    other[[3, 8, 10]] += (0.3, 0.2, 0.1)
    clips = [("d", "s", "c")]
    table = au_means({("micro", "a"): pool(clips, (0,), rising[None]), ("macro", "b"): pool(clips, (0,), other[None])})
    correlation, most = trend(shown(table, {"micro": "a"}), "negative")
    assert correlation == pytest.approx(np.corrcoef(rising, other)[0, 1])
    assert most == ["AU5", "AU12", "AU15"]
