"""Bytes, and pairs a second written and read, of shards and of other ways to store the same pairs, within one run.

    .venv/bin/python -m benchmarks.shards                       # drawn pairs of the default run, and noise
    .venv/bin/python -m benchmarks.shards --real face.mp4 ...   # and pairs of neighbouring frames of these videos

Every way but the last keeps a checksum of each frame that is looked at on reading, and can be read by h5py alone. Pairs
are written one after the other, to the disk and not to its cache alone, and read in random order as a training wants
them, one at a time but where it is said. "row by row" is what `h5py.Dataset.write_direct` and `read_direct` do, with
Fletcher-32; "chunks in threads" compresses and decompresses in as many threads as there are cores, around HDF5's own
filters. Python's zlib is one deflate; `isal` and `zlib_ng`, which the project does not need, are measured where they
are installed. The memory map has no checksums: it is the ceiling.

Every round does all ways one after the other; a ratio is that of one round to "gzip 4, row by row", and the table has
medians, with the least and the most of the rounds.
"""

import argparse
import importlib
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import h5py
import numpy as np
import pandas as pd

from benchmarks.rounds import against, rates, spread
from mie_x_lib import shards
from mie_x_lib.files import whole

FIRST = "gzip 4, row by row"
PIPELINES: dict[str, dict] = {
    FIRST: {"compression": "gzip"},
    "gzip 1, row by row": {"compression": "gzip", "compression_opts": 1},
    "gzip 4 and shuffle, row by row": {"compression": "gzip", "shuffle": True},
    "lzf, row by row": {"compression": "lzf"},
    "uncompressed, row by row": {},
}


@dataclass
class Way:
    """How pairs are stored: `write(path, pairs)`, and `read(path, order)`, which gives (n, 2, H, W, 3) at a time."""

    write: Callable[[Path, np.ndarray], None]
    read: Callable[[Path, np.ndarray], Iterator[np.ndarray]]


def write_ours(path: Path, pairs: np.ndarray) -> None:
    shards.write_images(path, pairs, pd.DataFrame({"number": np.arange(len(pairs))}), {})


def read_ours(path: Path, order: np.ndarray, at_once: int = 1) -> Iterator[np.ndarray]:
    reader = shards.ImageReader()
    for start in range(0, len(order), at_once):
        yield reader.read(str(path), order[start : start + at_once])
    reader.close()


def created(file: h5py.File, pairs: np.ndarray, **filters) -> h5py.Dataset:
    chunk = (1, 1, *pairs.shape[2:])
    return file.create_dataset("images", pairs.shape, np.uint8, chunks=chunk, fletcher32=True, **filters)


def row_by_row(**filters) -> Way:
    """HDF5's own filters."""

    def write(path: Path, pairs: np.ndarray) -> None:
        with h5py.File(path, "w", libver="latest", rdcc_nbytes=0) as file:
            stored = created(file, pairs, **filters)
            for row, pair in enumerate(pairs):
                stored.write_direct(pair, dest_sel=np.s_[row])

    return Way(write, read_row_by_row)


def read_row_by_row(path: Path, order: np.ndarray) -> Iterator[np.ndarray]:
    with h5py.File(path, locking=False) as file:
        stored = file["images"]
        for row in order:
            read = np.empty((1, *stored.shape[1:]), np.uint8)
            stored.read_direct(read, np.s_[row], np.s_[0])
            yield read


def fletcher32(content: bytes) -> bytes:
    """The checksum that HDF5's filter puts behind a chunk."""
    words = np.frombuffer(content + bytes(len(content) % 2), ">u2").astype(np.float64)
    sums = int(words.sum()), int((words * np.arange(len(words), 0, -1, dtype=np.float64)).sum())
    # Sums that wrap around at 65535, and are 0 only where all is.
    low, high = ((total - 1) % 65535 + 1 if total else 0 for total in sums)
    return (high << 16 | low).to_bytes(4, "little")


def in_threads(compress: Callable[[bytes], bytes], decompress: Callable[[bytes], bytes]) -> Way:
    """Deflate outside of HDF5, in threads; a chunk is then written and read as it lies in the file."""

    def packed(frame: np.ndarray) -> bytes:
        content = compress(frame.tobytes())
        return content + fletcher32(content)

    def unpacked(chunk: bytes) -> bytes:
        if fletcher32(chunk[:-4]) != chunk[-4:]:
            raise ValueError("a chunk does not match its checksum")
        return decompress(chunk[:-4])

    def write(path: Path, pairs: np.ndarray) -> None:
        with h5py.File(path, "w", libver="latest") as file, ThreadPoolExecutor(os.cpu_count()) as pool:
            stored = created(file, pairs, compression="gzip")
            places = np.ndindex(pairs.shape[:2])
            frames = pairs.reshape(-1, *pairs.shape[2:])
            for place, chunk in zip(places, pool.map(packed, frames), strict=True):
                stored.id.write_direct_chunk((*place, 0, 0, 0), chunk)

    def read(path: Path, order: np.ndarray) -> Iterator[np.ndarray]:
        with h5py.File(path, locking=False) as file, ThreadPoolExecutor(os.cpu_count()) as pool:
            stored = file["images"]
            count = stored.shape[1]
            chunks = (
                bytes(stored.id.read_direct_chunk((row, frame, 0, 0, 0))[1]) for row in order for frame in range(count)
            )
            for pair in zip(*[pool.map(unpacked, chunks)] * count, strict=True):
                yield np.frombuffer(b"".join(pair), np.uint8).reshape(1, *stored.shape[1:])

    return Way(write, read)


def write_map(path: Path, pairs: np.ndarray) -> None:
    np.save(path, pairs)


def read_map(path: Path, order: np.ndarray) -> Iterator[np.ndarray]:
    stored = np.load(path, mmap_mode="r")
    for row in order:
        yield np.array(stored[row])[None]


def deflates() -> dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]]:
    """Programs that compress and decompress as zlib does, by name."""
    found = {"zlib": (lambda content: zlib.compress(content, 1), zlib.decompress)}
    for package, module in (("isal", "isal.isal_zlib"), ("zlib_ng", "zlib_ng.zlib_ng")):
        if importlib.util.find_spec(package):
            other = importlib.import_module(module)
            found[package] = (lambda content, other=other: other.compress(content, 1), other.decompress)
    return found


WAYS: dict[str, Way] = (
    {
        "shards of this version": Way(write_ours, read_ours),
        "the same, 32 at a time": Way(write_ours, partial(read_ours, at_once=32)),
    }
    | {name: row_by_row(**filters) for name, filters in PIPELINES.items()}
    | {f"{name} 1, chunks in threads": in_threads(*both) for name, both in deflates().items()}
    | {"a memory map, without checksums": Way(write_map, read_map)}
)


def drawn_pairs(count: int) -> np.ndarray:
    """Pairs of the default run."""
    path = Path("results/renders/emotionnet/compmie/0.h5")
    if not path.exists():
        raise SystemExit(f"{path} is missing: make the default run first (README.md), and start this in the root")
    return shards.read_images(path, range(min(count, shards.image_shape(path)[0])))


def real_pairs(videos: list[str], count: int, size: int) -> np.ndarray:
    """Neighbouring frames of videos as pairs: the square in their middle, two thirds of their height."""
    frames: list[np.ndarray] = []
    for path in videos:
        video = cv2.VideoCapture(path)
        while len(frames) < 2 * count and (read := video.read())[0]:
            height, width = read[1].shape[:2]
            side = height * 2 // 3
            top, left = (height - side) // 2, (width - side) // 2
            face = cv2.resize(read[1][top : top + side, left : left + side], (size, size), interpolation=cv2.INTER_AREA)
            frames.append(face[..., ::-1])
    pairs = len(frames) // 2
    if not pairs:
        raise SystemExit(f"no frame could be read of {', '.join(videos)}")
    return np.stack(frames[: 2 * pairs]).reshape(pairs, 2, size, size, 3)


def measure(pairs: np.ndarray, rounds: int) -> pd.DataFrame:
    """One row a way: bytes as a share of those of the pixels, and MB a second written and read, with their ratios."""
    megabytes, order = pairs.nbytes / 1e6, np.random.default_rng(0).permutation(len(pairs))
    with tempfile.TemporaryDirectory() as made:
        paths = {name: Path(made, f"{number}.npy") for number, name in enumerate(WAYS)}

        def writing(name: str) -> float:
            with whole(paths[name]) as part:
                WAYS[name].write(part, pairs)
            return megabytes

        def reading(name: str) -> float:
            for _ in WAYS[name].read(paths[name], order):
                pass
            return megabytes

        written = rates({name: lambda name=name: writing(name) for name in WAYS}, rounds)
        for name, way in WAYS.items():
            for read in (way.read, way.read if way.read is read_map else read_row_by_row):
                if not (np.concatenate(list(read(paths[name], order))) == pairs[order]).all():
                    raise AssertionError(f"{name}: what was read is not what was written")
        found = rates({name: lambda name=name: reading(name) for name in WAYS}, rounds)
        sizes = {name: path.stat().st_size / pairs.nbytes for name, path in paths.items()}
    gains = [{name: f"{ratio:.2f}" for name, ratio in against(of, FIRST).items()} for of in (written, found)]
    return pd.DataFrame(
        {
            "way": list(WAYS),
            "bytes": [f"{sizes[name]:.2f}" for name in WAYS],
            "written, MB/s": [spread(written[name]) for name in WAYS],
            "ratio": [gains[0][name] for name in WAYS],
            "read, MB/s": [spread(found[name]) for name in WAYS],
            "ratio ": [gains[1][name] for name in WAYS],
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=500, help="of each kind of pictures (%(default)s)")
    parser.add_argument("--size", type=int, default=128, help="side of noise and of real faces (%(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (%(default)s)")
    parser.add_argument("--real", nargs="+", default=[], metavar="VIDEO", help="videos of faces")
    asked = parser.parse_args()
    kinds = {"drawn": drawn_pairs(asked.pairs)}
    if asked.real:
        kinds["real"] = real_pairs(asked.real, asked.pairs, asked.size)
    shape = (asked.pairs, 2, asked.size, asked.size, 3)
    kinds["noise"] = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for kind, pairs in kinds.items():
        print(f"\n{kind}: {len(pairs)} pairs of {pairs.shape[2]} pixels\n")
        print(measure(pairs, asked.rounds).to_markdown(index=False, disable_numparse=True))


if __name__ == "__main__":
    main()
