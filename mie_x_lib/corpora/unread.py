"""What lies beside the clips of a dataset and is not read, and what is missing among their frames."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain, pairwise
from pathlib import Path

from mie_x_lib.corpora.frame_folder import (
    DECIMALS,
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    in_order,
    natural_key,
    numbered,
    plain_files,
)

# What systems leave in folders.
_IGNORED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
# What can be done with files of a kind, beside renaming them.
_ADVICE = {
    frozenset({".csv", ".tsv", ".xls", ".xlsx", ".ods"}): (
        "of tables, the one that is read is the CSV that options.table names, or clips.csv"
    ),
    frozenset({".heic", ".heif", ".avif", ".gif", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".jxl"}): (
        "convert pictures to .jpg or .png"
    ),
    frozenset({".mxf", ".insv", ".lrv", ".braw", ".r3d", ".rm", ".rmvb", ".swf", ".h264", ".264", ".hevc"}): (
        "convert videos to .mp4"
    ),
}
_MEDIA = IMAGE_SUFFIXES | VIDEO_SUFFIXES


def tell_unread(folders: Iterable[Path], read: Iterable[str | Path], root: Path) -> str | None:
    """One sentence that names by kind and number what lies in folders and was not read; None for nothing.

    The sentence also names folders of frames in whose numbers there are gaps, and those whose names are not alike.
    read: files and folders that were read, in whichever folders. Of a folder that was not read, the media in it are
    named; of one that is a clip, all but its frames.
    """
    known = {os.fspath(path) for path in read}
    plain_files_of = cache(plain_files)
    maybe_folders = (path for path in known if os.path.basename(path) not in plain_files_of(os.path.dirname(path)))
    clips = [path for path in maybe_folders if os.path.isdir(path)]
    # A folder in which something was read is not named itself: what lies beside that is.
    above = {os.fspath(parent) for path in {os.path.dirname(path) for path in known} for parent in _up_to(path, root)}
    passed = known | above
    entries = (entry for folder in folders for entry in _entries(folder) if entry.path not in passed)
    beside = {clip: _beside_frames(clip, known) for clip in clips}
    kinds: dict[str, list[str]] = {}
    for path in chain(_unread(entries), *beside.values()):
        kinds.setdefault(_kind(path), []).append(path)
    names = {clip: in_order([e.name for e in _entries(Path(clip))]) for clip in sorted(clips)}
    gaps = {clip: gap for clip in names if (gap := _gap(names[clip]))}
    odd = {clip: pair for clip in names if (pair := _odd_names(names[clip]))}
    remarks = (_unread_remark(kinds, beside, root), _gap_remark(gaps, root), _odd_names_remark(odd, root))
    sentences = list(filter(None, remarks))
    remark = f"{root}: {'; '.join(sentences)}"
    # A name need not be in UTF-8, and tables are.
    return remark.encode(errors="backslashreplace").decode() if sentences else None


def _unread_remark(kinds: dict[str, list[str]], beside: dict[str, list[str]], root: Path) -> str:
    """kinds: what was not read by its kind; beside: what of it lies beside the frames of each clip."""
    if not kinds:
        return ""
    counts = [f"{len(paths)} {kind} ({os.path.relpath(min(paths), root)})" for kind, paths in sorted(kinds.items())]
    advice = [text for group, text in _ADVICE.items() if group & kinds.keys()]
    if any(kind in _MEDIA for kind in kinds):
        advice.append(
            "files in folders, beside a table, and videos beside a picture of their name, as phones store moving"
            " photographs, are read where the table names them"
        )
    missed = [path for clip, paths in beside.items() for path in _in_place_of_frames(clip, paths)]
    if missed:
        advice.append(
            f"{len(missed)} of these ({os.path.relpath(min(missed), root)}) stand in the place of a frame, which is"
            " missing: what is counted as a frame behind one of them is the frame after; make images of them that are"
            " read, or count without them"
        )
    return "; ".join([f"not read: {', '.join(counts)}", *advice])


def _gap_remark(gaps: dict[str, tuple[str, str]], root: Path) -> str:
    if not gaps:
        return ""
    clip, (before, after) = next(iter(gaps.items()))
    return (
        f"frames are missing, by the numbers of their files, in {len(gaps)} {'clip' if len(gaps) == 1 else 'clips'},"
        f" {os.path.relpath(clip, root)} between {before} and {after}: what is counted as a frame behind a gap is a"
        " later one; complete the folder, or count without the missing frames"
    )


def _odd_names_remark(odd: dict[str, tuple[str, str]], root: Path) -> str:
    """odd: of each folder of frames two files whose names do not say which comes first."""
    if not odd:
        return ""
    clip, (one, other) = next(iter(odd.items()))
    return (
        f"frames are not named and numbered alike in {len(odd)} {'clip' if len(odd) == 1 else 'clips'},"
        f" {os.path.relpath(clip, root)} with {one} and {other}: they are put in order by their names, digits as whole"
        " numbers and other text by the alphabet; move what is no frame away, or rename the files"
    )


def _kind(path: str) -> str:
    return os.path.splitext(path)[1].lower() or "no suffix"


def _beside_frames(clip: str, known: set[str]) -> list[str]:
    """What lies in a folder of frames and is none."""
    return list(_unread(e for e in _entries(Path(clip)) if e.path not in known and _kind(e.name) not in IMAGE_SUFFIXES))


def _unread(entries: Iterable[os.DirEntry]) -> Iterator[str]:
    """What is named of entries that were not read: files themselves, and of folders the media in them."""
    for entry in entries:
        yield from _media(entry.path) if _is_folder(entry) else [entry.path]


def _in_place_of_frames(clip: str, paths: list[str]) -> list[str]:
    """Those files beside the frames of a clip whose number no frame has and comes before the last frame's."""
    if not paths:
        return []
    numbers: dict[str, set[tuple[int, ...]]] = {}
    for entry in _entries(Path(clip)):
        if _kind(entry.name) in IMAGE_SUFFIXES:
            words, number = numbered(entry.name)
            numbers.setdefault(words, set()).add(number)
    named = ((path, *numbered(os.path.basename(path))) for path in paths if os.path.dirname(path) == clip)
    return [
        path
        for path, words, number in named
        if words in numbers and number not in numbers[words] and number < max(numbers[words])
    ]


def _gap(names: list[str]) -> tuple[str, str] | None:
    """Of the names of a clip's files, in their order, those between which frames are missing first; None for no gap.

    Numbers go up by the same step, which need not be 1, and by some steps at once in a gap; others count something
    else, such as milliseconds. A file that is no frame counts: another remark names it.
    """
    rows: dict[tuple, dict[int, str]] = {}
    for name in names:
        words, numbers = numbered(name)
        if numbers:
            rows.setdefault((words, numbers[:-1]), {})[numbers[-1]] = name
    for row in rows.values():
        steps = Counter(after - before for before, after in pairwise(row))
        step = max(steps, key=lambda step: (steps[step], -step), default=1)
        if all(further % step == 0 for further in steps):
            for before, after in pairwise(row):
                if after - before > step:
                    return row[before], row[after]
    return None


def _odd_names(names: list[str]) -> tuple[str, str] | None:
    """Two frames of a clip that are not named alike: in other words, or with decimals of another length.

    names: of the files of the clip, in the order of `natural_key`. None too where no two frames are numbered alike.
    """
    series: dict[str, list[str]] = {}
    for name in (name for name in names if _kind(name) in IMAGE_SUFFIXES):
        series.setdefault(numbered(name)[0], []).append(name)
    longest = max(series.values(), key=len, default=[])
    if len(longest) < 2:
        return None
    others = [same for same in series.values() if same is not longest]
    if others:
        return longest[0], others[0][0]
    last = [numbers[-1] for _, numbers in map(numbered, longest) if numbers]
    # What counts without a gap is no decimals.
    if len(set(last)) == len(longest) and max(last) - min(last) == len(last) - 1:
        return None
    lengths = {len(decimals[-1]): name for name in reversed(longest) if (decimals := DECIMALS.findall(name))}
    if len(lengths) < 2:
        return None
    one, other, *_ = sorted(lengths.values(), key=natural_key)
    return one, other


def _up_to(path: str, root: Path) -> Iterator[Path]:
    yield Path(path)
    yield from (parent for parent in Path(path).parents if parent.is_relative_to(root))


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as entries:
            return [e for e in entries if not e.name.startswith(".") and e.name.lower() not in _IGNORED]
    except OSError:
        return []


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself.
        return False


def _media(folder: str) -> Iterator[str]:
    """The pictures, videos and what may be some in a folder and below; it may hold a million."""
    kinds = _MEDIA.union(*_ADVICE)
    for place, _, names in os.walk(folder):
        for name in names:
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in kinds:
                yield os.path.join(place, name)
