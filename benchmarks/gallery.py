"""Size of the gallery, and how long a browser takes over it, by number of pairs and by where their pictures lie.

The pairs of results/gallery.html, which the target `gallery` makes, are repeated under other names up to each number;
its test clips stay as they are. Every page is opened in headless Chromium with a profile of its own, from a disk whose
cache is warm, `--rounds` times, each time all pages one after the other, those of one size in turns: whatever else the
machine does meets pictures in the page and beside it alike. The table has medians, and the least and the most of the
rounds; a second one, the time with pictures beside the page by that with pictures in it, within a round. The round
before the first does not count. A third table says what it costs to store frames in other ways: bytes a pair, and the
error of the difference of the two frames as a share of that difference.
"""

import argparse
import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from benchmarks.rounds import spread
from mie_x_lib import shards
from mie_x_lib.gallery.page import write_page
from tests.browser import Browser

PAGE = Path("results/gallery.html")
# Milliseconds of what a user waits for, the longest of the frames that a tile of a page is drawn in included.
TASKS = {
    "filter": "controls.label.value = '=surprise'; choose(); controls.label.value = '';",
    "sort": "controls.sort.value = 'fidelity'; choose();",
    "turn": "show(page + 7);",
}
TIMED = """
const start = performance.now();
const run = new Function(arguments[0]);
run();
return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start))));
"""


def read_page(path: Path) -> tuple[dict, list[str], list[str]]:
    """What a page with its pictures in it knows, and the texts of its samples and of its photographs."""
    text = path.read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])
    samples, photographs = (
        list(chain.from_iterable(map(json.loads, re.findall(rf'pictures\("{kind}\d+", (.*)\);</script>$', text, re.M))))
        for kind in ("samples", "photographs")
    )
    return data, samples, photographs


def repeated(data: Mapping, pairs: int) -> tuple[dict, list[int]]:
    """The data of a page with so many pairs, and of each of its samples the number of its picture."""
    samples, kinds = data["samples"], data["samples"]["kind"]
    clips = [number for number, kind in enumerate(kinds["of"]) if kinds["texts"][kind] == "clip"]
    numbers = [number % clips[0] for number in range(pairs)] + clips
    chosen = {
        name: {**column, "of": [column["of"][number] for number in numbers]}
        if isinstance(column, dict)
        else [column[number] for number in numbers]
        for name, column in samples.items()
    }
    chosen["id"] = [f"{name}-{place // clips[0]}" for place, name in enumerate(chosen["id"])]
    return {**data, "samples": chosen}, numbers


def pages(folder: Path, sizes: list[int]) -> Iterator[tuple[int, bool, Path]]:
    """Write pages; yield how many pairs each has, whether its pictures lie beside it, and where it is."""
    data, texts, photographs = read_page(PAGE)
    data.pop("folder")
    for pairs in sizes:
        known, numbers = repeated(data, pairs)
        samples = [texts[number] for number in numbers]
        for beside in (False, True):
            path = folder / f"{pairs}-{beside}" / "gallery.html"
            path.with_suffix("").mkdir(parents=True)
            parts = path.with_suffix("") if beside else None
            write_page(path, "MiE-X in motion", known, samples, photographs, parts)
            yield pairs, beside, path


def megabytes(folder: Path) -> float:
    """Of all files of a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def measure(path: Path) -> dict[str, float]:
    """What a browser takes over a page: milliseconds, and MB of its JavaScript."""
    profile = Path(tempfile.mkdtemp())
    browser = Browser(profile)
    try:
        browser.open("about:blank")
        browser.open(path.as_uri())
        for mark in ("first picture", "first photograph"):
            browser.wait("return performance.getEntriesByName(arguments[0]).length", mark, seconds=120)
        browser.wait("return performance.getEntriesByType('navigation')[0].loadEventEnd", seconds=120)
        found = browser.run(
            "return {first: performance.getEntriesByName('first picture')[0].startTime,"
            " photograph: performance.getEntriesByName('first photograph')[0].startTime,"
            " whole: performance.getEntriesByType('navigation')[0].loadEventEnd}"
        )
        found |= {name: browser.run(TIMED, task) for name, task in TASKS.items()}
        return found | {"memory": browser.run("return performance.memory.usedJSHeapSize") / 1e6}
    finally:
        browser.close()
        shutil.rmtree(profile, ignore_errors=True)


def webp(image: np.ndarray, **options) -> tuple[int, np.ndarray]:
    """Bytes of an image as WebP, and the image as it is read back."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="WEBP", method=4, **options)
    return len(file.getvalue()), np.asarray(Image.open(file).convert("RGB"), dtype=int)


def codecs(pairs: np.ndarray) -> pd.DataFrame:
    """What ways to store pairs (N, 2, H, W, 3) uint8 cost, and what is left of their differences."""
    wanted = pairs[:, 1].astype(int) - pairs[:, 0]
    rows = []
    for name, options in {
        **{f"both frames, quality {quality}": {"quality": quality} for quality in (80, 90, 100)},
        "both frames, lossless": {"lossless": True},
    }.items():
        found = [[webp(frame, **options) for frame in pair] for pair in pairs]
        size = np.mean([onset[0] + apex[0] for onset, apex in found])
        rows.append((name, size, np.stack([apex[1] - onset[1] for onset, apex in found])))
    strips = [webp(np.clip(change + 128, 1, 255).astype(np.uint8), lossless=True) for change in wanted]
    size = np.mean([webp(pair[0], quality=90)[0] + strip[0] for pair, strip in zip(pairs, strips, strict=True)])
    rows.append(("onset, quality 90, and difference, lossless", size, np.stack([strip[1] for strip in strips]) - 128))
    return pd.DataFrame(
        [
            {
                "stored": name,
                "bytes": round(size),
                "error": np.sqrt(((found - wanted) ** 2).mean() / (wanted**2).mean()),
            }
            for name, size, found in rows
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=int, nargs="+", default=[1000, 5733, 10000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    shard = "results/renders/emotionnet/compmie/0.h5"
    print(codecs(shards.read_images(shard, range(100), frames=(0, -1))).to_markdown(index=False, floatfmt=".2f"), "\n")
    with tempfile.TemporaryDirectory() as folder:
        made = list(pages(Path(folder), options.pairs))
        sizes = {path: megabytes(path.parent) for _, _, path in made}
        rounds = [{path: measure(path) for _, _, path in made} for _ in range(options.rounds + 1)][1:]
    found = {path: {key: [one[path][key] for one in rounds] for key in rounds[0][path]} for path in sizes}
    rows = [
        {"pairs": f"{pairs:,}", "pictures": "beside the page" if beside else "in the page", "MB": f"{sizes[path]:.0f}"}
        | {key: spread(values) for key, values in found[path].items()}
        for pairs, beside, path in made
    ]
    print(pd.DataFrame(rows).to_markdown(index=False), "\n")
    ratios = [
        {"pairs": f"{pairs:,}"}
        | {key: spread(list(np.divide(found[apart][key], found[whole][key]))) for key in ("first", "photograph")}
        for (pairs, _, whole), (_, _, apart) in zip(made[::2], made[1::2], strict=True)
    ]
    print(pd.DataFrame(ratios).to_markdown(index=False))


if __name__ == "__main__":
    main()
