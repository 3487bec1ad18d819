"""Progress of long steps: a bar on the terminal, and lines in the log."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

_LOG_SECONDS, _TERMINAL_SECONDS, _WIDTH = 10.0, 0.5, 100
_now = time.monotonic


@dataclass(frozen=True)
class _Job:
    """Where a job of a workflow tells its progress, and what it calls itself on a terminal that others share."""

    terminal: TextIO
    name: str


_job: _Job | None = None


@contextmanager
def shown_on(terminal: TextIO, name: str) -> Iterator[None]:
    """Within the block tell progress as lines on stderr, which is a log, and as a bar on `terminal` if it is one."""
    global _job
    _job = _Job(terminal, name)
    try:
        yield
    finally:
        _job = None


def bar(items: Iterable[Item], what: str, unit: str, total: int | None = None) -> Iterator[Item]:
    """Iterate over `items` and tell how far it is, how fast it goes and how long it will take.

    what: the step, as in "rendering". unit: one item, as in "pair". total: number of items where `items` has no length;
    without either, neither share nor time left are told.
    """
    with counter(len(items) if total is None and isinstance(items, Sized) else total, what, unit) as count:
        for item in items:
            yield item
            count(1)


@contextmanager
def counter(total: int | None, what: str, unit: str, done: int = 0) -> Iterator[Callable[[int], object]]:
    """As `bar`, where there is no one loop: yields what to call with the number of items that were done since.

    done: items that an earlier attempt has done.
    """
    if _job is None:
        with tqdm(total=total, desc=what, unit=f" {unit}", initial=done) as plain:
            yield plain.update
        return
    with _alone_on(_job.terminal) as is_alone:
        progress = _Progress(_job, is_alone, total, what, unit, done)
        try:
            yield progress.add
        finally:
            progress.close()


class _Progress:
    """Counts items; draws the bar and writes the lines when it is time."""

    def __init__(self, job: _Job, draws: bool, total: int | None, what: str, unit: str, done: int):
        self.job, self.draws, self.total, self.what, self.unit = job, draws, total, what, unit
        self.initial = self.done = done
        self.started = self.logged = _now()
        self.drawn = -_TERMINAL_SECONDS

    def add(self, count: int) -> None:
        self.done += count
        now = _now()
        if now - self.logged >= _LOG_SECONDS and self.done != self.total:
            self.logged = now
            self._log(now)
        if self.draws and now - self.drawn >= _TERMINAL_SECONDS:
            self.drawn = now
            self._draw(now)

    def close(self) -> None:
        self._log(_now())
        if self.draws:
            self._write("\r\x1b[K")

    def _log(self, now: float) -> None:
        print(_line(self.what, self.unit, self.initial, self.done, self.total, now - self.started), file=sys.stderr)
        sys.stderr.flush()

    def _draw(self, now: float) -> None:
        columns = _columns(self.job.terminal) - 1
        meter = tqdm.format_meter(
            self.done,
            self.total,  # type: ignore[arg-type]  # the stubs know no bar without an end
            now - self.started,
            ncols=min(columns, _WIDTH),
            prefix=f"{self.job.name} {self.what}"[: columns // 3],
            unit=f" {self.unit}",
            initial=self.initial,
        )
        # At the right, with the cursor back at the left: a line that Snakemake writes meanwhile stays readable.
        self._write(f"\r\x1b[K{meter.rjust(columns)[:columns]}\r")

    def _write(self, text: str) -> None:
        self.job.terminal.write(text)
        self.job.terminal.flush()


def _line(what: str, unit: str, initial: int, done: int, total: int | None, seconds: float) -> str:
    """One line of the log: share, count, rate, and the time left or, at the end, the time taken."""
    units = unit + ("es" if unit.endswith("ch") else "s")
    count, rate = f"{done:,} {units}", (done - initial) / seconds if seconds else 0.0
    if total is not None:
        count = f"{100 * done / total if total else 100:.0f} %, {done:,} of {total:,} {units}"
    parts = [f"{what}: {count}"]
    if rate:
        parts.append(f"{rate:,.1f} {units}/s" if rate >= 1 else f"{1 / rate:,.1f} s/{unit}")
    if total is not None and rate and done < total:
        parts.append(f"{tqdm.format_interval((total - done) / rate)} left")
    elif total is None or done >= total:
        parts.append(f"{tqdm.format_interval(seconds)} taken")
    return ", ".join(parts)


@contextmanager
def _alone_on(terminal: TextIO) -> Iterator[bool]:
    """Whether this is the one job that draws on the terminal: bars of several would run into each other.

    The others have their log, and may draw when it is free. Where the file is no terminal, nobody draws.
    """
    try:
        if not terminal.isatty():
            raise OSError
        # A file description of its own: jobs inherit one from the shell, which a lock would not tell apart.
        own = os.open(os.ttyname(terminal.fileno()), os.O_WRONLY | os.O_NOCTTY)
    except OSError:
        yield False
        return
    try:
        yield _lock(own)
    finally:
        os.close(own)


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _columns(terminal: TextIO) -> int:
    try:
        return os.get_terminal_size(terminal.fileno()).columns or shutil.get_terminal_size().columns
    except OSError:
        return shutil.get_terminal_size().columns
