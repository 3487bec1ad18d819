"""Write simulated clips in the layouts of the datasets that they stand for, oddities included.

A writer takes the root and the clips, and returns (subject, clip) of each as the adapter of the layout will list them.
It states the layout itself and takes nothing from the adapter: what both got wrong would go unnoticed, and a change of
one adapter would draw every set again.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pandas as pd

from mie_x_lib.corpora.simulated.clip import SimulatedClip
from mie_x_lib.files import whole, write_csv
from mie_x_lib.terms import EMOTION_LABELS

Names = list[tuple[str, str]]

JPEG_QUALITY = 95
# Folder and short form of SMIC's three emotions, by label.
SMIC_EMOTIONS = (("negative", "ne"), ("positive", "po"), ("surprise", "sur"))

# CK+ numbers its emotions.
CKPLUS_EMOTIONS = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
# Order of the emotions in MMEW's file names.
MMEW_EMOTIONS = ("happiness", "surprise", "disgust", "fear", "sadness", "others", "anger")


def write_casme2(root: Path, clips: Iterable[SimulatedClip], release: str = "avi") -> Names:
    """One .avi a clip, or folders of `raw` frames, or of `cropped` ones, which are those from onset to offset alone.

    The subject is an integer in the sheet, the apex of every seventh clip "/", the emotion spelled in several ways.
    """
    names: Names = []
    rows: list[tuple] = []
    for clip in clips:
        subject, name = f"sub{clip.subject:02d}", f"EP{clip.number:02d}_{clip.number + 1:02d}"
        # Of a video the first frame is number 1; frames in folders are numbered from anywhere.
        first = 1 if release == "avi" else 1 + 37 * clip.number
        if release == "avi":
            _write_video(root / "CASME2_compressed" / subject / f"{name}.avi", clip.frames, clip.fps)
        elif release == "raw":
            _write_frames(root / "CASME2_RAW_selected" / subject / name, clip.frames, "img{}.jpg", first)
        else:
            shown = clip.frames[clip.onset : clip.offset + 1]
            _write_frames(root / "Cropped" / subject / name, shown, "reg_img{}.jpg", first + clip.onset)
        apex = "/" if len(rows) % 7 == 6 else first + clip.apex
        emotion = (clip.emotion, clip.emotion.capitalize(), f"{clip.emotion} ")[len(rows) % 3]
        rows.append((clip.subject, name, None, first + clip.onset, apex, first + clip.offset, None, None, emotion))
        names.append((subject, name))
    frames = ("OnsetFrame", "ApexFrame", "OffsetFrame")
    header = ("Subject", "Filename", None, *frames, None, "Action Units", "Estimated Emotion")
    _write_sheet(root / "CASME2-coding-20190701.xlsx", [header, *rows])
    return names


def write_samm(root: Path, clips: Iterable[SimulatedClip]) -> Names:
    """Grey JPEG frames, numbered from anywhere with four or five digits; a sheet with its header in row 14."""
    names: Names = []
    rows: list[tuple] = []
    for clip in clips:
        subject, name = f"{clip.subject:03d}", f"{clip.subject:03d}_{clip.number // 10 + 1}_{clip.number % 10}"
        first, digits = 900 * clip.number + 13 * clip.subject, 4 + clip.number % 2
        pattern = f"{subject}_{{:0{digits}d}}.jpg"
        _write_frames(root / "SAMM" / subject / name, _grey(clip.frames), pattern, first)
        frames = (first + clip.onset, first + clip.apex, first + clip.offset)
        duration = clip.offset - clip.onset + 1
        emotion = clip.emotion.capitalize()
        # Spreadsheets make numbers of some subjects.
        listed = clip.subject if len(rows) % 2 else subject
        rows.append((listed, name, None, *frames, duration, "Micro - 1/2", None, emotion, None, None))
        names.append((subject, name))
    before = ("Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame")
    header = (*before, "Duration", "Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes")
    preamble = [("SAMM micro-movements",)] + [()] * 12
    _write_sheet(root / "SAMM_Micro_FACS_Codes_v2.xlsx", [*preamble, header, *rows])
    return names


def write_smic(root: Path, clips: Iterable[SimulatedClip]) -> Names:
    """BMP frames from onset to offset, numbered from anywhere; subjects without zero-padding; no annotation file.

    Beside `micro` lies `non_micro`, which is all that one subject has.
    """
    names, subjects = [], root / "SMIC_all_raw/HS"
    (subjects / "s0/non_micro").mkdir(parents=True, exist_ok=True)
    for clip in clips:
        folder, short = SMIC_EMOTIONS[EMOTION_LABELS[clip.emotion]]
        subject = f"s{clip.subject}"
        name = f"{subject}_{short}_{clip.number:02d}"
        first = 81000 + 500 * clip.number
        (subjects / subject / "non_micro").mkdir(parents=True, exist_ok=True)
        path = subjects / subject / "micro" / folder / name
        _write_frames(path, clip.frames[clip.onset : clip.offset + 1], "image{:06d}.bmp", first)
        names.append((subject, name))
    return names


def write_mmew_micro(root: Path, clips: Iterable[SimulatedClip]) -> Names:
    """JPEG frames numbered from 1, and the sheet."""
    names, rows = [], []
    for clip in clips:
        subject, name = _mmew_names(clip)
        _write_frames(root / "MMEW_Final/Micro_Expression" / clip.emotion / name, clip.frames, "{}.jpg", 1)
        rows.append((clip.subject, name, clip.onset + 1, clip.apex + 1, clip.offset + 1, None, clip.emotion))
        names.append((subject, name))
    header = ("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units", "Estimated Emotion")
    _write_sheet(root / "MMEW_Final/MMEW_Micro_Exp.xlsx", [header, *rows])
    return names


def write_mmew_macro(root: Path, clips: Iterable[SimulatedClip]) -> Names:
    """JPEG frames from neutral to peak, numbered from 1, in folders by subject and emotion; no annotation file."""
    names = []
    for clip in clips:
        subject, name = _mmew_names(clip)
        folder = root / "MMEW_Final/Macro_Expression" / subject / clip.emotion / name
        _write_frames(folder, _to_peak(clip), "{}.jpg", 1)
        names.append((subject, name))
    return names


def write_ckplus(root: Path, clips: Iterable[SimulatedClip]) -> Names:
    """PNG frames from neutral to peak; the emotion is one float in a file named after the last frame.

    Each subject has a sequence more, with an empty folder for its emotion.
    """
    names = []
    for clip in clips:
        subject, sequence, frames = f"S{clip.subject:03d}", f"{clip.number:03d}", _to_peak(clip)
        stem = f"{subject}_{sequence}"
        _write_frames(root / "cohn-kanade-images" / subject / sequence, frames, f"{stem}_{{:08d}}.png", 1)
        with whole(root / "Emotion" / subject / sequence / f"{stem}_{len(frames):08d}_emotion.txt") as part:
            part.write_text(f"   {CKPLUS_EMOTIONS.index(clip.emotion):.7e}\n")
        if clip.number == 1:
            _write_frames(root / "cohn-kanade-images" / subject / "000", frames[:1], f"{subject}_000_{{:08d}}.png", 1)
            (root / "Emotion" / subject / "000").mkdir(parents=True, exist_ok=True)
        names.append((subject, stem))
    return names


def write_oulu(root: Path, clips: Iterable[SimulatedClip], camera: str = "VL", light: str = "Strong") -> Names:
    """JPEG frames from neutral to peak, numbered from 0; one clip an emotion and subject."""
    names = []
    for clip in clips:
        subject, name = f"P{clip.subject:03d}", clip.emotion.capitalize()
        folder = root / "OriginalImg" / camera / light / subject / name
        if folder.exists():
            raise ValueError(f"Oulu-CASIA has one clip an emotion and subject, and {folder} exists")
        _write_frames(folder, _to_peak(clip), "{:03d}.jpeg", 0)
        names.append((subject, name))
    return names


def write_emotionnet(root: Path, clips: Iterable[SimulatedClip]) -> Names:
    """One JPEG a photograph: the first frame of each clip."""
    names = []
    for clip in clips:
        stem = f"N_{clip.subject:010d}_{clip.number:05d}"
        _write_image(root / f"{stem}.jpg", clip.frames[0])
        names.append((stem, stem))
    return names


def write_celeba(root: Path, clips: Iterable[SimulatedClip]) -> Names:
    """One JPEG a photograph, numbered in order."""
    names = []
    for number, clip in enumerate(clips, start=1):
        _write_image(root / "img_align_celeba" / f"{number:06d}.jpg", clip.frames[0])
        names.append((str(clip.subject), f"{number:06d}"))
    with whole(root / "identity_CelebA.txt") as part:
        part.write_text("".join(f"{clip}.jpg {subject}\n" for subject, clip in names))
    return names


def write_videos(root: Path, clips: Iterable[SimulatedClip], form: str = "avi") -> Names:
    """The layout for own videos: clips.csv and `form`: an `avi` or `mp4` a clip, or a folder of PNG `frames`."""
    names, rows = [], []
    for clip in clips:
        subject, name = f"{clip.subject:03d}", f"{clip.subject:03d}_{clip.number:03d}"
        path = f"{subject}/{name}" if form == "frames" else f"{subject}/{name}.{form}"
        if form == "frames":
            _write_frames(root / path, clip.frames, "{:05d}.png", 0)
        else:
            _write_video(root / path, clip.frames, clip.fps)
        rows.append((name, subject, clip.emotion, path, clip.onset, clip.apex, clip.offset, clip.fps))
        names.append((subject, name))
    columns = ["clip", "subject", "emotion", "path", "onset", "apex", "offset", "fps"]
    write_csv(pd.DataFrame(rows, columns=columns), root / "clips.csv")
    return names


WRITERS: dict[str, Callable[..., Names]] = {
    "casme2": write_casme2,
    "samm": write_samm,
    "smic": write_smic,
    "mmew": write_mmew_micro,
    "mmew_macro": write_mmew_macro,
    "ckplus": write_ckplus,
    "oulu": write_oulu,
    "emotionnet": write_emotionnet,
    "celeba": write_celeba,
    "videos": write_videos,
}


def _mmew_names(clip: SimulatedClip) -> tuple[str, str]:
    """Subject and clip as in S07-01-001: subject, emotion, sample."""
    subject = f"S{clip.subject:02d}"
    return subject, f"{subject}-{MMEW_EMOTIONS.index(clip.emotion) + 1:02d}-{clip.number:03d}"


def _to_peak(clip: SimulatedClip) -> np.ndarray:
    return clip.frames[clip.onset : clip.apex + 1]


def _grey(frames: np.ndarray) -> np.ndarray:
    return np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])


def _write_frames(folder: Path, frames: np.ndarray, pattern: str, first: int) -> None:
    """pattern: the file name, with {} for the frame number; first: the number of the first frame."""
    for number, frame in enumerate(frames, start=first):
        _write_image(folder / pattern.format(number), frame)


def _write_image(path: Path, image: np.ndarray) -> None:
    """image: (H, W, 3) RGB or (H, W) grey, uint8. The format follows from the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if path.suffix in (".jpg", ".jpeg") else []
    if not cv2.imwrite(str(path), pixels, options):
        raise OSError(f"{path} could not be written")


def _write_video(path: Path, frames: np.ndarray, fps: float) -> None:
    """frames: (n, H, W, 3) RGB uint8; H and W even, as codecs that halve the colour want them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    backend, codec = {".avi": (cv2.CAP_OPENCV_MJPEG, "MJPG"), ".mp4": (cv2.CAP_FFMPEG, "mp4v")}[path.suffix]
    height, width = frames.shape[1:3]
    video = cv2.VideoWriter(str(path), backend, cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    if not video.isOpened():
        raise OSError(f"{path}: OpenCV has no encoder for {codec}")
    video.set(cv2.VIDEOWRITER_PROP_QUALITY, JPEG_QUALITY)
    for frame in frames:
        video.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    video.release()


def _write_sheet(path: Path, rows: list[tuple]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    written = io.BytesIO()
    book.save(written)
    with whole(path) as part, zipfile.ZipFile(written) as dated, zipfile.ZipFile(part, "w") as archive:
        for name in dated.namelist():
            # A set that is drawn again is the same to the last byte: openpyxl writes the time twice.
            content = re.sub(rb"(?<=W3CDTF\">)[^<]+", b"1980-01-01T00:00:00Z", dated.read(name))
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
