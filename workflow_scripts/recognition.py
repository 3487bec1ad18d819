"""What the three training scripts share: the evaluation clips with their folds, and the files that they leave."""

import numpy as np
import pandas as pd

from mie_x_lib import weights
from mie_x_lib.dataset import read_clip_pairs
from mie_x_lib.files import read_csv, write_csv
from mie_x_lib.terms import LABEL_NAMES
from mie_x_lib.training import ClassifierSettings, predict


def read_evaluation(crops: list[str], folds: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Return pairs (N, 2, H, W, 3) uint8 of the evaluation clips; dataset, subject, clip, label and fold of each."""
    pairs, clips = read_clip_pairs(crops)
    keys = ["dataset", "subject", "clip"]
    fold_of = read_csv(folds)[[*keys, "fold"]]
    return pairs, clips.merge(fold_of, on=keys, how="left", validate="one_to_one")


def in_fold(clips: pd.DataFrame, fold: str) -> np.ndarray:
    """Which clips a network is tested on: (N,) bool; fold `all` is every clip."""
    return np.ones(len(clips), bool) if fold == "all" else (clips["fold"] == int(fold)).to_numpy()


def save_results(output, place: int, network, arguments: dict, settings: ClassifierSettings, curve, pairs, clips):
    """Write a network, its training curve and its predictions for the test clips `clips`, whose pairs are `pairs`.

    place: which of the job's seeds the network is of, counted from 0.
    """
    scores = predict(network, pairs, settings)
    predictions = clips[["dataset", "subject", "clip", "label", "fold"]].reset_index(drop=True)
    for label, name in enumerate(LABEL_NAMES):
        predictions[f"score_{name}"] = scores[:, label]
    write_csv(predictions.assign(predicted=scores.argmax(axis=1)), output.predictions[place])
    write_csv(curve, output.curves[place])
    weights.save(output.networks[place], network, "classifier", arguments)
