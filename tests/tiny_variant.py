"""A variant of MiE-X that is small enough to be exported in a test: shards, a training set and a card."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib import shards
from mie_x_lib.terms import AU_NAMES, LABEL_NAMES

CARD = {"name": "mie_x_emotionnet", "what": "Drawn at random.", "pairs": 12}
IDENTITIES = ("N_0000000001_00001", "é b.c")


def write_shard(path: Path, au_source: str, seed: int, frames: int = 2, id_source: str = "emotionnet", size: int = 16):
    """Write a shard of three samples of each of two identities; return its images (6, frames, size, size, 3)."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (6, frames, size, size, 3), dtype=np.uint8)
    table = pd.DataFrame({"sample": np.arange(6), "label": np.arange(6) % 3})
    table["identity"] = [IDENTITIES[sample // 3] for sample in table["sample"]]
    table = table.assign(au_dataset=au_source, au_subject="006", au_clip=[f"c{n}" for n in range(6)])
    table["au_emotion"] = table["label"].map(dict(enumerate(LABEL_NAMES)))
    for place in ("onset", "apex"):
        for name, values in zip(AU_NAMES, random.random((17, 6)), strict=True):
            table[f"{place}_{name}"] = values.astype(np.float32)
    attributes = {"id_source": id_source, "au_source": au_source, "shard": 0, "seed": 0, "sampled": 7, "unchanged": 1}
    shards.write_images(path, images, table, attributes | {"frames": frames, "card": CARD})
    return images


def write_variant(folder: Path, frames: int = 2) -> tuple[list[str], np.ndarray]:
    """Write shards of two AU sources where a workflow has them; return their paths and all images, (12, T, H, W, 3)."""
    paths = [folder / "results/renders/emotionnet" / source / "0.h5" for source in ("mmew", "expert")]
    images = [write_shard(path, path.parent.name, seed, frames) for seed, path in enumerate(paths)]
    return list(map(str, paths)), np.concatenate(images)


def write_card(folder: Path) -> tuple[str, str]:
    """Write a card in both its forms; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.md").write_text("# tiny: synthetic micro-expressions\n\nDrawn at random, é.\n", encoding="utf-8")
    (folder / "tiny.json").write_text(json.dumps(CARD, indent=2) + "\n", encoding="utf-8")
    return str(folder / "tiny.md"), str(folder / "tiny.json")
