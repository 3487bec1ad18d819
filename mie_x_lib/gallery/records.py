"""What the gallery says of each sample, rendered pair or test clip, in one table; and what networks said of clips."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.tables.uf1 import described
from mie_x_lib.terms import APEX_AUS, AU_NAMES, CLIP_NAME, EMOTION_LABELS, LABEL_NAMES, ONSET_AUS

# The action units of a sample at onset and apex: those asked for, and those measured on its frames.
ASKED = (*ONSET_AUS, *APEX_AUS)
MEASURED = tuple(f"measured_{name}" for name in ASKED)
# id: the fragment of a link. name: of the photograph, or of the clip. faces, units: where they come from, units "" for
# a clip's own. subject, clip: of the action units.
TEXTS = ("id", "kind", "name", "faces", "units", "subject", "clip", "emotion", "label")
# fidelity: NaN where it is not known. change: in grey levels.
COLUMNS = (*TEXTS, "fidelity", "change", *ASKED, *MEASURED)
# What rounding to two decimals takes from a probability at most, with room for the sum's own rounding.
_ROUNDED = 0.0051


def pair_records(
    samples: pd.DataFrame, measured: Mapping[tuple[str, str], pd.DataFrame], change: np.ndarray
) -> pd.DataFrame:
    """Return `COLUMNS` of rendered pairs, one row a pair.

    samples: N rows of `samples.list_pairs`. measured: the action units of the samples of each identity source and AU
    source, in any order. change: (N,) in grey levels. Raises InputError where nothing was measured of a sample.
    """
    asked, found = samples[list(ASKED)].to_numpy(float), np.full((len(samples), len(ASKED)), np.nan)
    for (id_source, au_source), table in measured.items():
        rows = np.flatnonzero((samples["id_source"] == id_source) & (samples["au_source"] == au_source))
        wanted, units = samples["sample"].iloc[rows], table.set_index("sample")
        lacking = wanted[~wanted.isin(units.index)]
        if len(lacking):
            raise InputError(
                f"results/quality/{id_source}/{au_source}.action_units.csv: sample {lacking.iloc[0]} is missing, "
                "expected every sample of the shards; delete the file and let measure_renders write it again"
            )
        found[rows] = units.loc[wanted, list(ASKED)].to_numpy(float)
    texts = pd.DataFrame(
        {
            "id": _links("pair", samples[["id_source", "au_source", "sample"]]),
            "kind": "pair",
            "name": samples["identity"],
            "faces": samples["id_source"],
            "units": samples["au_source"],
            "subject": [
                "/".join(filter(None, names))
                for names in samples[["au_dataset", "au_subject"]].itertuples(index=False, name=None)
            ],
            "clip": samples["au_clip"],
            "emotion": samples["au_emotion"],
            "label": samples["label"].map(dict(enumerate(LABEL_NAMES))),
        }
    )
    return _records(texts, fidelity(asked, found), change, asked, found)


def clip_records(clips: pd.DataFrame, action_units: Sequence[pd.DataFrame], change: np.ndarray) -> pd.DataFrame:
    """Return `COLUMNS` of test clips, one row a clip; nothing was asked of them.

    clips: N rows of `clips_tested`. action_units: tables of frames of clips, with dataset, subject, clip, role and AU01
    ... AU45; what is not there of a clip is missing. change: (N,) in grey levels.
    """
    clips = clips.reset_index(drop=True)
    wanted = pd.MultiIndex.from_frame(clips[CLIP_NAME].astype(str))
    found = np.full((len(clips), 2, len(AU_NAMES)), np.nan)
    for table in action_units:
        for frame, role in enumerate(("onset", "apex")):
            of_role = table[table["role"] == role]
            places = wanted.get_indexer(pd.MultiIndex.from_frame(of_role[CLIP_NAME].astype(str)))
            found[places[places >= 0], frame] = of_role.loc[places >= 0, list(AU_NAMES)].to_numpy(float)
    texts = pd.DataFrame(
        {
            "id": _links("clip", clips[CLIP_NAME]),
            "kind": "clip",
            "name": clips["clip"],
            "faces": clips["dataset"],
            "units": "",
            "subject": clips["dataset"] + "/" + clips["subject"],
            "clip": clips["clip"],
            "emotion": clips["emotion"],
            "label": clips["emotion"].map({name: LABEL_NAMES[label] for name, label in EMOTION_LABELS.items()}),
        }
    )
    nothing = np.full((len(clips), len(ASKED)), np.nan)
    return _records(texts, np.full(len(clips), np.nan), change, nothing, found.reshape(len(clips), len(ASKED)))


def fidelity(asked: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return the correlation, over the 17 units of each pair, of the change asked for and the one measured: (N,).

    Both (N, 34), intensities at onset, then at apex. NaN where a unit was not measured, or where all changes are equal.
    """
    wanted, found = (units[:, len(AU_NAMES) :] - units[:, : len(AU_NAMES)] for units in (asked, measured))
    wanted, found = (change - change.mean(axis=1, keepdims=True) for change in (wanted, found))
    scale = np.sqrt((wanted**2).sum(axis=1) * (found**2).sum(axis=1))
    return (wanted * found).sum(axis=1) / np.where(scale > 0, scale, np.nan)


def clips_tested(predictions: Sequence[Sequence[pd.DataFrame]]) -> pd.DataFrame:
    """Return every clip that some network was tested on, once: dataset, subject, clip and emotion, sorted.

    predictions: of each row, a table a seed.
    """
    every = pd.concat([table for seeds in predictions for table in seeds], ignore_index=True)
    return every[[*CLIP_NAME, "emotion"]].drop_duplicates(CLIP_NAME).sort_values(CLIP_NAME, ignore_index=True)


def row_predictions(
    rows: Sequence[Mapping], predictions: Sequence[Sequence[pd.DataFrame]], clips: pd.DataFrame
) -> list[dict[str, object]]:
    """Return what the networks of each row of a table said of clips, as JSON can hold it.

    rows: as of `uf1.summarise`. predictions: of each row, a table a seed. clips: N rows of `clips_tested`.
    Keys: name, classes (names), truth (N class numbers), predicted and confidence (N lists, a value a seed: class
    number, and probability of that class in thousandths). Truth is None, and a list empty, of a clip that the row does
    not test; a confidence is None of a seed whose scores are missing or no probabilities.
    """
    evaluations = [row["evaluation"] for row in rows]
    return [
        {
            "name": f"{row['table']}: {', '.join([*described(row, evaluations), row['classifier']])}",
            "classes": list(row["labels"]),
            **_of_clips(seeds, row["labels"], clips),
        }
        for row, seeds in zip(rows, predictions, strict=True)
    ]


def _of_clips(seeds: Sequence[pd.DataFrame], labels: Sequence[str], clips: pd.DataFrame) -> dict[str, list]:
    places = pd.MultiIndex.from_frame(clips[CLIP_NAME].astype(str))
    truth: list[int | None] = [None] * len(clips)
    predicted: list[list[int]] = [[] for _ in truth]
    confidence: list[list[int | None]] = [[] for _ in truth]
    for table in seeds:
        scores = table[[f"score_{label}" for label in labels]].to_numpy(float)
        is_known = _are_probabilities(scores)
        for place, label, said, row in zip(
            places.get_indexer(pd.MultiIndex.from_frame(table[CLIP_NAME].astype(str))),
            table["label"].tolist(),
            table["predicted"].tolist(),
            scores,
            strict=True,
        ):
            truth[place] = label
            predicted[place].append(said)
            confidence[place].append(round(1000 * row[said]) if is_known else None)
    return {"truth": truth, "predicted": predicted, "confidence": confidence}


def _are_probabilities(scores: np.ndarray) -> bool:
    """Whether all scores (N, classes) are from 0 to 1 and sum to 1 for each clip, as far as they were not rounded."""
    are_shares = ((scores >= 0) & (scores <= 1)).all()
    return bool(are_shares and (np.abs(scores.sum(axis=1) - 1) <= _ROUNDED * scores.shape[1]).all())


def _links(kind: str, parts: pd.DataFrame) -> list[str]:
    """A name that is unique, and that a URL can have behind its #."""
    return [
        "/".join([kind, *(quote(str(part), safe="") for part in row)])
        for row in parts.itertuples(index=False, name=None)
    ]


def _records(
    texts: pd.DataFrame, fidelity: np.ndarray, change: np.ndarray, asked: np.ndarray, measured: np.ndarray
) -> pd.DataFrame:
    known = pd.DataFrame({"fidelity": fidelity, "change": change})
    units = pd.DataFrame(np.concatenate([asked, measured], axis=1), columns=[*ASKED, *MEASURED])
    return pd.concat([texts.astype("string").fillna(""), known, units], axis=1)
