"""Pictures out of what a clip is on disk: a video file, a folder of frames, or one image.

Pictures stand upright: turned as the rotation flag of a video and the orientation tag (EXIF) of an image say. Those of
a video whose pixels are not square, as of DVD and HDV, get the width that a player shows. Frames are counted, never
timed, so a variable frame rate neither drops nor repeats one. Grey images get three equal channels, and transparency is
left out: what lies under it shows. Images of 16 bits a channel are scaled to 8 with one factor for the whole clip,
since what is looked for is a difference of few grey levels between its frames.
"""

import io
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mie_x_lib import bounds
from mie_x_lib.corpora.frame_folder import IMAGE_SUFFIXES, frame_files
from mie_x_lib.corpora.wholeness import is_cut_off
from mie_x_lib.errors import InputError

# Pillow reads headers alone here, and sizes are compared with bounds of our own.
Image.MAX_IMAGE_PIXELS = None
# Bits of a channel that cameras deliver, in files of 16.
BIT_DEPTHS = (8, 10, 12, 14, 16)
# Tags of TIFF, and values of them (TIFF 6.0, sections 3 and 8).
BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLES_PER_PIXEL, PLANAR_CONFIGURATION = 258, 262, 277, 284
WHITE_IS_ZERO, CHANNEL_BY_CHANNEL = 0, 2
# A width that is off by less is no face squeezed.
SQUEEZE = 0.01
# Bytes of pictures that a film holds.
HELD = 400 * 2**20


class UnreadableFile(InputError):
    """A file that cannot be used as it is: not there, damaged, or with frames of several sizes."""


class Film:
    """What a clip is on disk, as pictures (H, W, 3) uint8 RGB by zero-based index; for one thread at a time.

    Only what is asked for is decoded, and what was decoded last is held: so all looks at a clip, and at clips that
    follow each other in one video, take one walk through it. A video is walked from its start, because seeking lands
    beside the frame asked for in common codecs; and every image of 16 bits is looked at for their factor.
    """

    def __init__(self, path: str | Path, count: int | None = None, damaged: Mapping[str, str] | None = None):
        """count: how many frames of a video can be decoded, if that is known: none behind them is then given.

        damaged: of `soundness.damaged_pictures`.
        """
        self._damaged = damaged or {}
        self.path = Path(path)
        self._count = count
        self._held: OrderedDict[int, np.ndarray] = OrderedDict()
        self._held_bytes = 0
        self._video: cv2.VideoCapture | None = None
        self._next = 0

    @cached_property
    def _images(self) -> list[Path] | None:
        """The files of the frames; None for a video."""
        return None if is_video(self.path) else _image_files(self.path)

    @cached_property
    def _white(self) -> int:
        """The greatest value at the bit depth that the 16-bit images of a clip make use of.

        Many cameras store their 10 to 14 bits in 16; as if they were 16, their pictures would be black.
        """
        brightest = 0
        for file in self._images or []:
            image = _read_image(file)
            if image.dtype != np.uint16:
                raise UnreadableFile(
                    f"{self.path}: expected frames of one depth; {file} has 8 bits a channel and others have 16; save"
                    " all frames of a clip alike."
                )
            brightest = max(brightest, int(image.max()))
        return next(2**bits - 1 for bits in BIT_DEPTHS if brightest < 2**bits)

    def count(self) -> int:
        """How many frames can be decoded; raises InputError for a path that cannot be read.

        A video is walked to its end: the count in its header is often wrong.
        """
        if self._images is not None:
            return len(self._images)
        while self._count is None:
            self._grab()
        return self._count

    def picture(self, index: int) -> np.ndarray:
        """One frame; raises InputError for a path that cannot be read, and for an index that it does not have."""
        if index < 0:
            raise InputError(f"{self.path}: frame {index} was asked for; frames are counted from 0.")
        if index not in self._held:
            picture = self._of_video(index) if self._images is None else self._of_images(self._images, index)
            while self._held and picture.nbytes + self._held_bytes > HELD:
                self._held_bytes -= self._held.popitem(last=False)[1].nbytes
            self._held[index], self._held_bytes = picture, self._held_bytes + picture.nbytes
        return self._held[index]

    def is_behind(self, index: int) -> bool:
        """Whether a frame is only to be had by another walk through a video, from its start."""
        return self._images is None and index < self._next and index not in self._held

    def name(self, index: int) -> str:
        """The file of a frame; of a video, its path and the number of the frame."""
        return f"{self.path}, frame {index}," if self._images is None else str(self._images[index])

    def _of_images(self, files: list[Path], index: int) -> np.ndarray:
        if index >= len(files):
            raise _past_the_end(self.path, index, len(files))
        image = _read_image(files[index])
        if str(files[index]) in self._damaged:
            raise UnreadableFile(f"{files[index]}: is damaged ({self._damaged[str(files[index])]}); copy it again.")
        if image.dtype == np.uint16:
            image = cv2.convertScaleAbs(image, alpha=255 / self._white)
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)

    def _of_video(self, index: int) -> np.ndarray:
        if self._count is not None and index >= self._count:
            raise _past_the_end(self.path, index, self._count)
        if index < self._next:
            self._video = None
        video = self._grab()
        while video is not None and self._next <= index:
            video = self._grab()
        if video is None:
            raise _past_the_end(self.path, index, self.count())
        readable, picture = video.retrieve()
        # Where FFmpeg does not know a codec, OpenCV reads the file itself, and calls readable what it leaves empty.
        if not readable or picture is None:
            raise UnreadableFile(f"{self.path}: frame {index} cannot be decoded; check that the file is whole.")
        return cv2.cvtColor(_stretched(picture, _shown_size(video)), cv2.COLOR_BGR2RGB)

    def _grab(self) -> cv2.VideoCapture | None:
        """The video at its next frame; at its first where it was not open, and None, closed and counted, at its end."""
        if self._video is None:
            self._video, self._next = _open_video(self.path), 0
        if self._video.grab():
            self._next += 1
            return self._video
        self._video, self._count = None, self._next
        if self._count == 0:
            raise UnreadableFile(f"{self.path}: no frame can be read; check that the file is a whole video.")
        return None


class Frames:
    """The frames of one clip of a film, all of one size: what is found in one of them holds for the others."""

    def __init__(self, film: Film):
        self.film = film
        self._first: tuple[int, tuple[int, int]] | None = None

    def picture(self, index: int) -> np.ndarray:
        """One frame; raises InputError as `Film.picture` does, and for a size that is not that of the first one."""
        picture = self.film.picture(index)
        height, width = picture.shape[:2]
        self._first = self._first or (index, (width, height))
        first, size = self._first
        if size != (width, height):
            raise UnreadableFile(
                f"{self.film.path}: expected frames of one size; {self.film.name(first)} has {size[0]}x{size[1]} pixels"
                f" and {self.film.name(index)} has {width}x{height}; cut all frames of a clip alike."
            )
        return picture

    def read(self, indices: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (index, picture) for each of the `indices` once, ascending; raises InputError as `picture` does."""
        for index in sorted({int(index) for index in indices}):
            yield index, self.picture(index)


def read_frames(path: str | Path, indices: Iterable[int] | None = None) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (index, (H, W, 3) uint8 RGB) for each of the zero-based `indices` once, ascending; None takes all frames.

    Raises InputError for a path that cannot be read, an index past the end, and frames of different sizes.
    """
    film = Film(path)
    yield from Frames(film).read(range(film.count()) if indices is None else indices)


def is_video(path: str | Path) -> bool:
    """Whether a path that is no folder is taken for a video, because it has not the name of an image."""
    return not os.path.isdir(path) and os.path.splitext(path)[1].lower() not in IMAGE_SUFFIXES


def picture_files(paths: Iterable[str | Path]) -> Iterator[str]:
    """The files of those paths that are no videos, as far as they can be listed."""
    for path in paths:
        if not is_video(path):
            with suppress(UnreadableFile):
                yield from map(str, _image_files(Path(path)))


def _image_files(path: Path) -> list[Path]:
    try:
        return frame_files(path) if os.path.isdir(path) else [path]
    except (InputError, OSError) as fault:
        raise UnreadableFile(str(fault)) from fault


def _read_image(file: Path) -> np.ndarray:
    """An image as (H, W, 3) BGR, uint8 or uint16."""
    image = None
    try:
        # A pipe would be waited for, and a device has no end.
        data = np.fromfile(file, np.uint8) if os.path.isfile(file) else np.empty(0, np.uint8)
        size, is_negative = _stated(file, data)
        bounds.refuse_wide(file, *size)
        is_short = is_cut_off(data.tobytes())
        # IMREAD_COLOR gives grey frames (SAMM, CK+) three channels. imread of OpenCV 4.14 fails on a turned TIFF.
        if data.size and not is_short:
            image = cv2.imdecode(data, cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
            if is_negative and image is not None:
                image = cv2.bitwise_not(image)
    except InputError:
        raise
    except (OSError, ValueError, cv2.error):
        is_short = False
    if is_short:
        raise UnreadableFile(f"{file}: is cut off; copy it again.")
    if image is None:
        raise UnreadableFile(f"{file}: cannot be read as an image; check that the file exists and is whole.")
    if image.dtype not in (np.uint8, np.uint16):
        raise UnreadableFile(
            f"{file}: expected 8 or 16 bits a channel and found {image.dtype}; save it as one of them."
        )
    return image


def _stated(file: Path, data: np.ndarray) -> tuple[tuple[int, int], bool]:
    """What the header of a picture states: width and height, 0 where it is not understood.

    And whether OpenCV makes a negative of it; raises UnreadableFile for what it makes nonsense of.
    """
    try:
        with Image.open(io.BytesIO(data.data)) as picture:
            size, tags = picture.size, getattr(picture, "tag_v2", {})
            is_deep = max(tags.get(BITS_PER_SAMPLE, (8,))) > 8
            is_parted = tags.get(SAMPLES_PER_PIXEL, 1) > 1 and tags.get(PLANAR_CONFIGURATION) == CHANNEL_BY_CHANNEL
            is_negative = tags.get(PHOTOMETRIC) == WHITE_IS_ZERO
    except Exception:  # Pillow raises a different type for each way in which a file is broken; OpenCV then refuses it
        return (0, 0), False
    # In TIFF files of more than 8 bits, OpenCV 4.14 takes 0 for black, and channels for interleaved ones.
    if is_deep and is_parted:
        raise UnreadableFile(
            f"{file}: is a TIFF of 16 bits with one channel after the other; save it with interleaved channels."
        )
    return size, is_deep and is_negative


def _open_video(path: Path) -> cv2.VideoCapture:
    video = cv2.VideoCapture(str(path)) if os.path.isfile(path) else None
    if video is None or not video.isOpened():
        raise UnreadableFile(f"{path}: cannot be read as a video; check that the file exists and is whole.")
    bounds.refuse_wide(path, *_shown_size(video))
    return video


def _shown_size(video: cv2.VideoCapture) -> tuple[int, int]:
    """Width and height at which the frames of a video are shown, with square pixels."""
    width, height = video.get(cv2.CAP_PROP_FRAME_WIDTH), video.get(cv2.CAP_PROP_FRAME_HEIGHT)
    across, down = video.get(cv2.CAP_PROP_SAR_NUM), video.get(cv2.CAP_PROP_SAR_DEN)
    ratio = across / down if across > 0 and down > 0 else 1.0
    # The ratio is that of the frames before they are turned upright.
    is_turned = video.get(cv2.CAP_PROP_ORIENTATION_META) % 180 == 90
    return (int(width), round(height * ratio)) if is_turned else (round(width * ratio), int(height))


def _stretched(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture at a size (width, height), or as it is where that is as good as its own."""
    height, width = picture.shape[:2]
    if max(abs(size[0] / width - 1), abs(size[1] / height - 1)) < SQUEEZE:
        return picture
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _past_the_end(path: Path, number: int, count: int) -> InputError:
    return InputError(
        f"{path}: frame {number} (counted from 0) was asked for and there are {count};"
        " correct onset, apex and offset of this clip."
    )
