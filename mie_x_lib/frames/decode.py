"""Pictures out of what a clip is on disk: a video file, a folder of frames, or one image."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, frame_files
from mie_x_lib.errors import InputError


def frame_count(path: str | Path) -> int:
    """The number of frames of a clip that can be decoded. Raises InputError for a path that cannot be read.

    A video is walked to its end: the count in its header is often wrong.
    """
    path = Path(path)
    if not _is_video(path):
        return len(_image_files(path))
    video = _open_video(path)
    count = 0
    while video.grab():
        count += 1
    if count == 0:
        raise InputError(f"{path}: no frame can be read; check that the file is a whole video.")
    return count


def read_frames(path: str | Path, indices: Iterable[int] | None = None) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, (H, W, 3) uint8 RGB) for each of the zero-based `indices` once, ascending; None takes all frames.

    Only what is asked for is decoded, and one frame is held at a time. A video is walked from its start, because
    seeking lands beside the frame asked for in common codecs.
    Raises InputError for a path that cannot be read and for an index past the end.
    """
    path = Path(path)
    wanted = None if indices is None else sorted({int(index) for index in indices})
    if wanted is not None and wanted and wanted[0] < 0:
        raise InputError(f"{path}: frame {wanted[0]} was asked for; frames are counted from 0.")
    yield from _read_video(path, wanted) if _is_video(path) else _read_images(_image_files(path), path, wanted)


def decode(path: str | Path, indices: Iterable[int]) -> np.ndarray:
    """Frames of a clip: (k, H, W, 3) uint8 RGB, one for each zero-based index, in the order asked.

    Raises InputError as `read_frames` does, and for frames of different sizes.
    """
    indices = list(indices)
    pictures = dict(read_frames(path, indices))
    sizes = sorted({picture.shape[:2] for picture in pictures.values()})
    if len(sizes) > 1:
        raise InputError(f"{path}: expected frames of one size and found {sizes}; correct the files of this clip.")
    return np.stack([pictures[index] for index in indices])


def _is_video(path: Path) -> bool:
    return not path.is_dir() and path.suffix.lower() not in IMAGE_SUFFIXES


def _image_files(path: Path) -> list[Path]:
    return frame_files(path) if path.is_dir() else [path]


def _read_images(files: list[Path], path: Path, wanted: list[int] | None) -> Iterator[tuple[int, np.ndarray]]:
    for index in range(len(files)) if wanted is None else wanted:
        if index >= len(files):
            raise _past_the_end(path, index, len(files))
        # IMREAD_COLOR gives grey frames (SAMM, CK+) three channels.
        image = cv2.imread(str(files[index]), cv2.IMREAD_COLOR) if files[index].is_file() else None
        if image is None:
            raise InputError(f"{files[index]}: cannot be read as an image; check that the file exists and is whole.")
        yield index, cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _read_video(path: Path, wanted: list[int] | None) -> Iterator[tuple[int, np.ndarray]]:
    video = _open_video(path)
    remaining = None if wanted is None else set(wanted)
    index = 0
    while remaining is None or remaining:
        if not video.grab():
            break
        if remaining is None or index in remaining:
            readable, picture = video.retrieve()
            if not readable:
                raise InputError(f"{path}: frame {index} cannot be decoded; check that the file is whole.")
            if remaining is not None:
                remaining.remove(index)
            yield index, cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        index += 1
    if index == 0 and wanted != []:
        raise InputError(f"{path}: no frame can be read; check that the file is a whole video.")
    if remaining:
        raise _past_the_end(path, max(remaining), index)


def _open_video(path: Path) -> cv2.VideoCapture:
    video = cv2.VideoCapture(str(path)) if path.is_file() else None
    if video is None or not video.isOpened():
        raise InputError(f"{path}: cannot be read as a video; check that the file exists and is whole.")
    return video


def _past_the_end(path: Path, asked: int, count: int) -> InputError:
    return InputError(
        f"{path}: frame {asked} (counted from 0) was asked for and there are {count};"
        " correct onset, apex and offset of this clip."
    )
