"""What made each file of a folder, and the SHA-256 of all: a record a file, written by the job that makes the file.

The record of `<folder>/a/b.csv` is `<folder>/manifest/a/b.csv.json`. A file has a record of its own, so that jobs may
write at once, and a file that is made again has its record replaced and no other.
"""

import hashlib
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

from mie_x_lib.errors import FILE_FAULTS, InputError
from mie_x_lib.files import write_text
from mie_x_lib.provenance import sha256
from mie_x_lib.user_tables import read_text

log = logging.getLogger(__name__)

MANIFEST = "manifest"
# What an output that is one file is called in its own record.
ITSELF = ""


def record(folder: str | Path, outputs: Iterable[str | Path], inputs: Iterable[str | Path], made: Mapping) -> None:
    """Write a record of each output of a job: what it is by its SHA-256, and what made it.

    outputs: files and folders in `folder`. inputs: of a file its SHA-256 is recorded, of a folder that has a record the
    digest of that, and nothing of another folder. made: what else made the outputs, as JSON can hold it; other values
    as text. An input that is not what its own record says is told of as a warning: somebody has changed it since.
    """
    folder = Path(folder)
    digests = {str(path): _digest_now(folder, Path(path)) for path in inputs}
    for path, found in digests.items():
        _tell_if_changed(folder, path, found)
    for output in map(Path, outputs):
        content = {
            "folder": folder.as_posix(),
            "files": dict(_hashed(output)),
            "inputs": digests,
            "made": dict(made),
        }
        text = json.dumps(content, sort_keys=True, default=str)
        signed = json.dumps({"checksum": _text_digest(text), "record": json.loads(text)}, sort_keys=True, indent=1)
        write_text(f"{signed}\n", record_path(folder, output.relative_to(folder).as_posix()))


def _tell_if_changed(folder: Path, path: str, found: str | None) -> None:
    # A damaged record is what `verify` tells of, and no reason to lose what a job made in hours.
    with suppress(InputError):
        if _digest_when_made(folder, Path(path)) not in (None, found):
            log.warning(
                "%s is not what its rule wrote, and was used as it is; if nobody meant to change it, delete it and "
                "start again",
                path,
            )


def record_path(folder: str | Path, name: str) -> Path:
    """Where the record of an output lies. name: its path below the folder."""
    return Path(folder, MANIFEST, f"{name}.json")


def read_record(path: str | Path) -> dict:
    """Read a record: folder (as the job named it), files (SHA-256 by name in the output), inputs (digests), and made.

    Raises InputError for a file that is no record, or a damaged one.
    """
    try:
        signed = json.loads(read_text(path))
        content, checksum = signed["record"], signed["checksum"]
        if checksum != _text_digest(json.dumps(content, sort_keys=True)):
            raise ValueError("it does not match its checksum")
        _refuse_strange(content)
        return content
    except FILE_FAULTS as fault:
        raise InputError(f"{path}: no whole record of what made a file ({fault}); make that file again") from fault


def _refuse_strange(content: Mapping) -> None:
    """Raise ValueError or TypeError for what no job of this project writes: whoever wrote it can sign it, too."""
    if not all(isinstance(content[key], dict) for key in ("files", "inputs", "made")):
        raise TypeError("it has no files, inputs and made")
    if not all(isinstance(checksum, str) for checksum in (content["folder"], *content["files"].values())):
        raise TypeError("its folder, or what it has for a file, is no text")
    if not all(isinstance(checksum, str | None) for checksum in content["inputs"].values()):
        raise TypeError("what it has for an input is no text")
    if not all(map(is_inside, content["files"])):
        raise ValueError("it has files that are none of the output's")


def is_inside(name: str) -> bool:
    """Whether a name that a file gives for another is that of one in the same folder, or below."""
    path = Path(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name and _is_text(name)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_records(folder: str | Path) -> tuple[dict[str, dict], list[str]]:
    """The records of a folder by the names of their outputs, and a line for each that is damaged, or is none.

    Raises InputError where a part of the manifest cannot be read: all that it is about would seem foreign.
    """
    records, faults = {}, []
    begin = Path(folder, MANIFEST)
    try:
        found = files_below(begin)
    except OSError as error:
        raise InputError(
            f"{error.filename}: cannot be read ({error.strerror}); check that you may read the folder"
        ) from error
    for path in found:
        # One in work, too, when its process was killed.
        if path.name.startswith(".") or path.suffix != ".json" or (path.is_symlink() and os.path.isdir(path)):
            faults.append(f"{path}: is foreign, and no record of what made a file; remove it")
            continue
        try:
            records[path.relative_to(begin).as_posix().removesuffix(".json")] = read_record(path)
        except InputError as fault:
            faults.append(str(fault))
    return records, faults


def digest(content: Mapping) -> str:
    """The SHA-256 of what a record is of: that of a file, or one over those of all files of a folder."""
    files = content["files"]
    return files[ITSELF] if list(files) == [ITSELF] else _text_digest(json.dumps(files, sort_keys=True))


def loaded_packages() -> dict[str, str]:
    """The versions of Python and of the packages that this process has loaded, as far as these say theirs."""
    found = {"python": sys.version.split()[0]}
    for name, module in sorted(sys.modules.items()):
        version, place = (vars(module).get(key) for key in ("__version__", "__file__"))
        if "." not in name and isinstance(version, str) and "-packages" in str(place):
            found[name] = version
    return found


def _hashed(output: Path) -> Iterator[tuple[str, str]]:
    """The SHA-256 of an output, or of each file below it, by name."""
    if output.is_dir():
        for path in files_below(output):
            if not path.is_dir():
                yield path.relative_to(output).as_posix(), sha256(path)
    else:
        yield ITSELF, sha256(output)


def _raise(error: OSError) -> None:
    raise error


def files_below(folder: Path, unreadable: Callable[[OSError], None] = _raise) -> list[Path]:
    """Every file below a folder, and every link there, sorted; what Snakemake leaves for itself is none.

    unreadable: gets the error of each folder that cannot be listed; by default it is raised.
    """
    found = [
        Path(parent, name)
        for parent, folders, names in os.walk(folder, onerror=unreadable)
        for name in [*names, *(name for name in folders if os.path.islink(os.path.join(parent, name)))]
    ]
    return sorted(path for path in found if not path.name.startswith(".snakemake"))


def _digest_now(folder: Path, path: Path) -> str | None:
    return sha256(path) if os.path.isfile(path) else _digest_when_made(folder, path)


def _digest_when_made(folder: Path, path: Path) -> str | None:
    """What the record of a file or folder says; None where there is none."""
    if not path.is_relative_to(folder):
        return None
    own = record_path(folder, path.relative_to(folder).as_posix())
    return _digest_of_record(own, own.stat().st_mtime_ns) if own.is_file() else None


@cache
def _digest_of_record(path: Path, mtime_ns: int) -> str:
    return digest(read_record(path))


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
