"""AU triplets (onset AUs, apex AUs, label) from micro-expressions, macro-expressions and expert knowledge."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from mie_x_lib.errors import InputError
from mie_x_lib.files import read_csv
from mie_x_lib.randomness import stable_hash, stream
from mie_x_lib.terms import APEX_AUS, AU_NAMES, CLIP_NAME, EMOTION_LABELS, LABEL_NAMES, ONSET_AUS, SAMPLES_PER_IDENTITY
from mie_x_lib.user_tables import read_number, read_table

COLUMNS = ("sample", "label", "emotion", "dataset", "subject", "clip", *ONSET_AUS, *APEX_AUS)

# Intensity of an active AU at the apex of z_exp, as a share of OpenFace's scale of 5 (MiE-X, ECCV 2022, public code).
EXPERT_INTENSITY = (0.5 / 5, 1.5 / 5)
# Triplets without enough change are drawn again: for ever, were their label's chance of one next to none.
_LEAST_CHANCE = 0.001
# Part of a macro-expression, from neutral to peak, that counts as its early stage (MiE-X, ECCV 2022, public code).
EARLY_STAGE = (0.25, 0.5)

# Emotion, dataset, subject and clip, and the AUs (17,) of onset and apex, float32.
Candidate = tuple[tuple[str, str, str, str], np.ndarray, np.ndarray]

_EXPERT_COLUMNS = ["emotion", "label", "au", "probability"]


@dataclass(frozen=True)
class Pool:
    """Triplets of real clips, of which samples are drawn.

    clips: (dataset, subject, clip) of each triplet. emotions: n, as annotated. labels: (n,) int. onset, apex: (n, 17)
    float32, 0..1. weights: (n,) chance of a triplet against the others of its label.
    """

    clips: list[tuple[str, str, str]]
    emotions: list[str]
    labels: np.ndarray
    onset: np.ndarray
    apex: np.ndarray
    weights: np.ndarray

    def candidate(self, random: np.random.Generator, label: int) -> Candidate:
        """Draw (emotion, dataset, subject, clip), onset AUs and apex AUs of a triplet of this label."""
        rows, reached = self._of_label[label]
        # What `random.choice` does, which sums up the chances of all of them for each draw.
        row = rows[reached.searchsorted(random.random(), side="right")]
        return (self.emotions[row], *self.clips[row]), self.onset[row], self.apex[row]

    @cached_property
    def _of_label(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Of each label its rows, (k,), and the chance of each together with those before it, (k,), up to 1."""
        found = {}
        for label in set(self.labels.tolist()):
            rows = np.flatnonzero(self.labels == label)
            reached = (self.weights[rows] / self.weights[rows].sum()).cumsum()
            found[label] = rows, reached / reached[-1]
        return found

    def limited(self, clips: int, _au_source: str, seed: int, min_change: float) -> "Pool":
        """Keep the first so many clips of each label in an order that the seed decides, of those that change."""
        order = [stable_hash("few clips", seed, *clip) for clip in self.clips]
        table = pd.DataFrame({"label": self.labels, "order": pd.Series(order, dtype=object)})
        changing = table[_change(self.onset, self.apex) >= min_change]
        firsts = changing.drop_duplicates().sort_values("order").groupby("label").head(clips)
        rows = np.flatnonzero(table["order"].isin(firsts["order"]))
        return Pool(
            [self.clips[row] for row in rows],
            [self.emotions[row] for row in rows],
            *(values[rows] for values in (self.labels, self.onset, self.apex, self.weights)),
        )

    def can_change(self, label: int, min_change: float) -> bool:
        """Whether any triplet of this label changes an AU by `min_change` or more."""
        rows = self.labels == label
        return bool((_change(self.onset[rows], self.apex[rows]) >= min_change).any())

    def never_drawn(self, min_change: float) -> int:
        """How many clips have no triplet that changes an AU by `min_change`, so that nothing is rendered of them."""
        changing = _change(self.onset, self.apex) >= min_change
        drawn = {clip for clip, changes in zip(self.clips, changing, strict=True) if changes}
        return len(set(self.clips) - drawn)


@dataclass(frozen=True)
class Expert:
    """Expert knowledge: for each label its emotions, and for each emotion the (17,) chances of its AUs."""

    emotions: dict[int, dict[str, np.ndarray]]

    def candidate(self, random: np.random.Generator, label: int) -> Candidate:
        """Draw (emotion, "expert", "", emotion), onset AUs (all 0), apex AUs; a label's emotions have equal chances."""
        emotion = sorted(self.emotions[label])[random.integers(len(self.emotions[label]))]
        active = random.random(len(AU_NAMES)) < self.emotions[label][emotion]
        apex = np.where(active, random.uniform(*EXPERT_INTENSITY, len(AU_NAMES)), 0).astype(np.float32)
        return (emotion, "expert", "", emotion), np.zeros(len(AU_NAMES), np.float32), apex

    def limited(self, clips: int, au_source: str, seed: int, min_change: float) -> Pool:
        """Draw so many triplets of each label, whose clips are named by emotion and number."""
        drawn: list[tuple[int, Candidate]] = []
        for label in filter(lambda label: self.can_change(label, min_change), self.emotions):
            for number in range(clips):
                random = stream("few triplets", seed, au_source, label, number)
                (emotion, dataset, subject, _), onset, apex = self.candidate(random, label)
                while _change(onset, apex) < min_change:
                    (emotion, dataset, subject, _), onset, apex = self.candidate(random, label)
                drawn.append((label, ((emotion, dataset, subject, f"{emotion} {number}"), onset, apex)))
        return Pool(
            clips=[origin[1:] for _, (origin, _, _) in drawn],
            emotions=[origin[0] for _, (origin, _, _) in drawn],
            labels=np.array([label for label, _ in drawn], np.int64),
            onset=np.array([onset for _, (_, onset, _) in drawn], np.float32).reshape(-1, len(AU_NAMES)),
            apex=np.array([apex for _, (_, _, apex) in drawn], np.float32).reshape(-1, len(AU_NAMES)),
            weights=np.ones(len(drawn)),
        )

    def can_change(self, label: int, min_change: float) -> bool:
        """Whether a triplet of this label changes an AU by `min_change` or more, once in a thousand draws at least."""
        weakest, strongest = EXPERT_INTENSITY
        is_enough = np.clip((strongest - min_change) / (strongest - weakest), 0, 1)
        changes = [1 - np.prod(1 - chances * is_enough) for chances in self.emotions.get(label, {}).values()]
        return bool(changes) and float(np.mean(changes)) >= _LEAST_CHANCE


def read_pool(kind: str, paths: Iterable[str | Path], tell: Callable[[str], None] = lambda line: None) -> Pool:
    """Read the pool of AU tables, whose clips are of kind `micro` or `macro`.

    A clip with a frame in which the AU source found no face is left out; tell: gets a line that counts those.
    Raises InputError as `micro_pool` and `macro_pool` do, and for a table of macro clips without the column frames.
    """
    tables = {path: read_csv(path) for path in paths}
    for path, table in tables.items():
        if kind == "macro" and "frames" not in table:
            crops = ", ".join(f"{dataset} (frames/{dataset}.h5)" for dataset in table["dataset"].unique())
            raise InputError(
                f"{path}: no column frames, expected how many each macro clip has; an earlier version made it: delete "
                f"it and the crops of {crops}, and let their rules make them again"
            )
    aus = pd.concat(tables.values(), ignore_index=True)
    aus = aus[aus["label"].fillna(-1) >= 0]
    measured = aus[list(AU_NAMES)].notna().all(axis=1).groupby([aus[key] for key in CLIP_NAME]).transform("all")
    if not measured.all():
        left_out = aus.loc[~measured, CLIP_NAME].drop_duplicates()
        tell(f"Warning: {len(left_out)} clips left out, whose action units could not be measured in every frame")
    return {"micro": micro_pool, "macro": macro_pool}[kind](aus[measured])


def micro_pool(aus: pd.DataFrame) -> Pool:
    """Pool of z_MiE: one triplet a labelled clip, from its onset frame to its apex frame.

    aus: AU table, one row a frame, with dataset, subject, clip, emotion, label, role and AU01 ... AU45 in 0..1.
    Raises InputError when a labelled clip has not one onset and one apex, or an AU is no number in 0..1.
    """
    aus = _labelled(aus)
    return _pool(_once_a_clip(aus, "onset"), _once_a_clip(aus, "apex").assign(weight=1.0), "apex")


def macro_pool(aus: pd.DataFrame) -> Pool:
    """Pool of z_MaE: from a macro clip's first frame to frame floor(n * u), u in [0.25, 0.5), of its n frames.

    aus: AU table as for `micro_pool`, whose early frames are all that the formula can give, with a column frames: the
    number n from onset to peak, both counted. Each clip has the same chance, and each of its early frames the share of
    the interval that leads to it (MiE-X, ECCV 2022).
    Raises InputError when a labelled clip has no onset or other early frames, or an AU is no number in 0..1.
    """
    aus = _labelled(aus)
    onset = _once_a_clip(aus, "onset")
    early = aus[aus["role"] == "early"].merge(
        onset[[*CLIP_NAME, "frame"]].rename(columns={"frame": "first"}), on=CLIP_NAME, how="left"
    )
    early["weight"] = _early_share(early["frame"] - early["first"], early["frames"])
    pool = _pool(onset, early, "early")
    whole = early.groupby(CLIP_NAME)["weight"].transform("sum")
    wrong = early[(early["weight"] <= 0) | ~np.isclose(whole, EARLY_STAGE[1] - EARLY_STAGE[0])]
    if len(wrong):
        clip = wrong.iloc[0]
        found = early.loc[(early[CLIP_NAME] == clip[CLIP_NAME]).all(axis=1), "frame"]
        raise InputError(
            f"action units of {_name(wrong)}: early frames {', '.join(map(str, found))}, expected all those of the "
            f"{clip['frames']} frames from {clip['first']} on; extract the frames of the clip again"
        )
    return pool


def _early_share(place: pd.Series, n: pd.Series) -> pd.Series:
    """The part of `EARLY_STAGE` in which a frame is floor(n * u); place: of the frame, counted from the onset."""
    return (np.minimum(place + 1, EARLY_STAGE[1] * n) - np.maximum(place, EARLY_STAGE[0] * n)) / n


def read_expert_table(path: str | Path) -> Expert:
    """Read expert knowledge: one row an emotion's AU, with columns emotion, label, au, probability.

    Raises InputError naming the row when an emotion, label, AU or probability is none, or when a row stands twice.
    """
    columns, rows = read_table(path, (), "")
    if columns != _EXPERT_COLUMNS:
        raise InputError(f"{path}: columns are {columns}, expected {_EXPERT_COLUMNS}; correct the first line")
    emotions: dict[int, dict[str, np.ndarray]] = {}
    for line, (emotion, label, au, share) in rows:
        if emotion not in EMOTION_LABELS or label != str(EMOTION_LABELS[emotion]):
            known = ", ".join(f"{name} {number}" for name, number in EMOTION_LABELS.items())
            raise InputError(f"{path}, line {line}: emotion {emotion} with label {label}, expected one of {known}")
        if au not in AU_NAMES:
            raise InputError(f"{path}, line {line}: AU {au}, expected one of {', '.join(AU_NAMES)}")
        probability = read_number(share, f"{path}, line {line}: probability")
        if not 0 < probability <= 1:
            raise InputError(f"{path}, line {line}: probability {probability}, expected more than 0 and at most 1")
        chances = emotions.setdefault(int(label), {}).setdefault(str(emotion), np.zeros(len(AU_NAMES)))
        if chances[AU_NAMES.index(au)]:
            raise InputError(f"{path}, line {line}: {emotion} has {au} twice, expected once; delete one of the lines")
        chances[AU_NAMES.index(au)] = probability
    return Expert(emotions)


def draw(
    source: Pool | Expert,
    au_source: str,
    shard: int,
    identities_per_shard: int,
    seed: int,
    min_change: float = 0.02,
    clips: int | None = None,
) -> pd.DataFrame:
    """Draw the AU triplets of a shard: three samples an identity, one a label.

    Rows are samples SAMPLES_PER_IDENTITY * number + label for the identities number = shard * identities_per_shard and
    following, with `COLUMNS`; action units are float32, 0..1. A sample depends on source, seed, au_source and its
    number alone. A triplet whose AUs all change by less than `min_change` is drawn again; `attrs["rejected"]` counts
    those.

    clips: only so many clips of each label, each of which then gives more samples, on more faces; of expert knowledge,
    so many triplets in place of a new one for each sample, with an emotion and a number as clip. A larger limit keeps
    the clips of a smaller one. None for no limit.

    Raises InputError when a label has no triplet with a change, or expert knowledge draws one too seldom.
    """
    if clips is not None:
        source = source.limited(clips, au_source, seed, min_change)
    for label, name in enumerate(LABEL_NAMES):
        if not source.can_change(label, min_change):
            raise InputError(
                f"AU source {au_source}: no triplet of label {name} changes an AU by {min_change} or more, or fewer "
                "than one in a thousand that are drawn; expected at least one; add clips of that label or lower "
                "triplets.min_change "
                "(results/frames/<dataset>.report.csv says which clips were not cut, and why)"
            )
    rejected = 0
    rows = []
    count = SAMPLES_PER_IDENTITY * identities_per_shard
    for sample in range(count * shard, count * (shard + 1)):
        random = stream("triplet", seed, au_source, sample)
        label = sample % SAMPLES_PER_IDENTITY
        origin, onset, apex = source.candidate(random, label)
        while _change(onset, apex) < min_change:
            rejected += 1
            origin, onset, apex = source.candidate(random, label)
        rows.append((sample, label, *origin, *onset, *apex))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table.attrs["rejected"] = rejected
    return table


def _change(onset: np.ndarray, apex: np.ndarray) -> np.ndarray:
    """Largest change of any AU; onset, apex: (..., 17)."""
    return np.abs(apex - onset).max(axis=-1)


def _labelled(aus: pd.DataFrame) -> pd.DataFrame:
    """The rows of labelled clips in an order that does not depend on the file's, checked."""
    aus = aus[aus["label"].fillna(-1) >= 0].sort_values([*CLIP_NAME, "frame"])
    values = aus[list(AU_NAMES)].to_numpy(np.float64)
    bad = np.argwhere(~((values >= 0) & (values <= 1)))
    if len(bad):
        row, column = bad[0]
        raise InputError(
            f"action units of {_name(aus[row:])}, frame {aus['frame'].iloc[row]}: {AU_NAMES[column]} is "
            f"{values[row, column]}, expected a number in 0..1; estimate the action units again"
        )
    return aus


def _once_a_clip(aus: pd.DataFrame, role: str) -> pd.DataFrame:
    """The rows of a role that each clip has once."""
    rows = aus[aus["role"] == role]
    repeated = rows[rows.duplicated(CLIP_NAME)]
    if len(repeated):
        raise InputError(
            f"action units of {_name(repeated)}: two {role} frames, expected one; extract the frames of the clip again"
        )
    return rows


def _pool(onset: pd.DataFrame, peak: pd.DataFrame, peak_role: str) -> Pool:
    """Join the onset of each clip to the clip's rows in `peak`, which have a column `weight`."""
    joined = onset.merge(peak, on=CLIP_NAME, how="outer", suffixes=("_onset", "_peak"), indicator=True)
    lacking = joined[joined["_merge"] != "both"]
    if len(lacking):
        missing = peak_role if lacking["_merge"].iloc[0] == "left_only" else "onset"
        raise InputError(
            f"action units of {_name(lacking)}: no {missing} frame, expected one; extract the frames of the clip again"
        )
    return Pool(
        clips=list(joined[CLIP_NAME].astype(str).itertuples(index=False, name=None)),
        emotions=list(joined["emotion_peak"].astype("string").fillna("")),
        labels=joined["label_peak"].to_numpy(np.int64),
        onset=joined[[f"{au}_onset" for au in AU_NAMES]].to_numpy(np.float32),
        apex=joined[[f"{au}_peak" for au in AU_NAMES]].to_numpy(np.float32),
        weights=joined["weight"].to_numpy(np.float64),
    )


def _name(rows: pd.DataFrame) -> str:
    """The first row's clip, for messages."""
    return "/".join(rows[CLIP_NAME].iloc[0])
