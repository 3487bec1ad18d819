"""Whether results are what was made: `python -m mie_x_lib.verify FOLDER`."""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from mie_x_lib import shards
from mie_x_lib.errors import InputError
from mie_x_lib.manifest import ITSELF, MANIFEST, digest, files_below, read_records
from mie_x_lib.progress import bar
from mie_x_lib.provenance import CHECKSUMS, sha256

# What lies among results and is none: the manifest itself, what jobs took, and what a training goes on from.
NO_RESULTS = (MANIFEST, "benchmarks", "generator/training")
_AGAIN = "make it again"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status, 1 where anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m mie_x_lib.verify",
        description="Name each file of some results, or of an export, that is damaged, missing, foreign, or older than "
        "what it was made of.",
    )
    parser.add_argument("folder", help="results, those in an unpacked bundle, or an export")
    options = parser.parse_args(arguments)
    try:
        count, faults = verify(options.folder)
    except InputError as error:
        print(f"Input error: {error}", file=sys.stderr)
        return 1
    for fault in faults:
        print(fault)
    print(summary(options.folder, count, faults))
    return 1 if faults else 0


def summary(folder: str | Path, count: int, faults: Sequence[str]) -> str:
    """One line that says what `verify` found."""
    found = f"{len(faults)} faults, named above" if faults else "all of them whole, and made of what is there"
    return f"{folder}: {count} files looked at, {found}"


def verify(folder: str | Path) -> tuple[int, list[str]]:
    """Compare a folder with its manifest, or an export with its SHA256SUMS; every file is read.

    Returns the number of files looked at, and a line for each that is damaged, missing, foreign (nothing says what made
    it), or was made of other files than those there now. Raises InputError for a folder that has neither.
    """
    folder = Path(folder)
    if (folder / MANIFEST).is_dir():
        return _verify_results(folder)
    if (folder / CHECKSUMS).is_file():
        return _verify_export(folder)
    raise InputError(
        f"{folder}: has neither a folder {MANIFEST} nor a file {CHECKSUMS}, by which to verify it; give the folder "
        "results of a run, or that of an export"
    )


def _verify_results(folder: Path) -> tuple[int, list[str]]:
    records, faults = read_records(folder)
    expected = {
        f"{name}/{inner}" if inner != ITSELF else name: checksum
        for name, record in records.items()
        for inner, checksum in record["files"].items()
    }
    is_result = [path for path in files_below(folder) if not _is_below(path.relative_to(folder), NO_RESULTS)]
    faults += _compared(folder, expected, is_result)

    @cache
    def digest_now(given: str, named: str) -> str | None:
        """What an input is now; None where nobody knows. named: what the job called the folder."""
        path = Path(given)
        if path.is_relative_to(named):
            own = records.get(path.relative_to(named).as_posix())
            return None if own is None else digest(own)
        # Paths were those of the folder in which the results lay.
        outside = folder.resolve().parent / path
        return sha256(outside) if outside.is_file() else None

    for name, record in records.items():
        for given, was in record["inputs"].items():
            now = digest_now(given, record["folder"])
            if None not in (was, now) and was != now:
                faults.append(
                    f"{folder / name}: is older than {given}, of which it was made when that was another; {_AGAIN}"
                )
    return len(expected), faults


def _verify_export(folder: Path) -> tuple[int, list[str]]:
    expected = {}
    for number, line in enumerate((folder / CHECKSUMS).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        checksum, separator, name = line.partition("  ")
        if not separator or Path(name).is_absolute() or ".." in Path(name).parts:
            raise InputError(f"{folder / CHECKSUMS}: line {number} is no checksum of a file in the folder; {_AGAIN}")
        expected[name] = checksum
    there = [path for path in files_below(folder) if path != folder / CHECKSUMS]
    return len(expected), _compared(folder, expected, there)


def _compared(folder: Path, expected: Mapping[str, str], there: Iterable[Path]) -> list[str]:
    """A line for each file that is not there, not as it was, or not to be there."""
    faults = []
    for name, checksum in bar(expected.items(), "verifying", "file", total=len(expected)):
        fault = _fault(folder / name, checksum)
        if fault:
            faults.append(f"{folder / name}: {fault}")
    strangers = sorted(str(path) for path in there if path.relative_to(folder).as_posix() not in expected)
    return faults + [f"{path}: is foreign, nothing says what made it; remove it" for path in strangers]


def _fault(path: Path, checksum: str) -> str | None:
    if not path.is_file():
        return f"is missing; {_AGAIN}"
    try:
        if sha256(path) != checksum:
            return f"is damaged: it is not what was made; {_AGAIN}"
        if path.suffix == ".h5":
            shards.verify(path)
    except InputError as error:
        return f"is no image file as it should be: {error}"
    except OSError as error:
        return f"cannot be read ({error.strerror}); {_AGAIN}"
    return None


def _is_below(path: Path, folders: Iterable[str]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


if __name__ == "__main__":
    sys.exit(main())
