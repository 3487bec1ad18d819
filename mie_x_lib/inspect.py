"""What an image file of this project holds: `python -m mie_x_lib.inspect FILE`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import wrap

import h5py
import numpy as np
import pandas as pd

from mie_x_lib import shards
from mie_x_lib.errors import InputError
from mie_x_lib.progress import counter
from mie_x_lib.shards.layout import VOCABULARY, are_samples
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES

_WIDTH = 100
# Rows of a sheet; a hundred take a minute to draw.
_MOST_ROWS = 100
# Attributes that have lines of their own, or that every file of the project has.
_KNOWN_ATTRIBUTES = ("card", "card_markdown", *VOCABULARY, "frames", "sampled", "unchanged")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status, 1 where the file is none of the project's or is damaged."""
    parser = argparse.ArgumentParser(
        prog="python -m mie_x_lib.inspect", description="Tell what a shard, a file of crops or an HDF5 export holds."
    )
    parser.add_argument("file", help="a file of results/renders, results/frames, results/identities or an export")
    parser.add_argument("--sheet", metavar="PNG", help="draw a contact sheet of some of its images")
    parser.add_argument("--rows", type=int, default=8, help="rows of the sheet, 1 to 100 (default: 8)")
    options = parser.parse_args(arguments)
    try:
        if options.sheet and Path(options.sheet).suffix != ".png":
            raise InputError(f"--sheet is {options.sheet}, expected the name of a picture to write, which ends in .png")
        if not 1 <= options.rows <= _MOST_ROWS:
            raise InputError(f"--rows is {options.rows}, expected 1 to {_MOST_ROWS}; a taller sheet shows no more")
        lines, is_whole = describe(options.file)
        print("\n".join(lines))
        if options.sheet:
            draw_sheet(options.file, options.sheet, options.rows)
    except InputError as error:
        print(f"Input error: {error}", file=sys.stderr)
        return 1
    return 0 if is_whole else 1


def describe(path: str | Path) -> tuple[list[str], bool]:
    """Return what there is to say of an image file, and whether it is whole: every image is read, against its checksum.

    Raises InputError where it is no image file of this project.
    """
    if os.path.isfile(path) and not h5py.is_hdf5(path):
        raise InputError(f"{path}: no HDF5 file; expected a shard, a file of crops or identities, or an HDF5 export")
    table, attributes, shape = shards.read_table(path), shards.read_attributes(path), shards.image_shape(path)
    frames = shape[1] if are_samples(shape) else 1
    what = f"{shape[0]} samples of {frames} frames" if frames > 1 else f"{shape[0]} images"
    facts = {"holds": f"{what}, {shape[-3]} x {shape[-2]} pixels, RGB"}
    others = [f"{name} {_short(value)}" for name, value in attributes.items() if name not in _KNOWN_ATTRIBUTES]
    facts["attributes"] = ", ".join(others)
    facts |= _origins(table)
    fault, changes = _read_through(path, shape)
    if changes is not None and len(changes):
        least, low, middle, most = np.quantile(changes, [0, 0.05, 0.5, 1])
        facts["change"] = (
            f"{int((changes == 0).sum())} samples without any; the pixel that changes most does by {least:.0f} to "
            f"{most:.0f} grey levels, median {middle:.0f}, 5 % below {low:.0f}"
        )
    if "sampled" in attributes:
        facts["left out"] = f"{attributes['unchanged']} of {attributes['sampled']} sampled: no visible change"
    facts["checksums"] = fault or "all images and columns read, all checksums right"
    facts |= _card(attributes.get("card"))
    lines = [str(path)]
    for name, text in facts.items():
        lines += _wrapped(name, text) if text else []
    return [*lines, *_counts(table), *_action_units(table)], not fault


def draw_sheet(path: str | Path, picture: str | Path, rows: int) -> None:
    """Write a contact sheet of samples, or of the crops of clips, evenly spread over the file, as PNG."""
    # Drawing takes a second to load, and most calls draw nothing.
    from mie_x_lib.figures.canvas import save
    from mie_x_lib.figures.frames import crops_sheet, samples_sheet

    table, shape = shards.read_table(path), shards.image_shape(path)
    if not shape[0]:
        raise InputError(f"{path}: it holds no image, expected one at least to draw a sheet of")
    if are_samples(shape):
        samples = _of_every_label(table, rows)
        names = [_name(row) for row in table.iloc[samples].to_dict("records")]
        save(samples_sheet(shards.read_images(path, samples), names, _title(path)), picture)
        return
    keys = [name for name in ("dataset", "subject", "clip", "identity") if name in table]
    sixes = np.array_split(np.arange(shape[0]), np.arange(6, shape[0], 6))
    groups = list(table.groupby(keys, sort=False).indices.values()) if "clip" in keys else sixes
    chosen = [groups[n] for n in np.unique(np.linspace(0, len(groups) - 1, rows).round().astype(int))]
    names = [_name(row) for row in table.iloc[[group[0] for group in chosen]].to_dict("records")]
    save(crops_sheet([shards.read_images(path, group[:6]) for group in chosen], names, _title(path)), picture)


def _read_through(path: str | Path, shape: tuple[int, ...]) -> tuple[str, np.ndarray | None]:
    """What is wrong with the file, or "", and for samples by how much the pixel that changes most does, (N,)."""
    changes = np.zeros(shape[0], np.int64)
    with counter(shape[0], "reading", "image") as count:

        def look(row: int, image: np.ndarray) -> None:
            if image.ndim == 4:
                changes[row] = np.abs(image[-1].astype(np.int16) - image[0]).max()
            count(1)

        try:
            shards.verify(path, look)
        except InputError as error:
            return f"DAMAGED: {error}", None
    return "", changes if are_samples(shape) else None


def _origins(table: pd.DataFrame) -> dict[str, str]:
    """Who and what is in the file, one line a kind of name."""
    facts = {}
    if "identity" in table:
        facts["identities"] = _numbered(list(table["identity"].unique()))
    for subject, clip, name in (("au_subject", "au_clip", "AU clips"), ("subject", "clip", "clips")):
        if {subject, clip} <= set(table):
            # Expert knowledge has no subject.
            named = table[table[subject] != ""]
            people = named[[subject.replace("subject", "dataset"), subject]].drop_duplicates()
            clips = named[[subject.replace("subject", "dataset"), subject, clip]].drop_duplicates()
            facts[name] = f"{len(clips)} of {len(people)} names of subjects" if len(named) else "none"
    for name in ("role", "emotion", "au_emotion"):
        if name in table:
            counts = table[name].replace("", "none").value_counts(sort=False)
            facts[f"{name.removeprefix('au_')}s"] = ", ".join(f"{value} {count}" for value, count in counts.items())
    return facts


def _counts(table: pd.DataFrame) -> list[str]:
    """Samples by label and source."""
    source = next((name for name in ("au_source", "au_dataset", "dataset") if name in table), None)
    if "label" not in table or source is None:
        return []
    names = table["label"].map(dict(enumerate(LABEL_NAMES))).fillna("no label")
    counts = pd.crosstab(table[source], names, margins=True, margins_name="all")
    counts = counts.reindex(columns=[name for name in (*LABEL_NAMES, "no label", "all") if name in counts])
    return ["", *counts.rename_axis(index=None, columns=None).to_string().splitlines()]


def _action_units(table: pd.DataFrame) -> list[str]:
    """Means and ranges of the action units of onset and apex, in two columns."""
    if f"apex_{AU_NAMES[0]}" not in table:
        return []

    def of(values: pd.Series) -> str:
        return f"{values.mean():.2f} ({values.min():.2f}-{values.max():.2f})" if len(values) else "-"

    cells = [f"{au}  {of(table[f'onset_{au}'])}  {of(table[f'apex_{au}'])}" for au in AU_NAMES]
    heading = f"{'':4}  {'onset mean (range)':16}  apex mean (range)"
    half = -(-len(cells) // 2)
    rows = zip([heading, *cells[:half]], [heading, *cells[half:], ""], strict=False)
    return ["", *(f"{left:48}{right}" for left, right in rows)]


def _card(card: dict | None) -> dict[str, str]:
    """What the dataset card says first."""
    if not card:
        return {}
    facts = {"card": str(card.get("what", ""))}
    if card.get("forbidden_use"):
        facts["not for"] = str(card["forbidden_use"][0])
    if card.get("limits"):
        facts["limits"] = str(card["limits"][0])
    return facts


def _name(row: dict) -> str:
    """The name of a sample or clip on a sheet, in up to three lines."""
    if "identity" in row and "label" in row:
        source = row.get("au_source", row["au_dataset"])
        meant = dict.fromkeys([LABEL_NAMES[row["label"]], row["au_emotion"]])
        return f"{row['identity']}\n{source} {row['au_clip']}\n{', '.join(meant)}"
    known = [str(row[name]) for name in ("identity", "subject", "clip", "emotion") if row.get(name)]
    return "\n".join(dict.fromkeys(known))


def _of_every_label(table: pd.DataFrame, rows: int) -> list[int]:
    """Rows of the labels in turn, those of each label evenly spread over the file."""
    of_label = [np.flatnonzero(table["label"] == label) for label in sorted(table["label"].unique())]
    each = -(-rows // len(of_label))
    spread = [found[np.linspace(0, len(found) - 1, each).round().astype(int)] for found in of_label]
    return list(dict.fromkeys(np.stack(spread, axis=1).ravel().tolist()))[:rows]


def _title(path: str | Path) -> str:
    """The last folders of a path and its name."""
    return "/".join(Path(path).parts[-3:])


def _numbered(names: Sequence[str]) -> str:
    return f"{len(names)}, {names[0]} to {names[-1]}" if len(names) else "none"


def _short(value: object) -> str:
    """A hash by its beginning."""
    text = str(value)
    return f"{text[:12]}..." if len(text) >= 64 else text


def _wrapped(name: str, text: str) -> list[str]:
    """A text behind its name, in lines that break between words alone."""
    return wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=f"{name:12} ",
        subsequent_indent=" " * 13,
        break_long_words=False,
        break_on_hyphens=False,
    )


if __name__ == "__main__":
    sys.exit(main())
