"""The page itself: what it knows of the samples, as JSON, and the parts that their pictures come in."""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.files import write_pieces, write_text
from mie_x_lib.gallery.records import ASKED, MEASURED, TEXTS
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES

# The files that a page is put together from.
ASSETS = tuple(Path(__file__).with_name("assets") / f"gallery.{suffix}" for suffix in ("html", "css", "js"))
# Pictures that come together: as many as a page shows, so that those of the first page are there first.
PER_PART = 60
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def page_data(
    records: pd.DataFrame, frames: Sequence[int], photographs: Sequence[int], predictions: Sequence[Mapping]
) -> dict[str, object]:
    """Return what the page knows, as JSON can hold it.

    records: N rows with `records.COLUMNS`. frames: how many each sample has. photographs: of each sample the place of
    its photograph among those of the page, -1 for none. predictions: of `records.row_predictions`, of
    the records of kind clip in their order.
    """
    texts = {name: _coded(records[name]) for name in TEXTS if name != "id"}
    return {
        "units": [f"AU{int(name[2:])}" for name in AU_NAMES],
        "labels": list(LABEL_NAMES),
        "samples": {
            "id": records["id"].tolist(),
            **texts,
            "frames": list(frames),
            "photograph": list(photographs),
            **{name: _thousandths(records[name].to_numpy(float)) for name in ("fidelity", "change")},
            "asked": _units(records[list(ASKED)]),
            "measured": _units(records[list(MEASURED)]),
        },
        "rows": list(predictions),
        "per_part": PER_PART,
    }


def parts(samples: Iterable[str], photographs: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Return texts of pictures, `PER_PART` at a time: each part's name, and a script that hands its texts to the page.

    They come as a page that is read from its beginning wants them: samples of the first page, all photographs, which
    are few and small, and the other samples.
    """
    of_samples = _numbered("samples", samples)
    yield from islice(of_samples, 1)
    yield from _numbered("photographs", photographs)
    yield from of_samples


def _numbered(kind: str, pictures: Iterable[str]) -> Iterator[tuple[str, str]]:
    waiting = iter(pictures)
    for number in count():
        texts = list(islice(waiting, PER_PART))
        if not texts:
            return
        yield f"{kind}{number}", f'pictures("{kind}{number}", {json.dumps(texts)});'


def page(title: str, data: Mapping, scripts: Iterable[str], folder: str | None = None) -> Iterator[str]:
    """Return the page, piece by piece; nothing of it is fetched from elsewhere.

    data: of `page_data`. scripts: those of `parts`, to stand in the page; none where they lie in a folder beside it,
    each in a file <name>.js. folder: the name of that folder.
    """
    template, style, script = (path.read_text(encoding="utf-8") for path in ASSETS)
    # Within a script no other sign has a meaning to HTML.
    known = json.dumps({**data, "folder": folder}, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    policy = _POLICY if folder is None else f"{_POLICY} 'self' file:"
    texts = {"title": html.escape(title), "policy": policy, "style": style, "data": known, "script": script}
    before, after = template.split("{{pictures}}")
    yield re.sub(r"\{\{(\w+)\}\}", lambda place: texts[place[1]], before)
    for pictures in scripts:
        yield f"<script>{pictures}</script>\n"
    yield after


def write_page(
    path: Path,
    title: str,
    data: Mapping,
    samples: Iterable[str],
    photographs: Iterable[str],
    folder: Path | None = None,
) -> None:
    """Write the page with the pictures in it, or, where there is an empty `folder` beside it, in files of that.

    data: of `page_data`. samples, photographs: texts of `pictures.sample_text` and `pictures.picture_text`.
    """
    named = parts(samples, photographs)
    if folder is not None:
        for name, script in named:
            write_text(script, folder / f"{name}.js")
    write_pieces(page(title, data, (script for _, script in named), None if folder is None else folder.name), path)


def _coded(texts: pd.Series) -> dict[str, list]:
    """Texts, each once, and which of them each row has."""
    codes, names = pd.factorize(texts.astype(str))
    return {"texts": list(names), "of": codes.tolist()}


def _thousandths(values: np.ndarray) -> list[int | None]:
    return [None if np.isnan(value) else round(1000 * value) for value in values.tolist()]


def _units(columns: pd.DataFrame) -> list[list[int | None] | None]:
    """Of each row its 34 values in thousandths; None where there is none."""
    rows = [_thousandths(row) for row in columns.to_numpy(float)]
    return [None if all(value is None for value in row) else row for row in rows]
