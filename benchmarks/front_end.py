"""What lies before the network, stage by stage: frames or crops a second and core, of clips of 640x480.

    .venv/bin/python -m benchmarks.front_end                       # drawn people
    .venv/bin/python -m benchmarks.front_end --yunet yunet.onnx    # and the detector yunet, with this file

Clips are drawn, with sensor noise: a still head whose face goes from rest to an expression and back. Each is stored as
MP4, as AVI of JPEG pictures, and as a folder of PNG files. `whole path` is what the workflow does with a data set:
looking for damage, decoding, detection in the onset, cutting, and action units by the embedded source. Processor time
is counted, so that other programs matter little; one thread for all. Every round does all stages one after the other,
and the table has medians, with the least and the most of the rounds.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch

from benchmarks.rounds import processor_time, rates, spread
from mie_x_lib import shipped
from mie_x_lib.action_units.sources import embedded
from mie_x_lib.corpora.simulated.drawing import draw_face
from mie_x_lib.corpora.simulated.people import make_person
from mie_x_lib.frames.decode import read_frames
from mie_x_lib.frames.detectors import eyes_of, load_detector
from mie_x_lib.frames.extraction import extract_clips
from mie_x_lib.frames.faces import crop
from mie_x_lib.frames.soundness import examine
from mie_x_lib.frames.tracking import follow_all
from mie_x_lib.settings.frames import FrameSettings
from mie_x_lib.terms import AU_NAMES

WIDTH, HEIGHT, NOISE = 640, 480, 1.5
VIDEOS = {"MP4": "mp4v", "AVI of JPEG": "MJPG"}
STRONGEST = ("AU01", "AU02", "AU05", "AU26")
SMALLEST = FrameSettings().smallest_face


def drawn_clip(seed: int, frames: int) -> list[np.ndarray]:
    """Frames (HEIGHT, WIDTH, 3) uint8 RGB from rest to surprise, in the middle, and back."""
    rng = np.random.default_rng(seed)
    person, shown = make_person(rng), np.isin(AU_NAMES, STRONGEST)
    clip = []
    for rise in 1 - np.abs(np.linspace(-1, 1, frames)):
        face = draw_face(person, 0.6 * rise * shown, HEIGHT, np.zeros(2))
        side = (WIDTH - HEIGHT) // 2
        picture = cv2.copyMakeBorder(face, 0, 0, side, side, cv2.BORDER_REPLICATE)
        noisy = picture + NOISE * rng.standard_normal(picture.shape)
        clip.append(np.clip(np.round(noisy), 0, 255).astype(np.uint8))
    return clip


def store(clip: list[np.ndarray], folder: Path, number: int) -> dict[str, Path]:
    """The files of a clip by the format."""
    paths = {
        "MP4": folder / f"{number}.mp4",
        "AVI of JPEG": folder / f"{number}.avi",
        "PNG files": folder / f"{number}",
    }
    height, width = clip[0].shape[:2]
    for name, codec in VIDEOS.items():
        writer = cv2.VideoWriter(str(paths[name]), cv2.VideoWriter.fourcc(*codec), 100, (width, height))
        for picture in clip:
            writer.write(picture[..., ::-1].copy())
        writer.release()
    paths["PNG files"].mkdir()
    for frame, picture in enumerate(clip):
        cv2.imwrite(str(paths["PNG files"] / f"{frame:04}.png"), picture[..., ::-1])
    return paths


def stages(folder: Path, clips: int, frames: int, yunet: str | None) -> dict[str, Callable[[], float]]:
    """The work of each stage, which returns how many frames or crops it made."""
    films = [drawn_clip(seed, frames) for seed in range(clips)]
    stored = [store(film, folder, number) for number, film in enumerate(films)]
    apex, every = frames // 2, [picture for film in films for picture in film]
    detectors = {"haar": load_detector("haar")} | ({"yunet": load_detector("yunet", yunet)} if yunet else {})
    # A clip in which no face is found would be left out of the whole path, and is left out of all.
    faces = {number: found[0] for number, film in enumerate(films) if (found := detectors["haar"](film[0], SMALLEST))}
    network = embedded.load(shipped.path("au_network.safetensors"))

    def decode(name: str, wanted: list[int]) -> int:
        return sum(len(list(read_frames(paths[name], wanted))) and frames for paths in stored)

    def look_for_damage(name: str) -> int:
        return sum(found.frames for found in examine(str(paths[name]) for paths in stored).values())

    def detect(name: str) -> int:
        return sum(len(detectors[name](picture, SMALLEST)) >= 0 for picture in every)

    def align() -> int:
        return sum(eyes_of(picture, faces[number]) is not None or 1 for number in faces for picture in films[number])

    def cut() -> int:
        boxes = [(picture, faces[number].box) for number in faces for picture in films[number]]
        return sum(len(crop(picture, box, 0.1, 128)) > 0 for picture, box in boxes)

    def track() -> int:
        walks = (follow_all(films[number], faces[number].box, lambda image, box: True) for number in faces)
        return sum(len(list(walk)) for walk in walks)

    crops = np.stack(
        [crop(films[number][frame], faces[number].box, 0.1, 128) for number in faces for frame in range(frames)]
    )

    def estimate() -> int:
        return len(embedded.estimate_with(network, crops))

    def path(name: str, role: str, apex: int | None = apex, **settings) -> int:
        table = pd.DataFrame(
            {
                "dataset": "drawn",
                "subject": [str(number) for number in faces],
                "clip": "0",
                "path": [str(stored[number][name]) for number in faces],
                "onset": 0,
                "apex": pd.NA if apex is None else apex,
                "offset": frames - 1,
                "emotion": "surprise",
                "label": 2,
            }
        )
        extraction = extract_clips(table, role, FrameSettings(**settings))
        return len(embedded.estimate_with(network, np.stack(extraction.images)))

    return (
        {f"decoding all frames, {name}": lambda name=name: decode(name, list(range(frames))) for name in stored[0]}
        | {f"decoding onset and apex alone, {name}": lambda name=name: decode(name, [0, apex]) for name in stored[0]}
        | {f"looking for damage, {name}": lambda name=name: look_for_damage(name) for name in VIDEOS}
        | {f"detection, {name}": lambda name=name: detect(name) for name in detectors}
        | {"eyes, for alignment": align, "cutting": cut, "tracking": track, "action units, embedded": estimate}
        | {f"whole path, every frame, {name}": lambda name=name: path(name, "training") for name in stored[0]}
        | {f"whole path, onset and apex, {name}": lambda name=name: path(name, "micro") for name in stored[0]}
        | {"whole path, onset and apex, tracked, MP4": lambda: path("MP4", "micro", tracking="tracked")}
        | {"whole path, onset and early frames, MP4": lambda: path("MP4", "macro")}
        | {"whole path, apex spotted, MP4": lambda: path("MP4", "micro", apex=None)}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--frames", type=int, default=40, help="of each clip (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count (%(default)s)")
    parser.add_argument("--yunet", metavar="FILE", help="a file of YuNet")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        works = stages(Path(folder), asked.clips, asked.frames, asked.yunet)
        found = rates(works, asked.rounds, processor_time)
    print(
        pd.DataFrame({"stage": list(found), "a second and core": list(map(spread, found.values()))}).to_markdown(
            index=False
        )
    )


if __name__ == "__main__":
    main()
