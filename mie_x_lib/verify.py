"""Whether results are what was made: `python -m mie_x_lib.verify FOLDER`."""

import argparse
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from mie_x_lib import shards
from mie_x_lib.errors import InputError
from mie_x_lib.manifest import ITSELF, MANIFEST, digest, files_below, is_inside, read_records
from mie_x_lib.progress import bar
from mie_x_lib.provenance import CHECKSUMS, sha256
from mie_x_lib.user_tables import read_text

# What lies among results and is none: the manifest itself, what jobs took, and what a training goes on from.
NO_RESULTS = (MANIFEST, "benchmarks", "generator/training")
# What lies among the files of an export or a bundle: the checksums themselves, and tables made again of a bundle.
REMADE = "remade"
_NO_EXPORTS = (CHECKSUMS, REMADE)
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
    if not faults:
        return f"{folder}: {count} files looked at, all of them whole, and made of what is there"
    number = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    return f"{folder}: {count} files looked at, {number}, named above; docs/reliability.md says what to do"


def verify(folder: str | Path) -> tuple[int, list[str]]:
    """Compare a folder with its manifest, or an export with its SHA256SUMS; every file is read.

    Returns the number of files looked at, and a line for each that is damaged, missing, foreign (nothing says what made
    it), cannot be read, or was made of other files than those there now. Raises InputError for a folder that has
    neither manifest nor checksums, or one of which these cannot be read.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):
        raise InputError(f"{folder}: no such folder; give the folder results of a run, or that of an export")
    if os.path.isdir(folder / MANIFEST):
        count, faults = _verify_results(folder)
    elif os.path.isfile(folder / CHECKSUMS):
        count, faults = _verify_export(folder)
    else:
        raise InputError(
            f"{folder}: has neither a folder {MANIFEST} nor a file {CHECKSUMS}, by which to verify it; give the folder "
            "results of a run, or that of an export"
        )
    return count, list(map(_in_one_line, faults))


def _verify_results(folder: Path) -> tuple[int, list[str]]:
    records, faults = read_records(folder)
    expected = {
        f"{name}/{inner}" if inner != ITSELF else name: checksum
        for name, record in records.items()
        for inner, checksum in record["files"].items()
    }
    faults += _compared(folder, expected, NO_RESULTS)

    @cache
    def digest_now(given: str, named: str) -> str | None:
        """What an input is now; None where nobody knows. named: what the job called the folder."""
        path = Path(given)
        if path.is_relative_to(named):
            own = records.get(path.relative_to(named).as_posix())
            return None if own is None else digest(own)
        # Paths were those of the folder in which the results lay.
        outside = folder.resolve().parent / path
        return sha256(outside) if os.path.isfile(outside) else None

    for name, record in records.items():
        for given, was in record["inputs"].items():
            try:
                now = digest_now(given, record["folder"])
            except OSError as error:
                faults.append(f"{folder / name}: may be older than {given}: {_unreadable(error)}")
                continue
            if None not in (was, now) and was != now:
                faults.append(
                    f"{folder / name}: is older than {given}, of which it was made when that was another; {_AGAIN}"
                )
    return len(expected), faults


def _verify_export(folder: Path) -> tuple[int, list[str]]:
    expected: dict[str, str] = {}
    # Other line breaks are part of a name.
    for number, line in enumerate(read_text(folder / CHECKSUMS).removesuffix("\n").split("\n"), 1):
        checksum, separator, name = line.partition("  ")
        if line and (not separator or name in expected or not is_inside(name)):
            raise InputError(f"{folder / CHECKSUMS}: line {number} is no checksum of a file in the folder; {_AGAIN}")
        if line:
            expected[name] = checksum
    return len(expected), _compared(folder, expected, _NO_EXPORTS)


def _compared(folder: Path, expected: Mapping[str, str], besides: Iterable[str]) -> list[str]:
    """A line for each file that is not there, not as it was, or not to be there. besides: what is left aside."""
    faults = []
    for name, checksum in bar(expected.items(), "verifying", "file", total=len(expected)):
        fault = _fault(folder / name, checksum)
        if fault:
            faults.append(f"{folder / name}: {fault}")
    errors: list[OSError] = []
    names = (path.relative_to(folder) for path in _files(folder, expected, errors))
    strangers = sorted(
        name for name in names if not any(map(name.is_relative_to, besides)) and name.as_posix() not in expected
    )
    faults += [f"{folder / name}: is foreign, nothing says what made it; remove it" for name in strangers]
    return faults + [f"{error.filename}: {_unreadable(error)}" for error in errors]


def _files(folder: Path, expected: Iterable[str], errors: list[OSError]) -> Iterator[Path]:
    """Every file and link below a folder; what lies under a link too, where something is expected there.

    errors: gets those of folders that cannot be listed.
    """
    folders = {name[:place] for name in expected for place, letter in enumerate(name) if letter == "/"}
    waiting = [folder]
    while waiting:
        for path in files_below(waiting.pop(), errors.append):
            if os.path.isdir(path) and path.relative_to(folder).as_posix() in folders:
                waiting.append(path)
            else:
                yield path


def _fault(path: Path, checksum: str) -> str | None:
    try:
        # A pipe would be waited for, and a device has no end.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return f"is no file, expected one; {_AGAIN}"
        if sha256(path) != checksum:
            return f"is damaged: it is not what was made; {_AGAIN}"
        if path.suffix == ".h5":
            shards.verify(path)
    except InputError as error:
        return f"is no image file as it should be: {error}"
    except (FileNotFoundError, NotADirectoryError):
        return f"is missing; {_AGAIN}"
    except OSError as error:
        return _unreadable(error)
    return None


def _unreadable(error: OSError) -> str:
    return f"cannot be read ({error.strerror}); check that you may read it, or {_AGAIN}"


def _in_one_line(fault: str) -> str:
    """A file can have any name: one of several lines, of no text at all, or one that clears a terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode()
        for letter in fault
    )


if __name__ == "__main__":
    sys.exit(main())
