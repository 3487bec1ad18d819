"""Pictures out of what a clip is on disk: a video file, a folder of frames, or one image.

Pictures stand upright: turned as the rotation flag of a video and the orientation tag (EXIF) of an image say. Frames
are counted, never timed, so a variable frame rate neither drops nor repeats one. Grey images get three equal channels,
and transparency is left out: what lies under it shows. Images of 16 bits a channel are scaled to 8 with one factor for
the whole clip, since what is looked for is a difference of few grey levels between its frames.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, frame_files
from mie_x_lib.errors import InputError

# Bits of a channel that cameras deliver, in files of 16.
BIT_DEPTHS = (8, 10, 12, 14, 16)


def frame_count(path: str | Path) -> int:
    """The number of frames of a clip that can be decoded; raises InputError for a path that cannot be read.

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

    Only what is asked for is decoded, and one frame is held at a time; but a video is walked from its start, because
    seeking lands beside the frame asked for in common codecs, and every image of 16 bits is looked at for their factor.
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
        image = _read_image(files[index])
        if image.dtype == np.uint16:
            image = cv2.convertScaleAbs(image, alpha=255 / _white(tuple(files)))
        yield index, cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _read_image(file: Path) -> np.ndarray:
    """An image as (H, W, 3) BGR, uint8 or uint16."""
    data = np.fromfile(file, np.uint8) if file.is_file() else np.empty(0, np.uint8)
    # IMREAD_COLOR gives grey frames (SAMM, CK+) three channels. imread of OpenCV 4.14 fails on a turned TIFF.
    image = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH) if data.size else None
    if image is None:
        raise InputError(f"{file}: cannot be read as an image; check that the file exists and is whole.")
    if image.dtype not in (np.uint8, np.uint16):
        raise InputError(f"{file}: expected 8 or 16 bits a channel and found {image.dtype}; save it as one of them.")
    return image


@lru_cache
def _white(files: tuple[Path, ...]) -> int:
    """The greatest value at the bit depth that the 16-bit images of a clip make use of.

    Many cameras store their 10 to 14 bits in 16; as if they were 16, their pictures would be black.
    """
    images = map(_read_image, files)
    brightest = max(int(image.max()) for image in images if image.dtype == np.uint16)
    return next(2**bits - 1 for bits in BIT_DEPTHS if brightest < 2**bits)


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


def _past_the_end(path: Path, number: int, count: int) -> InputError:
    return InputError(
        f"{path}: frame {number} (counted from 0) was asked for and there are {count};"
        " correct onset, apex and offset of this clip."
    )
