"""Curves of trainings as TensorBoard event files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from torch.utils.tensorboard import SummaryWriter


class Events:
    """What a training writes for TensorBoard; without a folder, nothing."""

    def __init__(self, writer: SummaryWriter | None):
        self._writer = writer

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Add a point to the curve of each name; `step` is an epoch or step, counted from 1."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
            # A training is watched while it runs; the writer would wait for two minutes.
            self._writer.flush()

    def image(self, step: int, name: str, image: np.ndarray) -> None:
        """Add a picture (H, W, 3) uint8 RGB."""
        if self._writer is not None:
            self._writer.add_image(name, image, step, dataformats="HWC")


@contextmanager
def event_files(folder: str | Path | None, done: int = 0) -> Iterator[Events]:
    """Yield what writes event files to `folder`, or writes nothing where that is None.

    done: steps of a training that goes on. What an earlier attempt wrote of later steps is not shown, and where nothing
    is done its event files are deleted, so that the curves are those of one training.
    """
    if folder is None:
        yield Events(None)
        return
    if not done:
        for old in Path(folder).glob("events.out.tfevents.*"):
            old.unlink()
    with SummaryWriter(str(folder), purge_step=done + 1 if done else None) as writer:
        yield Events(writer)
