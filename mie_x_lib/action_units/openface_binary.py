"""OpenFace 2 (Baltrusaitis et al., FG 2018), run over a table of clips, or over pictures such as renders."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from PIL import Image

from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, frame_files
from mie_x_lib.errors import InputError
from mie_x_lib.files import whole_folder
from mie_x_lib.progress import bar

# For so many photographs FaceLandmarkImg loads its models once.
PHOTOGRAPHS_A_RUN = 200
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure_clips(
    clips: pd.DataFrame, binary: str | Path, folder: str | Path, threads: int = 1, static: bool = False
) -> None:
    """Write OpenFace's CSV of every clip of a clip table as subject/clip.csv in `folder`: all of them, or no folder.

    binary: FeatureExtraction, which takes videos and folders of frames. Photographs are given to FaceLandmarkImg beside
    it, which writes no CSV where it finds no face. threads: runs at a time; does not change the result. static: measure
    each frame alone, as photographs always are, and not against what the person shows in the rest of the clip.
    Raises InputError for a program that cannot be run, and where one fails, with the last that it said.
    """
    with whole_folder(folder) as whole:
        _run_all(_runs(clips, Path(binary).absolute(), whole, static), threads)


def measure_pictures(pictures: np.ndarray, binary: str | Path, folder: str | Path) -> list[Path]:
    """Let OpenFace measure pictures (N, H, W, 3) uint8 RGB; return the path in `folder` of the CSV of each.

    There is no file where it finds no face. binary: as of `measure_clips`; FaceLandmarkImg beside it does this.
    Raises InputError as `measure_clips` does.
    """
    program = Path(binary).absolute().with_name("FaceLandmarkImg")
    places = [Path(folder, f"{number:08}.csv") for number in range(len(pictures))]
    with TemporaryDirectory() as scratch:
        photographs = []
        for picture, place in zip(pictures, places, strict=True):
            path = Path(scratch, f"{place.stem}.png")
            Image.fromarray(picture).save(path)
            photographs.append((path, place))
        _run_all(_runs_of_photographs(program, photographs), threads=1)
    return places


def _run_all(runs: Iterable[Callable[[], None]], threads: int) -> None:
    runs = list(runs)
    with ThreadPoolExecutor(threads) as pool:
        for _ in bar(pool.map(lambda run: run(), runs), "running OpenFace", "run", total=len(runs)):
            pass


def _runs(clips: pd.DataFrame, binary: Path, folder: Path, static: bool) -> Iterator[Callable[[], None]]:
    """What has to be run, so that `folder` has all the CSVs; a video or folder of several clips is measured once."""
    photographs = []
    places: dict[Path, list[Path]] = {}
    for subject, clip, name in clips[["subject", "clip", "path"]].itertuples(index=False, name=None):
        path, place = Path(name).absolute(), folder / subject / f"{clip}.csv"
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in IMAGE_SUFFIXES:
            photographs.append((path, place))
        else:
            places.setdefault(path, []).append(place)
    for path, of_clips in places.items():
        yield partial(_measure_clip, binary, path, of_clips, static)
    yield from _runs_of_photographs(binary.with_name("FaceLandmarkImg"), photographs)


def _runs_of_photographs(program: Path, photographs: list[tuple[Path, Path]]) -> Iterator[Callable[[], None]]:
    for start in range(0, len(photographs), PHOTOGRAPHS_A_RUN):
        yield partial(_measure_photographs, program, photographs[start : start + PHOTOGRAPHS_A_RUN])


def _measure_clip(program: Path, path: Path, places: list[Path], static: bool) -> None:
    with TemporaryDirectory() as scratch:
        source = ["-fdir", _in_order(frame_files(path), scratch)] if path.is_dir() else ["-f", path]
        # Its own name for the result would end at the first dot in that of the clip.
        said = _run(program, [*source, "-of", "clip", *["-au_static"] * static], scratch, path)
        measured = Path(scratch, "out", "clip.csv")
        if not measured.exists():
            raise _failure(program, path, "it wrote no CSV", said)
        shutil.move(measured, places[0])
        for place in places[1:]:
            place.symlink_to(os.path.relpath(places[0], place.parent))


def _measure_photographs(program: Path, photographs: list[tuple[Path, Path]]) -> None:
    with TemporaryDirectory() as scratch:
        links = _in_order([path for path, _ in photographs], scratch)
        _run(program, ["-fdir", links], scratch, f"photographs from {photographs[0][0]} to {photographs[-1][0]}")
        for link, (_, place) in zip(sorted(links.iterdir()), photographs, strict=True):
            measured = Path(scratch, "out", f"{link.stem}.csv")
            if measured.exists():
                shutil.move(measured, place)


def _in_order(files: list[Path], scratch: str) -> Path:
    """A folder of links to files, in whose alphabetical order, which OpenFace takes, they keep theirs."""
    folder = Path(scratch, "frames")
    folder.mkdir()
    for number, file in enumerate(files):
        # OpenFace chooses by suffix, and reads by content: under this one it takes all that this project does.
        (folder / f"{number:08}.png").symlink_to(file)
    return folder


def _run(program: Path, arguments: list, scratch: str, what: object) -> str:
    """What a program of OpenFace said; its results are in the folder `out` of `scratch`."""
    command = [program, *arguments, "-aus", "-q", "-out_dir", Path(scratch, "out")]
    try:
        run = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=os.environ | _ONE_THREAD,
        )
    except OSError as fault:
        raise InputError(
            f"{program}: cannot be run ({fault.strerror}); give the path of OpenFace's FeatureExtraction, with"
            " FaceLandmarkImg beside it for photographs, as action_units.openface.binary."
        ) from fault
    if run.returncode:
        raise _failure(program, what, f"exit code {run.returncode}", run.stdout)
    return run.stdout


def _failure(program: Path, what: object, how: str, said: str) -> InputError:
    last = " / ".join([line.strip() for line in said.splitlines() if line.strip()][-3:])
    return InputError(f"{program} failed on {what} ({how}): {last or 'it said nothing'}")
