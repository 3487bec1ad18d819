"""Which frames of a video, and which JPEG and TIFF files, decode without a fault.

They are decoded in a process of its own: FFmpeg, libjpeg and libtiff tell the faults of frames, which they patch as
well as they can, on standard output and standard error alone; and a file that makes them crash ends that process and
not the run.
"""

import ctypes
import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import cv2

# Containers whose header has the number of frames; of others it is a guess, from their length.
COUNTING = (".mp4", ".m4v", ".mov", ".3gp", ".avi")
# Of other containers, the least share of their length that the frames have to reach.
LEAST_REACHED = 0.9
# FFmpeg's numbers for faults and everything worse, and for what decoders say of the size of a picture.
FAULT, DEBUG = 16, 48
_SAID = re.compile(rb"^\[OPENCV:FFMPEG:(\d+)\] ?([^\r\n]*)", re.MULTILINE)
# What libjpeg and libtiff say of a picture that they had to patch up. Bytes too many before the end are left by some
# cameras.
_PATCHED = re.compile(
    rb"(?:Corrupt JPEG data: (?!\d+ extraneous bytes before marker 0xd9)|Premature end of JPEG|(?<=TIFF_Error )).*"
)
# How files begin of whose faults their decoders tell: JPEG, and TIFF in both orders of bytes.
_TELLING = (b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_SIZE = re.compile(rb"(?:sof0: picture: |Reinit context to )(\d+)x(\d+)")
# What FFmpeg says of Matroska files (.mkv, .webm), perhaps while it opens them alone.
_ENDS_EARLY = b"File ended prematurely"
# OpenCV from 4.13 on gives black or leftover pictures in place of these, and reports no fault.
_INTERLACED = b"Cannot convert interlaced"
# Where OpenCV reads what FFmpeg is asked for.
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
# Opened once, and not at each frame.
_libc = ctypes.CDLL(None)
_CONVERT = "which is not read; convert the video, for instance by ffmpeg -i VIDEO -vf bwdif -crf 15 NEW.mp4"


class Soundness(NamedTuple):
    """frames: how many can be decoded; sound: those of them before the first fault; problem: what it is, or ""."""

    frames: int
    sound: int
    problem: str


def examine(paths: Iterable[str], threads: int = 1) -> dict[str, Soundness]:
    """The soundness of each video, each decoded once, `threads` at a time; one that cannot be opened has no frames.

    Frames that OpenCV cannot turn into pictures, and those behind them, count as none.
    """
    return _examine_beside_each_other("videos", paths, threads)


def damaged_pictures(paths: Iterable[str], threads: int = 1) -> dict[str, str]:
    """What the decoder complains of in JPEG and TIFF files among the pictures, damaged inside; read as `examine`.

    Huffman codes find their way back after some damage, so that not all of it is noticed.
    """
    found = _examine_beside_each_other("pictures", filter(_is_told_of, paths), threads)
    return {path: soundness.problem for path, soundness in found.items() if soundness.problem}


def _is_told_of(path: str) -> bool:
    # A pipe would be waited for.
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(4).startswith(_TELLING)
    except (OSError, ValueError):
        return False


def _examine_beside_each_other(kind: str, paths: Iterable[str], threads: int) -> dict[str, Soundness]:
    waiting = list(dict.fromkeys(paths))
    threads = min(threads, len(waiting)) or 1
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(partial(_examine_elsewhere, kind), (waiting[first::threads] for first in range(threads)))
    return {path: found for part in parts for path, found in part.items()}


def _examine_elsewhere(kind: str, waiting: list[str]) -> dict[str, Soundness]:
    # Inside, because the process that this one starts has no use for it.
    from mie_x_lib.corpora.wholeness import CUT_OFF, fault_of

    found: dict[str, Soundness] = {}
    while waiting:
        questions = [(path, kind == "videos" and fault_of(path) == CUT_OFF) for path in waiting]
        settings = {
            "OPENCV_FFMPEG_LOGLEVEL": str(DEBUG),
            _OPTIONS: "",
            # NumPy multiplies nothing there, and starting its threads takes a quarter of the time of the start.
            "OPENBLAS_NUM_THREADS": "1",
        }
        process = subprocess.run(
            [sys.executable, "-P", __file__, kind],
            input=json.dumps(questions),
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | settings,
        )
        lines = process.stdout.splitlines()
        for path, line in zip(waiting, lines, strict=False):
            found[path] = Soundness(*json.loads(line))
        waiting = waiting[len(lines) :]
        if waiting:
            found[waiting.pop(0)] = Soundness(0, 0, "the decoder crashes on it")
    return found


def _soundness(path: str, is_cut_off: bool, log: IO[bytes]) -> Soundness:
    """is_cut_off: whether the file is shorter than its container says."""
    walk = _Walk(path, log)
    if walk.is_interlaced:
        return Soundness(walk.count, walk.count, f"frame {walk.count} is interlaced, {_CONVERT}")
    if not walk.count:
        return Soundness(0, 0, "no frame can be decoded; check that the file is a whole video")
    is_short = walk.count < walk.by_header and not _is_trimmed(path, log, walk)
    lost = f"{walk.count} of {walk.by_header} frames can be decoded"
    if walk.fault is not None:
        index, what = walk.fault
        return Soundness(walk.count, index, f"frame {index} {what}{f' ({lost})' if is_short else ''}")
    if is_cut_off or walk.ends_early:
        # Of the last frame a part may be missing.
        return Soundness(walk.count, walk.count - 1, f"cut off{f': {lost}' if is_short else ''}")
    if is_short:
        return Soundness(walk.count, 0, f"{lost}, and nothing tells where others are missing")
    if walk.reached < LEAST_REACHED * walk.length:
        end = f"pictures end after {walk.reached:.1f} of {walk.length:.1f} seconds"
        return Soundness(walk.count, walk.count, f"{end}: it is cut off, or sound alone goes on")
    return Soundness(walk.count, walk.count, "")


def _of_picture(path: str, _is_cut_off: bool, log: IO[bytes]) -> Soundness:
    _flushed(log)
    # All of it is read so, and little computed; whether it can be read at all is found out elsewhere.
    cv2.imread(path, cv2.IMREAD_REDUCED_GRAYSCALE_8)
    patched = _PATCHED.search(_flushed(log))
    return Soundness(1, 0, patched[0].decode(errors="replace").strip()) if patched else Soundness(1, 1, "")


def _is_trimmed(path: str, log: IO[bytes], walk: "_Walk") -> bool:
    """Whether the frames that are short are there, and cut away by an edit list, as phones do it."""
    os.environ[_OPTIONS] = "ignore_editlist;1"
    untrimmed = _Walk(path, log)
    os.environ[_OPTIONS] = ""
    return untrimmed.count >= walk.by_header


class _Walk:
    """A walk through a video.

    count: frames that become pictures. by_header: frames by its header, 0 where that has no number of them. reached,
    length: seconds of the frames and by the header, 0 where that has a number of frames. fault: the first frame with
    one, and which; else None. ends_early: whether the file does. is_interlaced: whether the frame behind the counted
    ones is.
    """

    def __init__(self, path: str, log: IO[bytes]):
        video = _open(path)
        self.count, self.is_interlaced = 0, False
        self.fault: tuple[int, str] | None = None
        self.reached = self.length = 0.0
        size = picture = None
        # Opening decodes some frames too, and tells their faults; they are told again in their place.
        self.ends_early = any(_ENDS_EARLY in text for _, text in _said(log))
        while video.isOpened() and video.grab():
            _, picture = video.retrieve(picture)
            if picture is None:
                self._note(self.count, _damaged(b"no picture comes of it"))
            for level, text in _said(log):
                if _INTERLACED in text:
                    self.is_interlaced = True
                    return
                found = _SIZE.search(text)
                if found and size not in (None, found.groups()):
                    self._note(self.count, f"has {_by(found.groups())} pixels and those before {_by(size)}")
                size = found.groups() if found else size
                if level <= FAULT:
                    self._note(self.count, _damaged(text))
            self.count += 1
            self.reached = max(self.reached, video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        # Of what comes after the last frame.
        for level, text in _said(log):
            if level <= FAULT:
                self._note(max(self.count - 1, 0), _damaged(text))
        claimed, rate = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
        # Some containers give nonsense.
        claimed = int(claimed) if 0 < claimed < 1e9 else 0
        is_counted = path.lower().endswith(COUNTING)
        self.by_header = claimed - _empty_frames(path) if claimed and is_counted else 0
        if rate > 0 and not is_counted:
            self.reached, self.length = self.reached + 1 / rate, claimed / rate

    def _note(self, frame: int, what: str) -> None:
        self.fault = self.fault or (frame, what)


def _open(path: str) -> cv2.VideoCapture:
    # Several threads decode frames ahead of the one that is asked for, and tell the faults of these too early.
    video = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    return video if video.isOpened() else cv2.VideoCapture(path)


def _damaged(text: bytes) -> str:
    return f"is damaged ({text.decode(errors='replace').strip()})"


def _empty_frames(path: str) -> int:
    """How many frames of an AVI file have no bytes, as of a camera that dropped some, or where sound begins before."""
    if not path.lower().endswith(".avi"):
        return 0
    count = 0
    with open(path, "rb") as file:
        # Where zeros follow, as of a copy that was stopped, there are no parts any more.
        while len(header := file.read(8)) == 8 and any(header):
            kind, length = struct.unpack("<4sI", header)
            count += length == 0 and kind[2:] in (b"dc", b"db")
            # The parts of a list follow its name.
            file.seek(4 if kind in (b"RIFF", b"LIST") else length + length % 2, os.SEEK_CUR)
    return count


def _by(size: Iterable[bytes]) -> str:
    return "x".join(number.decode() for number in size)


def _said(log: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Level and text of what FFmpeg said since the last time; it writes to standard output, by way of C."""
    for level, text in _SAID.findall(_flushed(log)):
        yield int(level), text


def _flushed(log: IO[bytes]) -> bytes:
    _libc.fflush(None)
    return log.read()


def _main() -> None:
    """Answer a list of paths on standard input by a line each on standard output."""
    examined = {"videos": _soundness, "pictures": _of_picture}[sys.argv[1]]
    answers = os.fdopen(os.dup(1), "w")
    with TemporaryFile() as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        # At a place of its own in the file.
        with open(f"/proc/self/fd/{log.fileno()}", "rb", buffering=0) as reading:
            for path, is_cut_off in json.load(sys.stdin):
                print(json.dumps(examined(path, is_cut_off, reading)), file=answers, flush=True)


if __name__ == "__main__":
    _main()
