"""Videos, and what happens to them while they are recorded, copied and stored."""

import struct
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np


def film(path: Path, codec: str, pictures: Sequence[np.ndarray]) -> Path:
    """Write pictures (H, W, 3) uint8 RGB as a video of 25 frames a second."""
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 25, (width, height))
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


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
