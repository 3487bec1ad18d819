"""Damage files of every kind, and count what comes of it: `python -m tests.faults.damage --tries 1000`.

A file is damaged by one flipped bit, or cut off. Another process reads it, since damage can end or stop one.
"""

import argparse
import functools
import os
import select
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mie_x_lib import manifest, shards, weights
from mie_x_lib.bundle import remake
from mie_x_lib.errors import InputError
from mie_x_lib.exports import export
from mie_x_lib.exports.card import Card
from mie_x_lib.files import write_csv
from mie_x_lib.ganimation.checkpoints import load_state, read_published, save_state
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.verify import verify
from tests.tiny_bundle import write_bundle
from tests.tiny_variant import write_card, write_shard

# What came of reading a damaged file.
OUTCOMES = {
    "n": "noticed by name",
    "h": "harmless: read as it was",
    "s": "SILENT: read as something else",
    "e": "another error",
    "c": "CRASHED",
    "t": "HUNG",
}
SECONDS = 20.0


@dataclass
class Kind:
    """A kind of file, written to `path`, and what reads it: `read` returns what can be compared."""

    path: Path
    read: Callable[[], object]


def _shard(folder: Path) -> Kind:
    path = folder / "0.h5"
    write_shard(path, "mmew", 0)

    def read():
        shards.verify(path)
        table = shards.read_table(path).to_csv()
        return shards.read_images(path).tobytes(), table, repr(shards.read_attributes(path))

    return Kind(path, read)


def _state(folder: Path) -> Kind:
    path = folder / "state.safetensors"
    save_state(path, {"a": torch.arange(300.0)}, {"step": 1})

    def read():
        tensors, facts = load_state(path)
        return tensors["a"].numpy().tobytes(), facts

    return Kind(path, read)


def _weights(folder: Path) -> Kind:
    path, arguments = folder / "a.safetensors", {"width": 4, "residual_blocks": 1}
    weights.save(path, Generator(**arguments), "generator", arguments)

    def read():
        network = weights.load(path, "generator", Generator)
        return b"".join(value.numpy().tobytes() for value in network.state_dict().values())

    return Kind(path, read)


def _table(path: Path) -> None:
    rows = [("samm", f"{n:03}", f"c{n}", n % 3, n / 7) for n in range(40)]
    write_csv(pd.DataFrame(rows, columns=["dataset", "subject", "clip", "label", "AU12"]), path)


def _result(name: str, write: Callable[[Path], object], folder: Path, of_record: bool = False) -> Kind:
    """A file among results, or its record, as `verify` sees it."""
    results = folder / "results"
    write(results / name)
    manifest.record(results, [results / name], [], {"rule": "make", "params": {"seed": 1}})
    path = manifest.record_path(results, name) if of_record else results / name
    return Kind(path, lambda: _refused(verify(results)[1], path))


def _exported(form: str, suffix: str, folder: Path) -> Kind:
    write_shard(folder / "0.h5", "mmew", 0)
    out = folder / "out"
    export(form, [folder / "0.h5"], Card.read(*write_card(folder)), out)
    (path, *_) = sorted(out.rglob(f"*{suffix}"))
    return Kind(path, lambda: _refused(verify(out)[1], path))


def _clip_table(folder: Path) -> Kind:
    """A table of the user's, of which a result was made."""
    path, results = folder / "clips.csv", folder / "results"
    _table(path)
    _table(results / "clips/a.csv")
    manifest.record(results, [results / "clips/a.csv"], [path], {"rule": "list_clips"})
    return Kind(path, lambda: _refused(verify(results)[1], path))


def _gallery(folder: Path) -> Kind:
    """A picture in a folder that is one output."""
    path, results = folder / "results/gallery/0.bin", folder / "results"
    path.parent.mkdir(parents=True)
    path.write_bytes(np.random.default_rng(0).bytes(3000))
    manifest.record(results, [path.parent], [], {"rule": "make_gallery"})
    return Kind(path, lambda: _refused(verify(results)[1], path))


def _bundle(folder: Path) -> Kind:
    path = write_bundle(folder)

    def read():
        with tempfile.TemporaryDirectory() as unpacked:
            _refused(remake(path, unpacked), path)

    return Kind(path, read)


def _published(folder: Path) -> Kind:
    """A checkpoint of another program, which holds tensors alone."""
    path = folder / "a.pth"
    torch.save(dict(Generator(width=4, residual_blocks=1).state_dict()), path)

    def read():
        network, arguments = read_published(path)
        return b"".join(value.numpy().tobytes() for value in network.state_dict().values()), arguments

    return Kind(path, read)


def _refused(faults: list[str], path: Path) -> None:
    if faults:
        raise InputError("\n".join(faults))


KINDS: dict[str, Callable[[Path], Kind]] = {
    "shard, read": _shard,
    "weights, read": _weights,
    "state of a training, read": _state,
    "shard, verified": lambda folder: _result("renders/0.h5", lambda path: write_shard(path, "mmew", 0), folder),
    "weights, verified": lambda folder: _result(
        "networks/0.safetensors",
        lambda path: weights.save(path, torch.nn.Linear(9, 9), "classifier", {}),
        folder,
    ),
    "predictions, folds and training sets, verified": lambda folder: _result("folds/a.csv", _table, folder),
    "record of the manifest, verified": lambda folder: _result("folds/a.csv", _table, folder, of_record=True),
    **{
        f"export as {form}, verified": functools.partial(_exported, form, suffix)
        for form, suffix in {"folder": ".png", "webdataset": ".tar", "huggingface": ".parquet", "hdf5": ".h5"}.items()
    },
    "gallery, verified": _gallery,
    "clip table, verified": _clip_table,
    "bundle, made again": _bundle,
    "checkpoint of another program, read": _published,
}


def flipped(content: bytes, random: np.random.Generator) -> bytes:
    """The content with one bit of another value."""
    damaged = bytearray(content)
    damaged[random.integers(len(damaged))] ^= 1 << int(random.integers(8))
    return bytes(damaged)


def cut(content: bytes, random: np.random.Generator) -> bytes:
    """The beginning of the content."""
    return content[: random.integers(len(content))]


DAMAGES = {"flipped": flipped, "cut": cut}


def outcomes(kind: Kind, damage: Callable[[bytes, np.random.Generator], bytes], tries: int, seed: int = 0) -> Counter:
    """Damage a file so many times, each time as it was written, and count what comes of it by `OUTCOMES`."""
    content, expected = kind.path.read_bytes(), kind.read()
    found: Counter = Counter()
    done = 0
    while done < tries:
        seen = list(_seen_by_a_child(kind, content, expected, damage, range(done, tries), seed))
        found.update(OUTCOMES[letter] for letter in seen)
        done += len(seen)
    kind.path.write_bytes(content)
    return found


def _seen_by_a_child(kind, content, expected, damage, numbers: range, seed: int) -> Iterator[str]:
    """The outcomes of some tries in one process, up to one that ends it."""
    inside, outside = os.pipe()
    child = os.fork()
    if not child:
        os.close(inside)
        # What native libraries say of damage is of no interest here.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        for number in numbers:
            kind.path.write_bytes(damage(content, np.random.default_rng([seed, number])))
            os.write(outside, _outcome(kind, expected).encode())
        os._exit(0)
    os.close(outside)
    for _ in numbers:
        letter = os.read(inside, 1).decode() if select.select([inside], [], [], SECONDS)[0] else "t"
        yield letter or "c"
        if letter in ("", "t"):
            break
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(inside)


def _outcome(kind: Kind, expected: object) -> str:
    try:
        return "h" if kind.read() == expected else "s"
    except InputError as error:
        return "n" if str(kind.path) in str(error) else "e"
    except Exception:
        return "e"


def main() -> None:
    """Print a table in Markdown: a row a kind of file and of damage."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.damage", description=__doc__)
    parser.add_argument("--tries", type=int, default=1000, help="tries of each kind and damage (default: 1000)")
    parser.add_argument("--only", default="", help="kinds whose name has this in it")
    options = parser.parse_args()
    rows = []
    for name, make in KINDS.items():
        for way, damage in DAMAGES.items() if options.only in name else ():
            with tempfile.TemporaryDirectory() as folder:
                found = outcomes(make(Path(folder)), damage, options.tries)
            rows.append(
                {"file": name, "damage": way, "tries": options.tries} | {key: found[key] for key in OUTCOMES.values()}
            )
            print(rows[-1], flush=True)
    print(pd.DataFrame(rows).to_markdown(index=False))


if __name__ == "__main__":
    main()
