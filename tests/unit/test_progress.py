import os
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mie_x_lib import progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes on when it is told to."""

    class Clock:
        time = 100.0

        def __call__(self):
            return self.time

    clock = Clock()
    monkeypatch.setattr(progress, "_now", clock)
    return clock


@pytest.fixture
def terminal():
    """A stream on a real terminal device, and what was written there."""
    inside, outside = os.openpty()
    with os.fdopen(outside, "w", encoding="utf-8") as stream:
        yield stream, inside
    os.close(inside)


def drawn(terminal):
    """What was written since the last call. A device hands it on in its own time, so a mark tells where it ends."""
    stream, inside = terminal
    stream.write("\0")
    stream.flush()
    found = b""
    while not found.endswith(b"\0"):
        found += os.read(inside, 1 << 16)
    return found.decode().removesuffix("\0")


def run(clock, stream, count, seconds, total=None, items=None):
    """Go through `count` items, each of which takes `seconds`."""
    with progress.shown_on(stream, "render_shard a/0"):
        for _ in progress.bar(items or range(count), "rendering", "pair", total):
            clock.time += seconds


def test_a_log_has_a_line_every_ten_seconds_and_one_at_the_end(clock, capsys, tmp_path):
    with open(tmp_path / "no terminal", "w+") as stream:
        run(clock, stream, 120, 0.25)
        stream.seek(0)
        assert stream.read() == ""
    found = capsys.readouterr().err
    assert found.splitlines() == [
        "rendering: 33 %, 40 of 120 pairs, 4.0 pairs/s, 00:20 left",
        "rendering: 67 %, 80 of 120 pairs, 4.0 pairs/s, 00:10 left",
        "rendering: 100 %, 120 of 120 pairs, 4.0 pairs/s, 00:30 taken",
    ]
    assert "\r" not in found


def test_slow_items_are_told_in_seconds_each(clock, capsys, tmp_path):
    with open(tmp_path / "no terminal", "w") as stream:
        run(clock, stream, 2, 3600)
    assert capsys.readouterr().err.startswith("rendering: 50 %, 1 of 2 pairs, 3,600.0 s/pair, 1:00:00 left\n")


def test_without_a_total_neither_share_nor_time_left_is_told(clock, capsys, tmp_path):
    with open(tmp_path / "no terminal", "w") as stream:
        run(clock, stream, 3, 2, items=iter(range(3)))
        assert capsys.readouterr().err == "rendering: 3 pairs, 2.0 s/pair, 00:06 taken\n"
        run(clock, stream, 3, 2, items=iter(range(3)), total=3)
        assert "100 %, 3 of 3 pairs" in capsys.readouterr().err


def test_batches_are_not_batchs():
    line = progress._line("rendering", "batch", 0, 4, 8, 1)
    assert line == "rendering: 50 %, 4 of 8 batches, 4.0 batches/s, 00:01 left"


def test_nothing_to_do_is_done(clock, capsys, tmp_path):
    with open(tmp_path / "no terminal", "w") as stream:
        run(clock, stream, 0, 1)
    assert capsys.readouterr().err == "rendering: 100 %, 0 of 0 pairs, 00:00 taken\n"


def test_a_step_that_goes_on_counts_what_was_done_but_not_in_its_rate(clock, capsys, tmp_path):
    with (
        open(tmp_path / "no terminal", "w") as stream,
        progress.shown_on(stream, "train"),
        progress.counter(1000, "training", "step", done=900) as count,
    ):
        clock.time += 10
        count(50)
    assert capsys.readouterr().err.splitlines()[0] == "training: 95 %, 950 of 1,000 steps, 5.0 steps/s, 00:10 left"


def test_a_fault_on_the_way_leaves_how_far_it_came(clock, capsys, tmp_path):
    def items():
        yield 1
        clock.time += 2
        yield 2
        raise RuntimeError

    with open(tmp_path / "no terminal", "w") as stream, pytest.raises(RuntimeError):
        run(clock, stream, 4, 1, total=4, items=items())
    assert capsys.readouterr().err == "rendering: 50 %, 2 of 4 pairs, 2.0 s/pair, 00:04 left\n"


def test_a_terminal_has_a_bar_that_is_gone_at_the_end(clock, terminal, capsys):
    stream, _ = terminal
    run(clock, stream, 40, 0.25)
    frames = drawn(terminal).split("\r\x1b[K")
    assert frames[0] == ""
    assert frames[-1] == ""
    # Not oftener than twice a second, at the right, the cursor back at the left.
    assert len(frames) - 2 == 20
    assert all(re.fullmatch(r" *render_shard a/0 rendering: .*pair/s\]\r", frame) for frame in frames[1:-1])
    assert len({len(frame) for frame in frames[1:-1]}) == 1
    assert "| 21/40 [00:05<00:04,  4.00 pair/s]" in frames[11]
    assert capsys.readouterr().err.count("\n") == 1


@given(columns=st.integers(20, 200), name=st.text("abc/", max_size=100))
def test_a_bar_never_fills_its_line(columns, name):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "_columns", lambda _: columns)
        written = []
        patch.setattr(progress._Progress, "_write", lambda _, text: written.append(text))
        shown = progress._Progress(progress._Job(sys.stderr, name), True, 10**6, "rendering", "pair", 0)
        shown._draw(shown.started + 5)
        assert len(written[0].removeprefix("\r\x1b[K").removesuffix("\r")) < columns


def test_one_job_at_a_time_draws(clock, terminal):
    stream, _ = terminal
    with progress.shown_on(stream, "first"), progress.counter(10, "training", "step"):
        with progress.counter(10, "training", "step") as second:
            clock.time += 1
            second(1)
        assert drawn(terminal) == ""
    drawn(terminal)
    with progress.shown_on(stream, "second"), progress.counter(10, "training", "step") as second:
        clock.time += 1
        second(1)
        assert "second training" in drawn(terminal)


def test_outside_a_workflow_it_is_a_bar_on_stderr(capsys):
    assert list(progress.bar("abc", "reading", "letter")) == ["a", "b", "c"]
    assert "reading: 100%" in capsys.readouterr().err
