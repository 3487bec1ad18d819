"""CelebA (Liu et al., ICCV 2015): photographs, several of each identity."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from mie_x_lib.corpora.annotations import find_annotation, find_folder, nearest_annotations
from mie_x_lib.corpora.clip_table import make_clips
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, list_names, own_person
from mie_x_lib.errors import InputError
from mie_x_lib.user_tables import read_text

LICENCE = (
    "obtained from the Multimedia Laboratory, the Chinese University of Hong Kong; non-commercial research only; not "
    "to be passed on; see its terms"
)
IDENTITIES = "identity_CelebA.txt"
PUBLISHED = {"clips": 202599, "subjects": 10177}


def list_clips(root: Path, dataset: str, identity_file: bool = True) -> pd.DataFrame:
    """Find the photographs of CelebA, sorted by file name, without emotion; the columns are those of `make_clips`.

    root: holds `img_align_celeba`, which may be a part of CelebA, and `identity_CelebA.txt`. identity_file: the subject
    is the identity; False: every photograph is its own identity, and the file is not needed. Raises InputError for a
    root that holds something else.
    """
    folder = find_folder(root, "img_align_celeba")
    paths = [f"{folder}/{name}" for name in list_names(folder, IMAGE_SUFFIXES)]
    return make_clips(_with_identities(root, paths) if identity_file else map(own_person, paths), dataset)


def annotations(root: Path, identity_file: bool = True) -> list[Path]:
    """The files that say who is on the photographs."""
    return nearest_annotations(root, IDENTITIES) if identity_file else []


def published(identity_file: bool = True) -> dict[str, int]:
    """What the authors say that there is."""
    return PUBLISHED if identity_file else {"clips": PUBLISHED["clips"]}


def _with_identities(root: Path, paths: list[str]) -> Iterator[dict]:
    otherwise = ", or take every photograph for a person: options: {identity_file: false}"
    file = find_annotation(root, IDENTITIES, otherwise)
    identities = _read_identities(file)
    for path in paths:
        identity = identities.get(os.path.basename(path))
        fault = {"fault": f"{file}: no row for {path}; get the file again"}
        yield own_person(path) | (fault if identity is None else {"subject": identity})


def _read_identities(path: Path) -> dict[str, str]:
    identities: dict[str, str] = {}
    lines = read_text(path).splitlines()
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        # Editors leave blank lines at the end.
        if not fields:
            continue
        if len(fields) != 2 or not fields[1].isdecimal():
            raise InputError(
                f"{path}: row {number} is {line[:60]!r}, expected a file name and a number; get the file again"
            )
        name, identity = fields
        if identities.setdefault(name, identity) != identity:
            first = [line.split()[:1] for line in lines].index([name]) + 1
            raise InputError(
                f"{path}: {name} has the identity {identities[name]} in row {first} and {identity} in row {number};"
                " keep one of them"
            )
    return identities
