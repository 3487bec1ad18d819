"""Pictures and videos that are empty, cut off, or something else under their name, found without decoding them."""

import os
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, NamedTuple

from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, frame_names
from mie_x_lib.errors import InputError

# Bytes looked at, at the beginning and at the end; more is read only where these do not tell.
_LOOK = 64
EMPTY, CUT_OFF, UNREADABLE = "empty", "cut off", "not to be read"
NO_PICTURE, NO_INDEX = "no picture", "without the index that is written last"


def fault_of(path: str | Path) -> str | None:
    """What is wrong with a picture or video, as far as its beginning and end tell; None for nothing.

    Unknown formats of videos are not judged.
    """
    # A pipe would be waited for.
    if not os.path.isfile(path):
        return UNREADABLE
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(_LOOK)
            file.seek(max(size - _LOOK, 0))
            look = _Look(head, file.read(_LOOK), size, lambda: _read_all(file))
            fault = _fault(look, lambda: _box_fault(file, size))
    except (OSError, ValueError):
        return UNREADABLE
    is_picture = os.path.splitext(path)[1].lower() in IMAGE_SUFFIXES
    if fault is None and is_picture and not head.startswith(tuple(_PICTURES)):
        return NO_PICTURE
    return fault


def is_cut_off(picture: bytes) -> bool:
    """Whether a picture, given as the bytes of its file, ends too early; decoders fill the rest with grey."""
    look = _Look(picture[:_LOOK], picture[-_LOOK:], len(picture), lambda: picture)
    return _fault(look, lambda: None) == CUT_OFF


def tell_faults(paths: Iterable[str | Path]) -> str | None:
    """One sentence that counts the files that cannot be used, by their fault; None for none. A folder is its frames."""
    faults: dict[str, list[str]] = {}
    count = 0
    for path in dict.fromkeys(os.fspath(path) for path in paths):
        for file in _files(path):
            count += 1
            fault = fault_of(file)
            if fault:
                faults.setdefault(fault, []).append(os.path.normpath(file))
    if not faults:
        return None
    number = sum(map(len, faults.values()))
    counts = ", ".join(f"{len(files)} {fault} ({files[0]})" for fault, files in sorted(faults.items()))
    return f"{number} of {count} files cannot be used, and what needs them is left out: {counts}"


def _files(path: str) -> list[str]:
    try:
        return [os.path.join(path, name) for name in frame_names(path)] if os.path.isdir(path) else [path]
    except (InputError, OSError):
        # It is a fault of its own.
        return []


class _Look(NamedTuple):
    """What is looked at of a file: its first and last bytes, its size in bytes and, where these do not tell, all."""

    head: bytes
    tail: bytes
    size: int
    read_all: Callable[[], bytes]


def _fault(look: _Look, box_fault: Callable[[], str | None]) -> str | None:
    """box_fault: as `_box_fault`, of the file of this look."""
    if not look.size:
        return EMPTY
    if look.head[4:8] == b"ftyp":
        return box_fault()
    for begin, is_whole in (_PICTURES | _VIDEOS).items():
        if look.head.startswith(begin):
            return None if is_whole(look) else CUT_OFF
    return None


def _is_whole_jpeg(look: _Look) -> bool:
    """Whether the end of the picture is there; phones append videos and more."""
    if b"\xff\xd9" in look.tail:
        return True
    data, place = look.read_all(), 2
    # The picture begins behind all segments, of which one may hold another, small picture.
    while data[place : place + 1] == b"\xff" and data[place + 1 : place + 2] != b"\xda" and place + 4 <= len(data):
        place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return data.find(b"\xff\xd9", place) > place


def _is_whole_png(look: _Look) -> bool:
    return b"IEND" in look.tail or b"IEND" in look.read_all()


def _is_whole_bmp(look: _Look) -> bool:
    return len(look.head) >= 54 and struct.unpack("<I", look.head[2:6])[0] <= look.size


def _is_whole_riff(look: _Look) -> bool:
    """AVI and WebP; what is not known yet while an AVI is recorded is 0, and not all who write one count alike."""
    before = 0 if look.head[8:12] == b"AVI " else 8
    return len(look.head) >= 12 and struct.unpack("<I", look.head[4:8])[0] + before <= look.size


def _is_whole_tiff(look: _Look) -> bool:
    order = "<I" if look.head[:2] == b"II" else ">I"
    return len(look.head) >= 8 and struct.unpack(order, look.head[4:8])[0] < look.size


def _is_whole_ogg(look: _Look) -> bool:
    """Whether the last page is the last of its stream."""
    page = look.read_all().rpartition(b"OggS")[2]
    return len(page) > 1 and bool(page[1] & 4)


_PICTURES = {
    b"\xff\xd8": _is_whole_jpeg,
    b"\x89PNG": _is_whole_png,
    b"BM": _is_whole_bmp,
    b"RIFF": _is_whole_riff,
    b"II*\0": _is_whole_tiff,
    b"MM\0*": _is_whole_tiff,
}
_VIDEOS = {b"OggS": _is_whole_ogg}


def _read_all(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _box_fault(file: IO[bytes], size: int) -> str | None:
    """What is wrong with the boxes of an MP4 or MOV file."""
    place, has_index = 0, False
    while place + 8 <= size:
        file.seek(place)
        header = file.read(16)
        length, kind = struct.unpack(">I4s", header[:8])
        if length == 1 and len(header) == 16:
            (length,) = struct.unpack(">Q", header[8:])
        has_index |= kind == b"moov"
        # Of length 0 is a box that goes to the end.
        if length == 0:
            break
        if length < 8 or place + length > size:
            return CUT_OFF
        place += length
    return None if has_index else NO_INDEX
