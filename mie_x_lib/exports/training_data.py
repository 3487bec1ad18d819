"""What a network outside of this project needs for an evaluation: what it is trained and tested on, fold by fold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from numpy.lib.format import open_memmap

from mie_x_lib.errors import InputError
from mie_x_lib.exports.card import Card
from mie_x_lib.exports.samples import as_png, read_frames
from mie_x_lib.files import whole_folder, write_csv, write_text
from mie_x_lib.folds.training_sets import places_of
from mie_x_lib.provenance import CHECKSUMS, checksums
from mie_x_lib.settings.tables import TrainingDataFormat
from mie_x_lib.tables.markup import escape_markdown

FORMATS = get_args(TrainingDataFormat)

_PLACE = ["shard_path", "position"]
_FRAMES = ("onset", "apex")
_USES = [("train", "pairs"), ("train", "clips"), ("test", "clips")]


@dataclass(frozen=True)
class TrainingData:
    """An evaluation as tables.

    clips: a row a test clip, with dataset, subject, clip, emotion, label, label_name, person, fold. pairs: a row a
    rendered pair that a fold trains on, with label, label_name, whose action units and face it has, person and face.
    folds: of each fold a table with use (train or test), kind (pairs or clips), number (a row of these), label and
    label_name; a pair that a training set repeats stands there as often.
    """

    clips: pd.DataFrame
    pairs: pd.DataFrame
    folds: dict[int, pd.DataFrame]


def assemble(
    clips: pd.DataFrame, real: pd.DataFrame, rendered: Mapping[str, pd.DataFrame], label_names: Sequence[str]
) -> TrainingData:
    """Put together what the folds of an evaluation are trained and tested on.

    clips: of `make_folds`. real: of `real_training_sets`. rendered: of `compose_training_set`, by
    fold, or under "all" for every fold that has none of its own. label_names: of the labels 0, 1, ...
    Raises InputError for a clip to train on that is none of `clips`.
    """
    names = dict(enumerate(label_names))
    pairs = pd.concat(rendered.values()).drop_duplicates(_PLACE).sort_values(_PLACE, ignore_index=True)
    pair_places = pd.MultiIndex.from_frame(pairs[_PLACE])
    folds = {}
    for fold in sorted(clips["fold"].unique()):
        samples = rendered[str(fold)] if str(fold) in rendered else rendered["all"]
        others = real[real["fold"] == fold]
        is_tested = (clips["fold"] == fold).to_numpy()
        parts = (
            (pair_places.get_indexer(pd.MultiIndex.from_frame(samples[_PLACE])), samples["label"]),
            (places_of(others, clips), others["label"]),
            (np.flatnonzero(is_tested), clips["label"][is_tested]),
        )
        rows = [
            pd.DataFrame({"use": use, "kind": kind, "number": numbers, "label": labels.to_numpy()})
            for (use, kind), (numbers, labels) in zip(_USES, parts, strict=True)
        ]
        folds[int(fold)] = pd.concat(rows, ignore_index=True).pipe(_named, names)
    return TrainingData(_named(clips.reset_index(drop=True), names), _named(pairs, names), folds)


def write(
    folder: str | Path, format_name: str, data: TrainingData, clip_pairs: np.ndarray, card: Card, readme: str
) -> None:
    """Write an evaluation to a folder, which is whole or absent.

    format_name: of `FORMATS`. clip_pairs: (N, 2, H, W, 3) uint8, of the rows of `data.clips`. card: of the variant that
    the pairs are of. A program finds clips.csv, pairs.csv, folds/<fold>.csv, and the images under clips and pairs:
    <number>/onset.png and apex.png, or an array (N, 2, H, W, 3) uint8 in a .npy file. One pair at a time is held in
    memory. README.md, CARD.md and SHA256SUMS come along; equal inputs give equal bytes.
    Raises InputError for another format.
    """
    if format_name not in FORMATS:
        raise InputError(f"training data: format is {format_name!r}; expected one of {', '.join(FORMATS)}")
    write_images = _write_pictures if format_name == "folder" else _write_array
    with whole_folder(folder) as part:
        write_images(part / "clips", iter(clip_pairs), clip_pairs.shape)
        frames = (sample[[0, -1]] for sample in read_frames(data.pairs))
        write_images(part / "pairs", frames, (len(data.pairs), *clip_pairs.shape[1:]))
        for name, table in (("clips", data.clips), ("pairs", data.pairs)):
            write_csv(table.rename_axis("number").reset_index(), part / f"{name}.csv")
        for fold, rows in data.folds.items():
            write_csv(rows, part / f"folds/{fold}.csv")
        write_text(readme, part / "README.md")
        write_text(card.markdown, part / "CARD.md")
        write_text(checksums(part), part / CHECKSUMS)


def describe(evaluation: str, variant: str, format_name: str, data: TrainingData, licences: Mapping[str, str]) -> str:
    """Return the README.md of an evaluation's training data. licences: of the datasets that its clips are of."""
    names = data.clips.groupby("label")["label_name"].first()
    labels = ", ".join(f"{label} {escape_markdown(name)}" for label, name in names.items())
    return _README.format(
        evaluation=escape_markdown(evaluation),
        key=evaluation,
        variant=escape_markdown(variant),
        labels=labels,
        images=_IMAGES[format_name],
        counts="".join(f"- fold {fold}: {_counts(rows)}\n" for fold, rows in data.folds.items()),
        datasets="".join(f"- {escape_markdown(name)}: {escape_markdown(terms)}\n" for name, terms in licences.items()),
    )


def _counts(rows: pd.DataFrame) -> str:
    numbers = rows.groupby(["use", "kind"]).size().reindex(_USES, fill_value=0)
    return "{} pairs and {} clips to train on, {} clips to test".format(*numbers)


def _named(table: pd.DataFrame, names: Mapping[int, str]) -> pd.DataFrame:
    return table.assign(label_name=table["label"].map(names))


def _write_pictures(folder: Path, pairs: Iterator[np.ndarray], shape: tuple[int, ...]) -> None:
    for number, pair in zip(range(shape[0]), pairs, strict=True):
        place = folder / f"{number:06}"
        place.mkdir(parents=True)
        for name, image in zip(_FRAMES, pair, strict=True):
            (place / f"{name}.png").write_bytes(as_png(image))


def _write_array(path: Path, pairs: Iterator[np.ndarray], shape: tuple[int, ...]) -> None:
    array = open_memmap(path.with_suffix(".npy"), "w+", np.uint8, shape)
    for number, pair in zip(range(shape[0]), pairs, strict=True):
        array[number] = pair
    array.flush()


_IMAGES = {
    "folder": """Image number 12 of the pairs is `pairs/000012/onset.png` and `pairs/000012/apex.png`, and so with
`clips`.

```python
import pandas as pd
from PIL import Image

fold = pd.read_csv("folds/0.csv", keep_default_na=False)
for row in fold[fold["use"] == "train"].itertuples():
    onset, apex = (Image.open(f"{row.kind}/{row.number:06}/{frame}.png") for frame in ("onset", "apex"))
```
""",
    "tensors": """`pairs.npy` and `clips.npy` are arrays `(N, 2, H, W, 3)` of `uint8`, RGB, onset first; `number` counts
from 0.

```python
import numpy as np
import pandas as pd

images = {name: np.load(f"{name}.npy", mmap_mode="r") for name in ("pairs", "clips")}
fold = pd.read_csv("folds/0.csv", keep_default_na=False)
for row in fold[fold["use"] == "train"].itertuples():
    onset, apex = images[row.kind][row.number]
```
""",
}
_README = """# {evaluation}, to be trained on {variant}

What a network needs that is trained by another program and tested on the clips of {evaluation}. A sample is an onset
and an apex. Labels are {labels}.

{counts}
- `folds/<fold>.csv`: what the networks of a fold are trained on (`use` is train) and tested on (test). `kind` says
  whether a row is one of the rendered pairs or of the real clips, `number` which one, `label` and `label_name` what it
  shows. A row that stands there twice counts twice.
- `clips.csv`: every real clip, with dataset, subject, clip, emotion, label, person, and the fold that tests it.
- `pairs.csv`: every rendered pair, with label, whose action units and whose face it has. `person` is who gave the
  action units, `face` who gave the face.
- `CARD.md`: where the pairs come from, how good they are, and what they must not be used for.
- `SHA256SUMS`: `sha256sum --check SHA256SUMS` names what is damaged or missing.

{images}
Train a network for each fold: it may see the pairs or clips that the fold trains on, or first these and then those.
Nobody whose clips a fold tests is among them, under whatever name. Choose the epoch, if you choose one, by people of
the training set, whom `person` and `face` name, and never by the clips to test. Give both frames of a pair the same
augmentation, or the network sees your augmentation in place of the expression. Loaders that take a folder whole, such
as `datasets.load_dataset`, know of no fold and would give the clips to be tested to train on.

The way back is a table with a row for every test clip of all folds, with `dataset`, `subject`, `clip` and `fold` as in
`clips.csv`, read as text (006 and not 6), and either `predicted`, the name of a label, or a column `score_<name>` for
each. In the config of the workflow, this puts it beside the others, where one file is one training:

```yaml
tables:
  mine:
    - {{row: my program, evaluation: {key}, predictions: mine/*.csv}}
```

The clips are those of these datasets, whose terms hold for them:

{datasets}"""
