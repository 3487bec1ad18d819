"""Simulated people drawn with the action units that renders are asked for, and cut out as photographs are."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from PIL import Image

from mie_x_lib.corpora.simulated.people import make_person
from mie_x_lib.corpora.simulated.performances import pose
from mie_x_lib.frames.faces import FaceBox, crop
from mie_x_lib.frames.identities import WINDOW, find_identities
from mie_x_lib.quality.pairs import asked_action_units
from mie_x_lib.randomness import stream
from mie_x_lib.settings.frames import FrameSettings, IdentityLimits
from mie_x_lib.terms import AU_NAMES, SAMPLES_PER_IDENTITY


def draw_pairs(
    triplets: pd.DataFrame, size: int, settings: FrameSettings, limits: IdentityLimits, seed: int, id_source: str
) -> tuple[np.ndarray, np.ndarray]:
    """Draw simulated people with action units, and cut their faces out as those of photographs are cut.

    triplets: N rows with sample, and the units at onset and apex, 0..1. The samples of a photograph show one person,
    who is drawn for this alone and depends on seed, id_source and the number of the photograph. size: of the pictures,
    in pixels. Returns pairs (M, 2, H, W, 3) uint8 and which of the N they are, (N,) bool: those of a person whose
    photograph would be refused are left out.
    """
    numbers = triplets["sample"].to_numpy() // SAMPLES_PER_IDENTITY
    units = asked_action_units(triplets)
    people, photographs, drawn = np.unique(numbers), [], []
    for number in people:
        random = stream("drawn", seed, id_source, int(number))
        shown = units[numbers == number].reshape(-1, len(AU_NAMES))
        # A photograph first, of a face at rest: there the box of the face is found.
        photograph, *pictures = pose(make_person(random), np.vstack([np.zeros(len(AU_NAMES)), shown]), size, random)
        photographs.append(photograph)
        drawn.append(pictures)
    faces = _found(photographs, settings, limits)
    is_found = (faces["problem"] == "").to_numpy()
    crops = [
        crop(picture, FaceBox(*window), settings.margin, settings.size)
        for window, pictures in zip(
            faces.loc[is_found, list(WINDOW)].to_numpy(), np.array(drawn)[is_found], strict=True
        )
        for picture in pictures
    ]
    shape = (-1, 2, settings.size, settings.size, 3)
    return np.array(crops, np.uint8).reshape(shape), np.isin(numbers, people[is_found])


def _found(photographs: list[np.ndarray], settings: FrameSettings, limits: IdentityLimits) -> pd.DataFrame:
    """Faces as of `frames.identities.find_identities`, of pictures."""
    with TemporaryDirectory() as folder:
        paths = [str(Path(folder, f"{number}.png")) for number in range(len(photographs))]
        for path, picture in zip(paths, photographs, strict=True):
            Image.fromarray(picture).save(path)
        table = pd.DataFrame({"path": paths, "number": range(len(paths)), "onset": 0})
        table = table.assign(dataset="", subject="", clip="")
        return find_identities(table, settings, limits).faces
