"""One module a dataset: its layout on disk -> the one clip table."""

import inspect
from importlib import import_module
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.clip_table import check_clips
from mie_x_lib.errors import InputError

LAYOUTS = {
    name: f"mie_x_lib.corpora.{name}"
    for name in ("casme2", "samm", "smic", "megc2019", "mmew", "ckplus", "oulu", "emotionnet", "celeba", "videos")
}


def list_clips(layout: str, root: str | Path, dataset: str, **options) -> pd.DataFrame:
    """List the clips of a dataset as a checked clip table (columns: `clip_table.COLUMNS`).

    layout: a key of `LAYOUTS`. root: the folder of the dataset; the paths of the table start with it.
    dataset: what the column `dataset` says. options: those of the layout's own `list_clips`.
    Raises InputError for an unknown layout or option, a missing folder, and whatever the layout does not understand.
    """
    if layout not in LAYOUTS:
        raise InputError(f"dataset {dataset}: layout {layout!r} is unknown; choose one of {', '.join(LAYOUTS)}")
    if not Path(root).is_dir():
        raise InputError(f"dataset {dataset}: root {root} is not a folder; set it to the folder of the dataset")
    adapter = import_module(LAYOUTS[layout]).list_clips
    allowed = list(inspect.signature(adapter).parameters)[2:]
    for option in options:
        if option not in allowed:
            known = ", ".join(allowed) or "no options"
            raise InputError(f"dataset {dataset}: layout {layout} knows no option {option!r}; it takes {known}")
    return check_clips(adapter(Path(root), dataset, **options), str(root))
