"""A table with everything behind it in one file, and made again from that: `python -m mie_x_lib.bundle FILE`."""

import argparse
import hashlib
import json
import os
import stat
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distributions
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from mie_x_lib.errors import FILE_FAULTS, InputError, refusal_of, refuse_no_file
from mie_x_lib.files import whole, whole_folder
from mie_x_lib.manifest import is_inside, read_record, record_path
from mie_x_lib.provenance import CHECKSUMS
from mie_x_lib.tables.uf1 import write_tables
from mie_x_lib.verify import REMADE, verify

# What the predictions are summed up to, by the name that `uf1.write_tables` has for it.
TABLES = {
    "table": "uf1_table.csv",
    "datasets": "uf1_by_dataset.csv",
    "confusions": "uf1_confusions.csv",
    "comparisons": "uf1_comparisons.csv",
    "markdown": "uf1_table.md",
    "latex": "uf1_table.tex",
}
EXPERIMENT, CONFIG, PACKAGES, PROVENANCE = "experiment.json", "config.json", "packages.txt", "provenance"
# Of a file in which nothing says when it was made.
_TIME = (1980, 1, 1, 0, 0, 0)
# Bytes that are packed at a time.
_BLOCK = 2**20
# Bytes of an unpacked bundle; tables and predictions of the paper's protocol are a hundredth of it.
_LARGEST = 4 * 2**30
_README = """# {table} and everything behind it

`python -m mie_x_lib.bundle {bundle}` makes the tables again from the predictions, and says whether they are the same.

| here | what |
|---|---|
| `{folder}/` | tables and figures, the predictions that they are made of, the cards of the rendered data |
| `{folder}/manifest/` | of each of these files its SHA-256, and what made it: inputs, settings, seeds, code, packages |
| `provenance/` | the same of everything that those were made of, which is not here itself |
| `config.json` | the whole config of the experiment |
| `experiment.json` | the rows of the tables, with the files of their predictions |
| `packages.txt` | every package of the environment in which this was packed |
| `SHA256SUMS` | the checksums of all these files |
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status, 1 where the bundle is damaged or the tables come out otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m mie_x_lib.bundle", description="Make the tables of a bundle again from its predictions."
    )
    parser.add_argument("bundle", help="a file that `snakemake bundle` wrote")
    parser.add_argument("--to", metavar="FOLDER", help="a new folder, in which everything is left")
    options = parser.parse_args(arguments)
    try:
        with TemporaryDirectory() as passing:
            differing = remake(options.bundle, options.to or passing)
    except InputError as error:
        print(f"Input error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if not (line := refusal_of(error)):
            raise
        print(line, file=sys.stderr)
        return 1
    for name in TABLES.values():
        print(f"{name}: {'comes out otherwise' if name in differing else 'made again, the same bytes'}")
    return 1 if differing else 0


def pack(
    path: str | Path,
    folder: str | Path,
    files: Iterable[str | Path],
    rows: Sequence[Mapping],
    sizes: Mapping,
    config: Mapping,
) -> None:
    """Write a bundle, whole or not at all.

    folder: that of the results, with their manifest. files: tables, predictions and whatever goes along, of the folder;
    all of `TABLES` lie in it itself. rows, sizes: as of `uf1.write_tables`. config: of the experiment, JSON values.
    Raises InputError for a file that has no record in the manifest.
    """
    folder = Path(folder)
    packed = sorted(map(Path, files))
    texts = {
        EXPERIMENT: _json({"folder": folder.as_posix(), "rows": rows, "sizes": sizes}),
        CONFIG: _json(config),
        PACKAGES: "".join(f"{line}\n" for line in _packages()),
        "README.md": _README.format(table=TABLES["table"], bundle=Path(path).name, folder=folder.as_posix()),
    }
    names = [file.relative_to(folder).as_posix() for file in packed]
    texts |= {
        record_path(Path(PROVENANCE), name).as_posix(): record_path(folder, name).read_text(encoding="utf-8")
        for name in _made_of(folder, names)
    }
    contents: dict[str, str | Path] = {**texts}
    contents |= {file.as_posix(): file for file in [*packed, *(record_path(folder, name) for name in names)]}
    checksums = []
    with whole(path) as part, zipfile.ZipFile(part, "w") as bundle:
        for name, content in sorted(contents.items()):
            checksums.append(f"{_packed(bundle, name, content)}  {name}\n")
        _packed(bundle, CHECKSUMS, "".join(checksums))


def _packed(bundle: zipfile.ZipFile, name: str, content: str | Path) -> str:
    """Write a text, or the content of a file, under a name into a bundle, and return its SHA-256."""
    entry, checksum = zipfile.ZipInfo(name, _TIME), hashlib.sha256()
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    with content.open("rb") if isinstance(content, Path) else BytesIO(content.encode()) as source:
        entry.file_size = source.seek(0, os.SEEK_END)
        source.seek(0)
        with bundle.open(entry, "w") as packed:
            while block := source.read(_BLOCK):
                packed.write(block)
                checksum.update(block)
    return checksum.hexdigest()


def remake(path: str | Path, folder: str | Path) -> list[str]:
    """Unpack a bundle into a folder and make its tables again, in `remade` there.

    Returns the names of those that are not the packed ones, byte for byte. Raises InputError for a file that is no
    bundle, for one of which something is damaged, missing, or not of a bundle, and for a folder that has files; OSError
    where the folder cannot be written.
    """
    folder = Path(folder)
    refuse_no_file(path, "a bundle of `snakemake bundle`")
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is a file or has files, expected a new folder for the bundle; name another")
    try:
        # What is unpacked in part would be in the way of the next try.
        with zipfile.ZipFile(path) as bundle, whole_folder(folder) as part:
            _refuse_strange(bundle.infolist())
            bundle.extractall(part)
    except Exception as fault:  # zipfile raises a different type for each way in which a file is broken
        if refusal_of(fault) and os.path.isfile(path):
            raise
        raise InputError(f"{path}: not a whole bundle of `snakemake bundle` ({fault}); get it again") from fault
    _refuse_faults(path, folder)
    try:
        experiment = json.loads((folder / EXPERIMENT).read_text(encoding="utf-8"))
        rows, sizes, results = experiment["rows"], experiment["sizes"], folder / experiment["folder"]
        _refuse_foreign(
            experiment["folder"], [file for row in rows for seed in row["predictions"].values() for file in seed]
        )
    except FILE_FAULTS as fault:
        raise InputError(f"{path}: its {EXPERIMENT} is none ({fault}); get it again") from fault
    _refuse_faults(path, results)
    try:
        write_tables(rows, sizes, {key: folder / REMADE / name for key, name in TABLES.items()}, folder)
        return [
            name for name in TABLES.values() if (folder / REMADE / name).read_bytes() != (results / name).read_bytes()
        ]
    except FILE_FAULTS as fault:
        if refusal_of(fault):
            raise
        raise InputError(
            f"{path}: the tables cannot be made again of its predictions as {EXPERIMENT} says ({fault}); get it again"
        ) from fault


def _refuse_strange(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Raise ValueError for what no bundle has, before it is unpacked."""
    size = sum(entry.file_size for entry in entries)
    if size > _LARGEST:
        raise ValueError(f"it would unpack to {size} bytes, more than {_LARGEST}")
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise ValueError("it has two files of one name")
    for entry in entries:
        mode = stat.S_IFMT(entry.external_attr >> 16)
        if not is_inside(entry.filename) or entry.is_dir() or mode not in (0, stat.S_IFREG):
            raise ValueError(f"{entry.filename} is no file in it")


def _refuse_faults(path: str | Path, folder: Path) -> None:
    """Raise InputError for what `verify` finds in a folder of an unpacked bundle."""
    try:
        _, faults = verify(folder)
    except InputError as fault:
        raise InputError(f"{path}: {fault}") from fault
    if faults:
        raise InputError(f"{path}: {faults[0]}" + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""))


def _refuse_foreign(results: str, predictions: Iterable[str]) -> None:
    """Raise ValueError for files that are not in the bundle: they would be those of whoever unpacks it."""
    for name in (results, *predictions):
        if not is_inside(name):
            raise ValueError(f"{name} is not in the bundle")


def _made_of(folder: Path, names: Iterable[str]) -> list[str]:
    """The names of everything in a folder that some of its files were made of, themselves left out."""
    seen, waiting = set(names), list(names)
    found = []
    while waiting:
        record = read_record(record_path(folder, waiting.pop()))
        for given in map(Path, record["inputs"]):
            name = given.relative_to(folder).as_posix() if given.is_relative_to(folder) else None
            if name and name not in seen and record_path(folder, name).is_file():
                seen.add(name)
                waiting.append(name)
                found.append(name)
    return sorted(found)


def _json(content: object) -> str:
    return json.dumps(content, indent=1, default=str) + "\n"


def _packages() -> list[str]:
    return sorted({f"{found.name}=={found.version}" for found in distributions()}, key=str.lower)


if __name__ == "__main__":
    sys.exit(main())
