"""Datasets as they lie on disk -> the one clip table; one module a layout in `layouts`."""

import inspect
import os
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

import pandas as pd

from mie_x_lib import plugins
from mie_x_lib.corpora.clip_table import is_listed, listed_clips
from mie_x_lib.corpora.frame_folder import frame_links, plain_files
from mie_x_lib.corpora.unread import tell_unread
from mie_x_lib.errors import InputError

_PACKAGE = f"{__name__}.layouts"


def find_clips(layout: str, root: str | Path, dataset: str, outside_root: bool = False, **options) -> pd.DataFrame:
    """Find everything that lies in a dataset's folder, unchecked, with what is to be said of it (`make_clips`).

    layout: a module of `layouts`. root: the folder of the dataset; the paths of the table start with it.
    dataset: what the column `dataset` says. outside_root: whether links may lead out of the root; otherwise a clip to
    which one does has a `fault`. options: those of the layout's own `list_clips`. No frame is decoded.
    Raises InputError for an unknown layout or option, a missing folder, and a root that holds something else.
    """
    found, adapter = clips_of_layout(layout, root, dataset, **options), _adapter(layout, dataset, options)
    if not outside_root:
        roots = [root, *(options[name] for name in getattr(adapter, "ROOTS", ()) if options.get(name))]
        found = _with_those_outside(found, roots, dataset)
    found = _with_unread(found, adapter, Path(root), options)
    return _with_nameless(found, root) if hasattr(adapter, "published") else found


def clips_of_layout(layout: str, root: str | Path, dataset: str, **options) -> pd.DataFrame:
    """As `find_clips`, with no look at where links lead and at what lies beside the clips: of two hundred
    thousand photographs that takes as long as to list them.
    """
    adapter = _adapter(layout, dataset, options)
    if not os.path.isdir(root):
        raise InputError(
            f"dataset {dataset}: root {root} is not a folder; set it to the folder of the dataset, written out "
            "without ~ and $"
        )
    return adapter.list_clips(Path(root), dataset, **options)


def list_clips(
    layout: str,
    root: str | Path,
    dataset: str,
    tell: Callable[[str], None] = lambda line: None,
    outside_root: bool = False,
    **options,
) -> pd.DataFrame:
    """List the clips of a dataset as a checked clip table (columns: `clip_table.COLUMNS`); arguments of `find_clips`.

    tell: gets a line for each clip that is taken otherwise than annotated. Raises InputError as `find_clips` does, and
    with one line for each clip that cannot be listed, all at once.
    """
    found = find_clips(layout, root, dataset, outside_root, **options)
    clips = listed_clips(found, str(root))
    for remark in found["remark"].dropna():
        tell(f"Warning: {remark}")
    return clips


def _with_those_outside(found: pd.DataFrame, roots: Iterable[str | Path], dataset: str) -> pd.DataFrame:
    """The table of what was found, with a fault where the files of a clip lie outside of the roots."""
    whole = [os.path.realpath(root) for root in roots]
    inside = cache(lambda path: any(path == root or path.startswith(root.rstrip("/") + "/") for root in whole))
    real_folder, plain_files_of = cache(os.path.realpath), cache(plain_files)

    @cache
    def leading_out(path: str) -> str | None:
        """Where a path leads if that is outside; of a folder its files count."""
        folder, name = os.path.split(path)
        # Of two hundred thousand photographs in a folder, none is looked at by itself.
        if name in plain_files_of(folder) and inside(real_folder(folder)):
            return None
        real = os.path.realpath(path) if os.path.islink(path) else os.path.join(real_folder(folder), name)
        if not inside(real):
            return real
        links = frame_links(path) if os.path.isdir(path) else []
        return next((real for real in map(os.path.realpath, links) if not inside(real)), None)

    faults = [
        f"{path if pd.isna(where) else where}: {path} leads out of the root, to {real}; put the file there, or set "
        f"datasets.{dataset}.outside_root to true"
        if (real := None if pd.isna(path) else leading_out(path)) is not None
        else None
        for where, path in zip(found["where"].to_numpy(), found["path"].to_numpy(), strict=True)
    ]
    return found.assign(fault=found["fault"].fillna(pd.Series(faults, found.index, dtype="string")))


def _with_unread(found: pd.DataFrame, adapter: ModuleType, root: Path, options: dict) -> pd.DataFrame:
    """The table of what was found, with a remark on what lies beside it and is not read, and on missing frames.

    Of a layout that takes a part of other datasets, only the folders of its clips are looked into: beside them lie the
    clips that it does not take.
    """
    paths = list(dict.fromkeys(found["path"].dropna().to_numpy()))
    takes_a_part = getattr(adapter, "TAKES_A_PART", False)
    # Many photographs lie in few folders.
    above = {os.path.dirname(path) for path in paths}
    folders = set() if takes_a_part else {Path(folder) for folder in above} or {root}
    tables = [root / options.get("table", adapter.TABLE)] if hasattr(adapter, "TABLE") else []
    if tables:
        folders.add(root)
    remark = tell_unread(sorted(folders), [*paths, *tables], root)
    return found if remark is None else _with_remark(found, remark)


def _with_nameless(found: pd.DataFrame, root: str | Path) -> pd.DataFrame:
    """The table of what was found, with a remark on the clips to which a row of a published table gives no emotion."""
    rows = found.loc[is_listed(found) & (found["emotion"] == "") & found["where"].notna(), "where"]
    if rows.empty:
        return found
    what = "1 clip has no emotion" if len(rows) == 1 else f"{len(rows)} clips have no emotion"
    return _with_remark(
        found, f"{root}: {what} ({rows.iloc[0]}) and count in no class; fill the cells if that is wrong"
    )


def _with_remark(found: pd.DataFrame, remark: str) -> pd.DataFrame:
    """The table of what was found, with a remark that is not on one clip."""
    note = pd.DataFrame([{"left_out": "not read", "remark": remark}], columns=found.columns).astype(found.dtypes)
    return pd.concat([found, note], ignore_index=True)


def annotation_files(layout: str, root: str | Path, dataset: str, **options) -> list[str]:
    """The files of a dataset that say who and what is on its pictures and videos, as the layout reads them, sorted.

    Arguments are those of `find_clips`. Of a root that holds something else, which `find_clips` tells, there are none.
    """
    try:
        annotations = getattr(_adapter(layout, dataset, options), "annotations", None)
        found = annotations(Path(root), **options) if annotations else []
    except InputError:
        return []
    # What an editor leaves beside an open table is a link to nothing.
    return sorted(filter(os.path.isfile, map(str, found)))


def published_counts(layout: str, dataset: str, **options) -> dict[str, int]:
    """What the authors of a dataset say that there is, as far as they do; keys as of `inventory.count`."""
    published = getattr(_adapter(layout, dataset, options), "published", None)
    return published(**options) if published else {}


def _adapter(layout: str, dataset: str, options: dict) -> ModuleType:
    adapter = plugins.load(_PACKAGE, layout, f"dataset {dataset}: layout")
    allowed = list(inspect.signature(adapter.list_clips).parameters)[2:]
    for option in options:
        if option not in allowed:
            known = ", ".join(allowed) or "no options"
            raise InputError(f"dataset {dataset}: layout {layout} knows no option {option!r}; it takes {known}")
    return adapter
