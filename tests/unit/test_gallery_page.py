import html
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from mie_x_lib.gallery.page import PER_PART, page, parts
from mie_x_lib.gallery.records import ASKED, MEASURED
from tests import tiny_gallery
from tests.tiny_gallery import HOSTILE


class Reader(HTMLParser):
    """The elements of a page as a browser reads them, and what stands in its scripts and its title."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = [""]
        self.attributes: list[tuple[str, str]] = []
        self.texts: dict[str, list[str]] = {"script": [], "title": [], "h1": []}
        self.is_closed = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.is_closed = False
        self.attributes += attributes
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_data(self, data):
        # Text behind an element is not of it.
        if self.tags[-1] in self.texts and not self.is_closed:
            self.texts[self.tags[-1]][-1] += data

    def handle_endtag(self, tag):
        self.is_closed = True


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    return tiny_gallery.make(tmp_path_factory.mktemp("gallery"))


@pytest.fixture(scope="module")
def read(gallery):
    return Reader(gallery.path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def known(read):
    return json.loads(read.texts["script"][0])


@pytest.mark.slow
def test_a_page_holds_every_picture_and_fetches_nothing(gallery, read):
    scripts = [script for script in read.texts["script"] if script.startswith("pictures(")]
    calls = [re.fullmatch(r'pictures\("(\w+)", (\[.*\])\);', script) for script in scripts]
    assert [call[1] for call in calls] == ["samples0", "photographs0"]
    samples, photographs = (json.loads(call[2]) for call in calls)
    assert [text.count(" ") for text in samples] == [1] * 16
    assert photographs == gallery.photographs
    assert not [value for name, value in read.attributes if name in ("src", "srcset")]
    assert all(value.startswith("#") for name, value in read.attributes if name == "href")
    policy = next(value for name, value in read.attributes if name == "content" and "default-src" in value)
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "http" not in policy


def test_names_are_never_read_as_html(read, known):
    assert "b" not in read.tags
    assert html.unescape(read.texts["title"][0]) == HOSTILE
    assert html.unescape(read.texts["h1"][0]) == HOSTILE
    assert HOSTILE in known["samples"]["clip"]["texts"]
    assert f"1: {HOSTILE}, synthetic, branches" in [row["name"] for row in known["rows"]]


@pytest.mark.parametrize("name", ["kind", "name", "faces", "units", "subject", "clip", "emotion", "label"])
def test_what_is_filtered_by_is_that_of_the_records(gallery, known, name):
    column = known["samples"][name]
    assert [column["texts"][code] for code in column["of"]] == gallery.records[name].tolist()
    assert len(set(column["texts"])) == len(column["texts"])


def test_what_is_sorted_by_is_that_of_the_records(gallery, known):
    for name in ("fidelity", "change"):
        found = np.array([np.nan if value is None else value / 1000 for value in known["samples"][name]])
        np.testing.assert_allclose(found, gallery.records[name].to_numpy(float), atol=5e-4)
    assert known["samples"]["fidelity"][12:] == [None] * 4


def test_units_are_those_of_the_records_in_thousandths(gallery, known):
    for key, names in (("asked", ASKED), ("measured", MEASURED)):
        for found, wanted in zip(known["samples"][key], gallery.records[list(names)].to_numpy(), strict=True):
            if found is None:
                assert np.isnan(wanted).all()
            else:
                np.testing.assert_allclose(np.array(found) / 1000, wanted, atol=5e-4)
    assert known["samples"]["asked"][12:] == [None] * 4
    assert known["samples"]["measured"][15] is None
    assert known["units"][:3] + known["units"][-1:] == ["AU1", "AU2", "AU4", "AU45"]


def test_pictures_come_in_parts_that_hold_each_of_them_once_photographs_behind_the_first_page():
    texts = [f"{number} {number}" for number in range(2 * PER_PART + 1)]
    faces = [str(number) for number in range(PER_PART + 1)]
    found = dict(parts(iter(texts), iter(faces)))
    assert list(found) == ["samples0", "photographs0", "photographs1", "samples1", "samples2"]
    for kind, wanted in (("samples", texts), ("photographs", faces)):
        calls = [re.fullmatch(r'pictures\("(\w+)", (\[.*\])\);', found[name]) for name in found if kind in name]
        assert all(found[call[1]] == call[0] for call in calls)
        assert [text for call in calls for text in json.loads(call[2])] == wanted


@pytest.mark.slow
def test_pictures_may_lie_beside_the_page(tmp_path):
    gallery = tiny_gallery.make(tmp_path, beside=True)
    text = gallery.path.read_text(encoding="utf-8")
    assert not re.search(r"<script>pictures\(", text)
    assert json.loads(Reader(text).texts["script"][0])["folder"] == "gallery pictures"
    found = {path.name: path.read_text() for path in (tmp_path / "gallery pictures").iterdir()}
    assert set(found) == {"samples0.js", "photographs0.js"}
    assert found["samples0.js"].startswith('pictures("samples0", [')


def test_a_name_that_looks_like_a_place_of_the_page_stays_a_name():
    data = {"samples": {"name": "{{style}} {{pictures}}"}}
    text = "".join(page("{{data}}", data, []))
    assert "<title>{{data}}</title>" in text
    assert json.loads(Reader(text).texts["script"][0])["samples"]["name"] == "{{style}} {{pictures}}"
