"""Files that are whole or absent."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

# Every column of the tables of this project that holds names and other text.
TEXT = (
    *("dataset", "subject", "clip", "identity", "emotion", "path", "role", "problem", "apex_from", "shard_path"),
    *("id_source", "id_sources", "id_dataset", "au_source", "au_sources", "au_dataset", "au_subject", "au_clip"),
    *("au_emotion", "person", "other_dataset", "other_subject", "why", "name", "label_name"),
    *("table", "row", "variant", "evaluation", "labels", "classifier", "regime", "chosen_by"),
    *("claim", "kind", "compared", "verdict", "first", "second", "published_note", "remark", "source", "measure"),
    *("au", "found", "trained_on", "result", "au_measured_by", "au_remark", "face", "use"),
)


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; when the block ends well it becomes `path`, else it is removed.

    The temporary name keeps the suffix of `path`, for writers that choose a format by it, and is no other process's, on
    whatever node of a cluster.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{socket.gethostname()}.{os.getpid()}.part{path.suffix}")
    try:
        yield part
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table without its index, whole or not at all."""
    with whole(path) as part:
        table.to_csv(part, index=False)


def write_text(text: str, path: str | Path) -> None:
    """Write a text as UTF-8, whole or not at all."""
    write_pieces([text], path)


def write_pieces(pieces: Iterable[str], path: str | Path) -> None:
    """Write a text as UTF-8, whole or not at all, without ever holding all of it in memory."""
    with whole(path) as part, open(part, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


def read_csv(path: str | Path, **options) -> pd.DataFrame:
    """Read a table: the columns of `TEXT` as text, whatever it looks like, others as the numbers that they hold.

    An empty cell is missing, and nothing else is: people are called `NA`, `null` and `None`, and `006` is not 6.
    """
    dtype = dict.fromkeys(TEXT, "string") | options.pop("dtype", {})
    return pd.read_csv(path, dtype=dtype, keep_default_na=False, na_values=[""], **options)
