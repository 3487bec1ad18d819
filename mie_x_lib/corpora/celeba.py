"""CelebA (Liu et al., ICCV 2015): photographs, of which the first of each identity is taken."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_annotation, find_folder
from mie_x_lib.corpora.clip_table import make_clips
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, list_files, photograph
from mie_x_lib.errors import InputError


def list_clips(root: Path, dataset: str, identity_file: bool = True) -> pd.DataFrame:
    """List the photographs of CelebA, sorted by file name, without emotion; the columns are those of `clip_table`.

    root: holds `img_align_celeba`, which may be a part of CelebA, and `identity_CelebA.txt`. identity_file: the subject
    is the identity, and only the first photograph of each is listed; False: every photograph is its own identity, and
    the file is not needed. Raises InputError naming file and row.
    """
    photographs = list_files(find_folder(root, "img_align_celeba"), IMAGE_SUFFIXES)
    if not identity_file:
        return make_clips(
            ({"subject": path.stem, "clip": path.stem, "emotion": ""} | photograph(path) for path in photographs),
            dataset,
        )
    return make_clips(_first_of_each(photographs, find_annotation(root, "identity_CelebA.txt")), dataset)


def _first_of_each(photographs: list[Path], identity_file: Path) -> Iterator[dict]:
    identities = _read_identities(identity_file)
    seen = set()
    for path in photographs:
        if path.name not in identities:
            raise InputError(
                f"{identity_file}: no row for {path.name}, which lies in {path.parent}; get the file again"
            )
        identity = identities[path.name]
        if identity not in seen:
            seen.add(identity)
            yield {"subject": identity, "clip": path.stem, "emotion": ""} | photograph(path)


def _read_identities(path: Path) -> dict[str, str]:
    identities = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        fields = line.split()
        if len(fields) != 2 or not fields[1].isdigit():
            raise InputError(f"{path}: row {number} is {line!r}, expected a file name and a number; get the file again")
        identities[fields[0]] = fields[1]
    return identities
