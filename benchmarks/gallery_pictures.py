"""Pictures of results/gallery.html, which the target `gallery` makes, for docs/gallery.md: on a desk and on a phone."""

import shutil
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser import Browser

PAGE = Path("results/gallery.html")
# Of each picture the size of its window, whether that is a phone's, its colours, the sample that is opened, if any, and
# what is chosen first.
PICTURES = {
    "gallery": (1280, 900, False, "light", "", "controls.sort.value = 'fidelity'; choose();"),
    "gallery_phone": (390, 844, True, "dark", "", "grid.scrollIntoView();"),
}
_QUALITY = 85


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    browser = Browser(folder / "profile")
    try:
        for name, (width, height, is_phone, colours, sample, choice) in PICTURES.items():
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone}
            browser.command("Emulation.setDeviceMetricsOverride", **size)
            still = [("prefers-color-scheme", colours), ("prefers-reduced-motion", "reduce")]
            media = [{"name": feature, "value": value} for feature, value in still]
            browser.command("Emulation.setEmulatedMedia", features=media)
            browser.open("about:blank")
            browser.open(f"{PAGE.resolve().as_uri()}{sample}")
            browser.wait("return performance.getEntriesByType('navigation')[0].loadEventEnd", seconds=120)
            browser.run(choice)
            browser.wait("return [...screens].every((screen) => !screen.isVisible || screen.loaded)")
            browser.wait("return [...document.images].every((image) => !image.src || image.complete)")
            browser.screenshot(folder / "page.png")
            with Image.open(folder / "page.png") as picture:
                picture.convert("RGB").save(f"docs/images/{name}.webp", quality=_QUALITY, method=6)
    finally:
        browser.close()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
