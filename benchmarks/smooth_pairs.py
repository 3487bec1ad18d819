"""Shards of pairs that no generator made: smooth random pictures with noise."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mie_x_lib import shards
from mie_x_lib.terms import APEX_AUS, ONSET_AUS


def make_shards(folder: Path, count: int, samples: int, size: int) -> list[str]:
    """Write shards of smooth random pairs, whose PNG files are about as large as those of renders."""
    random = np.random.default_rng(0)
    paths = []
    for number in range(count):
        coarse = random.integers(0, 256, (samples, 2, 8, 8, 3), dtype=np.uint8)
        images = np.stack([[cv2.resize(frame, (size, size)) for frame in pair] for pair in coarse])
        images = np.clip(images + random.normal(0, 2, images.shape), 0, 255).astype(np.uint8)
        table = pd.DataFrame({"sample": np.arange(samples), "label": np.arange(samples) % 3})
        table["identity"] = [f"{number}-{sample}" for sample in range(samples)]
        table = table.assign(au_dataset="d", au_subject="s", au_clip="c", au_emotion="fear")
        table = table.assign(**dict.fromkeys([*ONSET_AUS, *APEX_AUS], 0.5))
        paths.append(str(folder / f"{number}.h5"))
        shards.write_images(paths[-1], images, table, {"id_source": "faces", "au_source": f"aus{number}"})
    return paths
