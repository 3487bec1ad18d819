"""The page in a browser: it opens from a disk, moves, filters and sorts, and says nothing in the console."""

import io
from base64 import b64decode
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from mie_x_lib.gallery.samples import show_sample
from tests import tiny_gallery
from tests.browser import IS_THERE, NEEDED, Browser
from tests.tiny_gallery import HOSTILE, Gallery

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not IS_THERE, reason=f"no {' and '.join(NEEDED)} here: apt-get install chromium chromium-driver"
    ),
]

TILES = "return [...document.querySelectorAll('#grid a')].map((tile) => tile.getAttribute('href').slice(1))"
# The pixels of the first canvas that a selector finds, without their opacity, if it shows a frame; read from a copy,
# which says nothing of it in the console.
PIXELS = """
const canvas = document.querySelector(arguments[0]);
if (![null, canvas.dataset.frame].includes(arguments[1])) return null;
const [width, height] = [canvas.width, canvas.height];
const copy = Object.assign(document.createElement('canvas'), { width, height });
const context = copy.getContext('2d', { willReadFrequently: true });
context.drawImage(canvas, 0, 0);
return [height, width, ...[...context.getImageData(0, 0, width, height).data].filter((_, at) => at % 4 < 3)];
"""
CHOOSE = """
const control = document.getElementById('controls').elements[arguments[0]];
control[control.type === 'checkbox' ? 'checked' : 'value'] = arguments[1];
(control instanceof RadioNodeList ? control[0] : control).dispatchEvent(new Event('input', { bubbles: true }));
"""
FRAME = "return document.querySelector(arguments[0]).dataset.frame"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory) -> Gallery:
    return tiny_gallery.make(tmp_path_factory.mktemp("gallery"))


def opened(browser: Browser, gallery: Gallery, fragment: str = "", *features: tuple[str, str]) -> None:
    """Open a page that has not been open, and wait for its first picture."""
    media = [{"name": name, "value": value} for name, value in features]
    browser.command("Emulation.setEmulatedMedia", features=media)
    browser.open("about:blank")
    browser.fetched(), browser.console()
    browser.open(gallery.path.as_uri() + fragment)
    browser.wait("return performance.getEntriesByName('first picture').length")


@pytest.fixture
def page(browser, gallery):
    """The browser with the page freshly opened; nothing may be said in the console, and nothing fetched."""
    opened(browser, gallery)
    yield browser
    assert browser.console() == []
    addresses = {address for address in browser.fetched() if not address.startswith(("data:", "chrome:"))}
    assert {address.partition("#")[0] for address in addresses} <= {gallery.path.as_uri(), "about:blank"}


def pixels(browser: Browser, selector: str = "#grid canvas", frame: str | None = None) -> np.ndarray:
    """What a canvas shows, once it shows a frame; by itself it may show another one at any time."""
    height, width, *values = browser.wait(PIXELS, selector, frame)
    return np.reshape(values, (height, width, 3))


def stored(gallery: Gallery, sample: int) -> np.ndarray:
    """The onset of a sample as it was stored, with the loss of the codec."""
    with Image.open(io.BytesIO(b64decode(show_sample(gallery.frames[sample]).text.split(" ")[0]))) as image:
        return np.asarray(image.convert("RGB"), dtype=int)


def tiles(browser: Browser) -> list[str]:
    return browser.run(TILES)


def choose(browser: Browser, name: str, value: object) -> list[str]:
    """Choose something, and return the tiles that are left."""
    browser.run(CHOOSE, name, value)
    # A timer waits for the end of typing.
    browser.run("return new Promise((done) => setTimeout(done, 300))")
    return tiles(browser)


def test_every_sample_has_a_tile(page, gallery):
    assert tiles(page) == gallery.records["id"].tolist()
    assert "16 of 16 samples" in page.run("return document.getElementById('count').textContent")


def test_a_tile_alternates_between_onset_and_apex(page):
    choose(page, "play", "all")
    shown = {frame: pixels(page, frame=frame) for frame in ("0", "1")}
    assert np.abs(shown["0"] - shown["1"]).max() > 50
    choose(page, "play", "still")
    np.testing.assert_array_equal(pixels(page, frame="0"), shown["0"])


def test_the_difference_is_shown_without_loss_and_the_apex_is_it_added_to_the_onset(page, gallery):
    choose(page, "play", "still")
    change = np.clip(gallery.frames[0][1].astype(int) - gallery.frames[0][0], -127, 127)
    onset = pixels(page)
    np.testing.assert_array_equal(onset, stored(gallery, 0))
    page.press("f")
    np.testing.assert_array_equal(pixels(page, frame="1"), np.clip(onset + change, 0, 255))
    before = pixels(page)
    page.run("document.getElementById('controls').elements.magnification.value = '2'")
    page.press("d")
    page.run("return new Promise((done) => setTimeout(done, 200))")
    assert not np.array_equal(pixels(page), before)
    np.testing.assert_array_equal(pixels(page), np.clip(128 + 2 * change, 0, 255))


def test_beside_a_pair_stands_its_photograph_and_beside_a_clip_none(page, gallery):
    page.wait("return [...document.images].length === 12 && [...document.images].every((face) => face.naturalWidth)")
    shown = page.run("return [...document.querySelectorAll('#grid a')].map((tile) => tile.querySelector('img')?.src)")
    addresses = [f"data:image/webp;base64,{text}" for text in gallery.photographs]
    assert shown == [addresses[place] for place in [0, 0, 0, 1, 1, 1] * 2] + [None] * 4
    canvas, face = page.run("return ['canvas', 'img'].map((name) => document.querySelector(name).offsetLeft)")
    assert canvas < face
    page.run("location.hash = arguments[0]", gallery.records["id"][3])
    page.wait("return document.querySelector('#sample img')?.naturalWidth")
    assert page.run("return document.querySelector('#sample img').src") == addresses[1]


def test_a_tile_moves_while_it_has_the_focus_and_no_other(page):
    choose(page, "play", "hover")
    page.run("document.querySelectorAll('#grid a')[1].focus()")
    page.wait("return document.querySelectorAll('#grid canvas')[1].dataset.frame === '1'")
    assert page.run(FRAME, "#grid canvas") == "0"


def test_of_a_clip_that_was_not_measured_no_change_is_told(page):
    told = page.run("return [...document.querySelectorAll('#grid a')].map((tile) => tile.textContent)")
    assert [place for place, text in enumerate(told) if "not measured" in text] == [15]
    has_bars = page.run(
        "return [...document.querySelectorAll('#grid a')].map((a) => a.querySelector('.bars') !== null)"
    )
    assert has_bars == [True] * 15 + [False]
    assert page.run("return document.getElementById('bars').offsetHeight") > 0


def test_a_page_on_which_nothing_was_measured_says_nothing_of_bars(browser, tmp_path):
    browser.open(tiny_gallery.make_unmeasured(tmp_path).as_uri())
    browser.wait("return performance.getEntriesByName('first picture').length")
    tiles = browser.run("return [...document.querySelectorAll('#grid a')].map((tile) => tile.textContent)")
    assert len(tiles) == 4
    assert all("not measured" in text and "no unit" not in text for text in tiles)
    assert browser.run("return document.querySelectorAll('.bars, .units').length") == 0
    assert browser.run("return document.getElementById('bars').offsetHeight") == 0
    assert browser.run("return ['unit', 'least'].map((name) => controls[name].disabled)") == [True, True]
    browser.run("document.querySelector('#grid a').click()")
    browser.wait("return document.getElementById('sample').open")
    # Its onset was measured.
    assert "AU1" in browser.run("return document.getElementById('sample').textContent")
    assert browser.console() == []


def test_filters_leave_what_was_chosen(page, gallery):
    records = gallery.records
    assert choose(page, "kind", "clip") == records.loc[records["kind"] == "clip", "id"].tolist()
    assert choose(page, "kind", "pair") == records.loc[records["kind"] == "pair", "id"].tolist()
    pairs = records[records["kind"] == "pair"]
    assert choose(page, "units", "=mmew") == pairs.loc[pairs["units"] == "mmew", "id"].tolist()
    chosen = pairs[(pairs["units"] == "mmew") & (pairs["label"] == "surprise")]
    assert choose(page, "label", "=surprise") == chosen["id"].tolist()
    page.run("document.querySelector('button[type=reset]').click()")
    page.wait("return document.querySelectorAll('#grid a').length === 16")
    assert choose(page, "text", "samm/007") == records.loc[records["subject"] == "samm/007", "id"].tolist()
    assert choose(page, "text", HOSTILE[:12]) == records.loc[records["clip"] == HOSTILE, "id"].tolist()
    choose(page, "text", "")
    choose(page, "least", "0.5")
    change = (records["apex_AU06"] - records["onset_AU06"]).fillna(
        records["measured_apex_AU06"] - records["measured_onset_AU06"]
    )
    assert choose(page, "unit", "4") == records.loc[change.abs() >= 0.4999, "id"].tolist()


def test_filters_by_what_networks_said(page, gallery):
    clips = gallery.records.loc[gallery.records["kind"] == "clip", "id"].tolist()
    assert choose(page, "verdict", "right") == clips[:2]
    assert choose(page, "verdict", "split") == clips[2:3]
    assert choose(page, "verdict", "wrong") == clips[3:]
    choose(page, "verdict", "")
    # The clip of class 0 that was taken for 1.
    choose(page, "truth", "0")
    assert choose(page, "predicted", "1") == clips[3:]
    choose(page, "truth", "")
    choose(page, "predicted", "")
    assert choose(page, "row", "1") == gallery.records["id"].tolist()
    # The other row does not test the fourth clip.
    assert choose(page, "verdict", "wrong") == [clips[0], clips[2]]


@pytest.mark.parametrize("by", ["fidelity", "change"])
def test_samples_are_sorted_and_what_is_not_known_comes_last(page, gallery, by):
    values = gallery.records.set_index("id")[by]
    for is_lowest in (False, True):
        choose(page, "lowest", is_lowest)
        assert (
            choose(page, "sort", by)
            == values.sort_values(ascending=is_lowest, na_position="last", kind="stable").index.tolist()
        )


@pytest.mark.parametrize(("row", "is_known"), [("1", True), ("2", False)])
def test_a_confidence_that_is_not_known_is_neither_shown_nor_sorted_by(page, gallery, row, is_known):
    choose(page, "row", row)
    choose(page, "lowest", True)
    ids = gallery.records["id"].tolist()
    # The other row does not test the fourth clip.
    assert choose(page, "sort", "confidence") == ([*ids[12:15], *ids[:12], ids[15]] if is_known else ids)
    told = page.run("return [...document.querySelectorAll('#grid .right, #grid .wrong')].map((n) => n.textContent)")
    assert "positive .50, positive .50" in told[0] if is_known else told[0] == "✓ right: negative, negative"


def test_a_link_opens_one_sample(browser, gallery):
    opened(browser, gallery, f"#{gallery.records['id'][14]}")
    assert browser.run("return document.getElementById('sample').open")
    text = browser.run("return document.getElementById('sample').textContent")
    assert HOSTILE in text
    assert "right with some seeds" in text
    browser.run("document.getElementById('close').click()")
    browser.wait("return !document.getElementById('sample').open && !location.hash")
    assert browser.console() == []


@pytest.mark.parametrize("decode", [unquote, lambda link: link.replace("%24", "$").replace("%7C", "|"), str.lower])
def test_a_link_that_a_program_has_decoded_opens_its_sample(browser, gallery, decode):
    (link,) = gallery.records.loc[gallery.records["clip"].eq(HOSTILE) & gallery.records["kind"].eq("clip"), "id"]
    assert decode(link) != link
    opened(browser, gallery)
    browser.run("location.hash = arguments[0]", decode(link))
    browser.wait("return document.getElementById('sample').open")
    assert browser.run("return document.getElementById('sample_title').textContent").endswith(HOSTILE)
    assert browser.run("return document.getElementById('warning').hidden")


@pytest.mark.parametrize("link", ["clip/samm/nobody", "clip/100%/%zz/%ff"])
def test_a_link_to_no_sample_is_told(browser, gallery, link):
    opened(browser, gallery, f"#{link}")
    assert "No sample here is called" in browser.run("return document.getElementById('warning').textContent")
    assert browser.console() == []


def test_keys_go_from_tile_to_tile_and_open_one(page, gallery):
    page.run("document.querySelector('#grid a').focus()")
    page.press("\ue014\ue014")
    wanted = gallery.records["id"][2]
    assert page.run("return document.activeElement.hash.slice(1)") == wanted
    page.press("\ue007")
    page.wait("return document.getElementById('sample').open")
    page.press("\ue014")
    page.wait("return location.hash.slice(1) === arguments[0]", gallery.records["id"][3])
    page.press("\ue00c")
    page.wait("return !document.getElementById('sample').open")


@pytest.mark.parametrize(("typed", "turned_to"), [("1.5", 2), ("2.2", 2), ("0", 1), ("-3", 1), ("9", 3), ("", 1)])
def test_a_page_has_a_whole_number(page, typed, turned_to):
    page.run("chosen = [...Array(130).keys()].map((at) => at % COUNT); show(0)")
    page.run(
        "const number = document.querySelector('.pages input');"
        "number.value = arguments[0]; number.dispatchEvent(new Event('change'))",
        typed,
    )
    assert page.run("return page + 1") == turned_to
    assert f"page {turned_to} of 3" in page.run("return document.getElementById('count').textContent")
    assert page.run("return document.querySelector('.pages input').value") == str(turned_to)


def test_who_goes_from_sample_to_sample_is_told_and_keeps_the_focus(browser, gallery):
    opened(browser, gallery, f"#{gallery.records['id'][1]}")
    title, previous = "document.getElementById('sample_title')", "document.getElementById('previous')"
    assert browser.run(f"return {title}.ariaLive") == "polite"
    focused = "return document.activeElement.id || document.activeElement.textContent"
    browser.run(f"{previous}.focus(); {previous}.click()")
    browser.wait("return opened === 0")
    # It does nothing, at the first sample, but stays where it is.
    browser.run(f"{previous}.click()")
    assert browser.run(f"return [opened, {previous}.ariaDisabled, next.ariaDisabled]") == [0, "true", "false"]
    assert browser.run(focused) == "previous"
    browser.run("document.querySelector('#sample figure button').focus()")
    name = browser.run(focused)
    browser.press("\ue014")
    browser.wait("return opened === 1")
    assert browser.run(focused) == name
    assert browser.console() == []


def test_nothing_moves_by_itself_where_motion_is_not_wanted(browser, gallery):
    opened(browser, gallery, "", ("prefers-reduced-motion", "reduce"))
    assert browser.run("return document.getElementById('controls').elements.play.value") == "still"
    frames = "return [...document.querySelectorAll('#grid canvas')].map((canvas) => canvas.dataset.frame)"
    shown = set()
    for _ in range(8):
        shown |= set(browser.run(frames))
        browser.run("return new Promise((done) => setTimeout(done, 100))")
    # Tiles that are not in view have no picture yet.
    assert shown - {None} == {"0"}


def test_no_name_is_read_as_html(page):
    assert page.run("return document.querySelectorAll('#grid b:not(.label)').length") == 0
    assert page.run("return document.title") == HOSTILE


def test_all_frames_of_the_video_variant_are_played(browser, tmp_path):
    opened(browser, tiny_gallery.make(tmp_path, frames=5))
    choose(browser, "play", "all")
    for frame in range(5):
        browser.wait("return document.querySelector('#grid canvas').dataset.frame === arguments[0]", str(frame))
    assert browser.console() == []


def test_pictures_beside_the_page_are_loaded_from_there_and_missed_where_they_are_not(browser, tmp_path):
    gallery = tiny_gallery.make(tmp_path, beside=True)
    # Else the pair may show its apex by the time that it is looked at.
    opened(browser, gallery, "", ("prefers-reduced-motion", "reduce"))
    np.testing.assert_array_equal(pixels(browser), stored(gallery, 0))
    assert browser.console() == []
    (tmp_path / "gallery pictures/samples0.js").unlink()
    browser.open("about:blank")
    browser.open(gallery.path.as_uri())
    message = browser.wait(
        "return !document.getElementById('warning').hidden && document.getElementById('warning').textContent"
    )
    assert "gallery pictures/samples0.js is not beside this page" in message


def phone(browser, width=390):
    browser.command("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=True)


def test_who_prints_gets_every_tile_and_no_controls(browser, gallery):
    phone(browser)
    opened(browser, gallery)
    frames = "return [...document.querySelectorAll('#grid canvas')].map((canvas) => canvas.dataset.frame ?? '')"
    assert "" in browser.run(frames)
    browser.run("window.print = () => (window.isPrinted = true)")
    browser.run("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'p', ctrlKey: true, bubbles: true }))")
    browser.wait("return window.isPrinted")
    assert "" not in browser.run(frames)
    browser.command("Emulation.setEmulatedMedia", media="print")
    shown = "return ['.bar', '#filters', '#count'].map((name) => document.querySelector(name).offsetHeight > 0)"
    assert browser.run(shown) == [False, False, True]
    browser.run("location.hash = arguments[0]", gallery.records["id"][14])
    browser.wait("return document.getElementById('sample').open")
    height, clipped, behind = browser.run(
        "const dialog = document.getElementById('sample');"
        "const main = document.querySelector('main');"
        "return [dialog.offsetHeight, dialog.scrollHeight - dialog.clientHeight, main.offsetHeight]"
    )
    browser.command("Emulation.setEmulatedMedia", media="")
    browser.command("Emulation.clearDeviceMetricsOverride")
    assert (height > 844, clipped, behind) == (True, 0, 0)
    assert browser.console() == []


@pytest.mark.parametrize("width", [320, 390])
def test_every_control_has_a_name_and_fits_a_phone(browser, gallery, width):
    phone(browser, width)
    opened(browser, gallery)
    browser.run("document.getElementById('filters').open = true")
    browser.run("chosen = [...Array(130).keys()].map((at) => at % COUNT); show(1)")
    tree = browser.command("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "link", "checkbox", "radio", "slider", "spinbutton", "combobox", "searchbox", "list")
    controls = [node for node in tree if node.get("role", {}).get("value") in roles and not node["ignored"]]
    unnamed = [node["role"]["value"] for node in controls if not node["name"]["value"].strip("«»‹› ")]
    wide = browser.run("return document.documentElement.scrollWidth")
    browser.command("Emulation.clearDeviceMetricsOverride")
    assert (unnamed, wide) == ([], width)
    assert len([node for node in controls if "page" in node["name"]["value"].lower()]) == 2 * 5


def test_a_narrow_window_is_not_scrolled_sideways(browser, gallery):
    phone(browser)
    opened(browser, gallery, f"#{gallery.records['id'][14]}")
    width, dialog = browser.run(
        "const dialog = document.getElementById('sample');"
        "return [document.documentElement.scrollWidth, dialog.scrollWidth - dialog.clientWidth]"
    )
    browser.command("Emulation.clearDeviceMetricsOverride")
    assert (width, dialog) == (390, 0)


@pytest.mark.parametrize("width", [800, 1000, 1280])
def test_what_was_measured_stands_beside_what_was_asked_for_without_scrolling(browser, gallery, width):
    browser.command("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=False)
    opened(browser, gallery, f"#{gallery.records['id'][0]}")
    unseen = browser.run(
        "return [...document.querySelectorAll('dialog .scroll')].map((table) => table.scrollWidth - table.clientWidth)"
    )
    browser.command("Emulation.clearDeviceMetricsOverride")
    assert set(unseen) == {0}


def test_numbers_of_units_do_not_touch(page):
    gaps = page.run(
        """const boxes = [...document.querySelector('.units').children].map(number => {
            const range = document.createRange();
            range.selectNodeContents(number);
            return range.getBoundingClientRect();
        });
        return boxes.slice(1).map((box, at) => Math.abs(box.top - boxes[at].top) > 5
            || box.left - boxes[at].right > 5);"""
    )
    assert len(gaps) == 16
    assert all(gaps)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_what_networks_said_is_not_cut(browser, gallery, width):
    browser.command("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=True)
    opened(browser, gallery)
    cut, lines = browser.run(
        "const said = [...document.querySelectorAll('.about > :is(.right, .wrong)')];"
        "return [said.filter((node) => node.scrollHeight > node.clientHeight).length, said.length]"
    )
    browser.command("Emulation.clearDeviceMetricsOverride")
    assert (cut, lines) == (0, 4)
