"""The field's fixed vocabulary: action units, labels and the emotions behind them."""

# The 17 action units of z, in the order of the supplementary material of MiE-X (ECCV 2022).
AU_NAMES = (
    "AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU12",
    "AU14", "AU15", "AU17", "AU20", "AU23", "AU25", "AU26", "AU45",
)  # fmt: skip
# Columns of a sample: its action units at onset and at apex.
ONSET_AUS = tuple(f"onset_{au}" for au in AU_NAMES)
APEX_AUS = tuple(f"apex_{au}" for au in AU_NAMES)

# Columns that name a clip, in every table of clips.
CLIP_NAME = ["dataset", "subject", "clip"]

# A label is the index of its name.
LABEL_NAMES = ("negative", "positive", "surprise")
# Sample n is of label n % SAMPLES_PER_IDENTITY and of person n // SAMPLES_PER_IDENTITY of its identity source.
SAMPLES_PER_IDENTITY = len(LABEL_NAMES)

# Emotions of the datasets to labels (MEGC 2019).
EMOTION_LABELS = {
    "anger": 0,
    "contempt": 0,
    "disgust": 0,
    "fear": 0,
    "repression": 0,
    "sadness": 0,
    "negative": 0,
    "happiness": 1,
    "positive": 1,
    "surprise": 2,
}
# Emotions of none of the three labels. An evaluation with classes of its own may test them, but for neutral clips,
# which no reader keeps.
OTHER_EMOTIONS = frozenset({"others", "other", "tense", "neutral"})
