"""A bundle of a table over two seeds, small enough for tests."""

from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib import manifest
from mie_x_lib.bundle import TABLES, pack
from mie_x_lib.files import write_csv, write_text
from mie_x_lib.tables.uf1 import write_tables

SIZES = {"samples": 9, "samples_of": "variant"}
ROW = {
    **{"table": "text", "row": "real clips", "regime": "real", "variant": "none", "classifier": "apex"},
    **{"evaluation": "compmie", "chosen_by": "last_epoch", "labels": ["negative", "positive", "surprise"]},
    **{"id_sources": [], "au_sources": []},
}


def write_bundle(folder: Path) -> Path:
    """Write results into a folder and a bundle of their table among them; return the path of that."""
    with chdir(folder):
        random = np.random.default_rng(0)
        write_text("x", "results/networks/0.safetensors")
        manifest.record("results", ["results/networks/0.safetensors"], [], {"rule": "train"})
        paths = {}
        for seed in (0, 1):
            paths[seed] = [f"results/predictions/{seed}/{fold}.csv" for fold in (0, 1)]
            for fold, path in enumerate(paths[seed]):
                clips = pd.DataFrame({"dataset": "samm", "subject": f"00{fold}", "clip": [f"c{n}" for n in range(9)]})
                clips = clips.assign(person=f"samm/00{fold}", label=np.arange(9) % 3, fold=fold)
                write_csv(clips.assign(predicted=random.integers(0, 3, 9)), path)
                manifest.record(
                    "results", [path], ["results/networks/0.safetensors"], {"rule": "test", "params": {"seed": seed}}
                )
        rows = [ROW | {"predictions": paths}]
        outputs = {key: f"results/{name}" for key, name in TABLES.items()}
        write_tables(rows, SIZES, outputs)
        predictions = [path for seed in paths.values() for path in seed]
        manifest.record("results", outputs.values(), predictions, {"rule": "tabulate"})
        pack("results/bundle.zip", "results", [*outputs.values(), *predictions], rows, SIZES, {"seed": 2022})
    return folder / "results/bundle.zip"
