"""Videos, and what happens to them while they are recorded, copied and stored."""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from mie_x_lib.frames.decode import read_frames


def film(path: Path, codec: str, pictures: Sequence[np.ndarray]) -> Path:
    """Write pictures (H, W, 3) uint8 RGB as a video of 25 frames a second."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25, (width, height))
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def decode(path: str | Path, indices: Iterable[int]) -> np.ndarray:
    """Frames of a clip, (k, H, W, 3) uint8 RGB, one for each zero-based index, in the order asked."""
    indices = list(indices)
    pictures = dict(read_frames(path, indices))
    return np.stack([pictures[index] for index in indices])


def frames_of_avi(path: Path) -> list[slice]:
    """Where the bytes of each frame lie in an AVI file."""
    data = path.read_bytes()
    place, frames = data.index(b"movi") + 4, []
    while data[place : place + 4] == b"00dc":
        (size,) = struct.unpack("<I", data[place + 4 : place + 8])
        frames.append(slice(place + 8, place + 8 + size))
        place += 8 + size + size % 2
    return frames


def cut_off(avi: Path, frames: int) -> Path:
    """Cut an AVI file off in the middle of the frame after so many."""
    data, place = avi.read_bytes(), frames_of_avi(avi)[frames]
    avi.write_bytes(data[: (place.start + place.stop) // 2])
    return avi


def damage(avi: Path, frame: int) -> Path:
    """Write nonsense into a frame of an AVI file of JPEG pictures."""
    data, place = bytearray(avi.read_bytes()), frames_of_avi(avi)[frame]
    middle = (place.start + place.stop) // 2
    data[middle : place.stop] = np.random.default_rng(3).integers(0, 255, place.stop - middle, np.uint8).tobytes()
    avi.write_bytes(data)
    return avi


def empty(avi: Path, frame: int) -> Path:
    """Have OpenCV read an AVI file of JPEG pictures without FFmpeg, which knows no such codec, and leave one empty."""
    data, place = bytearray(avi.read_bytes()), frames_of_avi(avi)[frame]
    data[place] = bytes(place.stop - place.start)
    # The codec is named in the header of the stream and, last, in that of its pictures.
    avi.write_bytes(b"XXXX".join(data.rsplit(b"MJPG", 1)))
    return avi


def change_size(avi: Path, frame: int, picture: np.ndarray) -> Path:
    """Put a picture, whose JPEG has to be no longer, in the place of all frames of an AVI file from one on."""
    data = bytearray(avi.read_bytes())
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    for place in frames_of_avi(avi)[frame:]:
        assert len(jpeg) <= place.stop - place.start
        data[place] = jpeg.ljust(place.stop - place.start, b"\0")
    avi.write_bytes(data)
    return avi


def trim(mp4: Path, share: float) -> Path:
    """Shorten an MP4 file as phones do: by its edit list, all frames stay in the file."""
    data = bytearray(mp4.read_bytes())
    place = data.index(b"elst") + 12
    (length,) = struct.unpack(">I", data[place : place + 4])
    data[place : place + 4] = struct.pack(">I", round(share * length))
    mp4.write_bytes(data)
    return mp4


def interlace(mpg: Path, frame: int) -> Path:
    """Mark a frame of an MPEG-2 file, and those after it, as recorded in two halves, as camcorders do."""
    data = bytearray(mpg.read_bytes())
    # The extension of the sequence says whether there can be such frames, that of each picture whether it is one.
    for place in _found(data, b"\x00\x00\x01\xb5"):
        if data[place + 4] >> 4 == 1:
            data[place + 5] &= ~0x08
    pictures = [place for place in _found(data, b"\x00\x00\x01\xb5") if data[place + 4] >> 4 == 8]
    for place in pictures[frame:]:
        data[place + 8] &= ~0x80
    mpg.write_bytes(data)
    return mpg


def widen(mpg: Path) -> Path:
    """Let an MPEG-2 file be shown at 16:9, whatever the size of its pictures is."""
    data = bytearray(mpg.read_bytes())
    for place in _found(data, b"\x00\x00\x01\xb3"):
        data[place + 7] = 3 << 4 | data[place + 7] & 0x0F
    mpg.write_bytes(data)
    return mpg


def drop(avi: Path, frame: int) -> Path:
    """Take the bytes of a frame out of an AVI file, and leave its place, as a camera does that drops one."""
    data, place = bytearray(avi.read_bytes()), frames_of_avi(avi)[frame]
    end = place.stop + place.stop % 2
    # Its old bytes become a part that is no frame.
    data[place.start - 4 : place.start] = struct.pack("<I", 0)
    data[place.start : place.start + 8] = b"JUNK" + struct.pack("<I", end - place.start - 8)
    index = data.rindex(b"idx1") + 8 + 16 * frame
    data[index + 12 : index + 16] = struct.pack("<I", 0)
    avi.write_bytes(data)
    return avi


def lose(avi: Path, frame: int) -> Path:
    """Write zeros over a frame of an AVI file, and over its head and the index, as a bad copy leaves them."""
    data, place = bytearray(avi.read_bytes()), frames_of_avi(avi)[frame]
    for lost in (slice(place.start - 8, place.stop), slice(data.rindex(b"idx1"), len(data))):
        data[lost] = bytes(lost.stop - lost.start)
    avi.write_bytes(data)
    return avi


def _found(data: bytes | bytearray, code: bytes) -> list[int]:
    places = [data.find(code)]
    while places[-1] >= 0:
        places.append(data.find(code, places[-1] + 1))
    return places[:-1]
