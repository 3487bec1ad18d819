"""Which frames of a video, and which JPEG files, decode without a fault.

They are decoded in a process of its own: FFmpeg and libjpeg tell the faults of frames, which they patch as well as they
can, on standard output and standard error alone; and a file that makes them crash ends that process and not the run.
"""

import ctypes
import json
import os
import re
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
# Of other containers, the least share of their length that the frames have to reach: sound may go on without pictures.
LEAST_REACHED = 0.9
# FFmpeg's numbers for faults and everything worse, and for what decoders say of the size of a picture.
FAULT, DEBUG = 16, 48
_SAID = re.compile(rb"\[OPENCV:FFMPEG:(\d+)\] ?(.*)")
# What libjpeg says of a picture that it had to patch up. Bytes too many before the end are left by some cameras.
_PATCHED = re.compile(rb"(?:Corrupt JPEG data: (?!\d+ extraneous bytes before marker 0xd9)|Premature end of JPEG).*")
_SIZE = re.compile(rb"(?:sof0: picture: |Reinit context to )(\d+)x(\d+)")


class Soundness(NamedTuple):
    """frames: how many can be decoded; sound: those of them before the first fault; problem: what it is, or ""."""

    frames: int
    sound: int
    problem: str


def examine(paths: Iterable[str], threads: int = 1) -> dict[str, Soundness]:
    """The soundness of each video, each decoded once, `threads` at a time; one that cannot be opened has no frames."""
    return _examine_beside_each_other("videos", paths, threads)


def damaged_jpegs(paths: Iterable[str], threads: int = 1) -> dict[str, str]:
    """What the decoder complains of in those of the pictures that are JPEG files and damaged inside; read as `examine`.

    Huffman codes find their way back after some damage, so that not all of it is noticed.
    """
    found = _examine_beside_each_other("pictures", filter(_is_jpeg, paths), threads)
    return {path: soundness.problem for path, soundness in found.items() if soundness.problem}


def _is_jpeg(path: str) -> bool:
    # A pipe would be waited for.
    if not os.path.isfile(path):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(3) == b"\xff\xd8\xff"
    except (OSError, ValueError):
        return False


def _examine_beside_each_other(kind: str, paths: Iterable[str], threads: int) -> dict[str, Soundness]:
    waiting = list(dict.fromkeys(paths))
    threads = min(threads, len(waiting)) or 1
    with ThreadPoolExecutor(threads) as pool:
        parts = pool.map(partial(_examine_elsewhere, kind), (waiting[first::threads] for first in range(threads)))
    return {path: found for part in parts for path, found in part.items()}


def _examine_elsewhere(kind: str, waiting: list[str]) -> dict[str, Soundness]:
    found: dict[str, Soundness] = {}
    while waiting:
        settings = {"OPENCV_FFMPEG_LOGLEVEL": str(DEBUG), "OPENCV_FFMPEG_CAPTURE_OPTIONS": "threads;1"}
        process = subprocess.run(
            [sys.executable, "-P", __file__, kind],
            input=json.dumps(waiting),
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


def _soundness(path: str, log: IO[bytes]) -> Soundness:
    walk = _Walk(path, log)
    if not walk.count:
        return Soundness(0, 0, "no frame can be decoded; check that the file is a whole video")
    if walk.fault is not None:
        index, what = walk.fault
        lost = f" ({walk.count} of {walk.told} frames can be decoded)" if walk.is_short() else ""
        return Soundness(walk.count, index, f"frame {index} {what}{lost}")
    if walk.is_short() and not _is_trimmed(path, log, walk):
        return Soundness(walk.count, walk.count, f"cut off: {walk.count} of {walk.told} frames can be decoded")
    return Soundness(walk.count, walk.count, "")


def _of_picture(path: str, log: IO[bytes]) -> Soundness:
    _flushed(log)
    # All of it is read so, and little computed; whether it can be read at all is found out elsewhere.
    cv2.imread(path, cv2.IMREAD_REDUCED_GRAYSCALE_8)
    patched = _PATCHED.search(_flushed(log))
    return Soundness(1, 0, patched[0].decode(errors="replace").strip()) if patched else Soundness(1, 1, "")


def _is_trimmed(path: str, log: IO[bytes], walk: "_Walk") -> bool:
    """Whether the frames that are short are there, and cut away by an edit list, as phones do it."""
    before = os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"]
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = f"{before}|ignore_editlist;1"
    untrimmed = _Walk(path, log)
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = before
    return walk.is_counted and untrimmed.count >= walk.told


class _Walk:
    """A walk through a video. told: frames by its header; fault: the first frame with one, and which; else None."""

    def __init__(self, path: str, log: IO[bytes]):
        video = cv2.VideoCapture(path)
        self.count, self.fault, seconds, size = 0, None, 0.0, None
        self.is_counted = path.lower().endswith(COUNTING)
        # Opening decodes some frames too, and tells their faults; they are told again in their place.
        list(_said(log))
        while video.isOpened() and video.grab():
            for level, text in _said(log):
                found = _SIZE.search(text)
                if found and size not in (None, found.groups()):
                    self.fault = self.fault or (
                        self.count,
                        f"has {_by(found.groups())} pixels and those before {_by(size)}",
                    )
                size = found.groups() if found else size
                if level <= FAULT:
                    self.fault = self.fault or (self.count, f"is damaged ({text.decode(errors='replace').strip()})")
            self.count += 1
            seconds = max(seconds, video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        told = video.get(cv2.CAP_PROP_FRAME_COUNT)
        # Some containers give nonsense.
        self.told = int(told) if 0 < told < 1e9 else 0
        # Of what comes after the last frame.
        for level, text in _said(log):
            if level <= FAULT:
                self.fault = self.fault or (
                    max(self.count - 1, 0),
                    f"is damaged ({text.decode(errors='replace').strip()})",
                )
        rate = video.get(cv2.CAP_PROP_FPS)
        self.reached = (seconds * rate + 1) / self.told if self.told > 0 and rate > 0 else 1.0

    def is_short(self) -> bool:
        """Whether there are fewer frames than the header tells."""
        return self.count < self.told if self.is_counted else self.reached < LEAST_REACHED


def _by(size: Iterable[bytes]) -> str:
    return "x".join(number.decode() for number in size)


def _said(log: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Level and text of what FFmpeg said since the last time; it writes to standard output, by way of C."""
    for line in _flushed(log).splitlines():
        said = _SAID.match(line)
        if said:
            yield int(said[1]), said[2]


def _flushed(log: IO[bytes]) -> bytes:
    ctypes.CDLL(None).fflush(None)
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
            for path in json.load(sys.stdin):
                print(json.dumps(examined(path, reading)), file=answers, flush=True)


if __name__ == "__main__":
    _main()
