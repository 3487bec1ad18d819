"""Test sets, variants of MiE-X, and the training of the recognition networks."""

from typing import Annotated, Any, Literal

from pydantic import Field

from mie_x_lib.settings.precision import Precision
from mie_x_lib.settings.section import (
    Count,
    Flag,
    Given,
    Name,
    NotNegative,
    Positive,
    Section,
    Seed,
    Share,
    Text,
    Unique,
)
from mie_x_lib.terms import EMOTION_LABELS, LABEL_NAMES

Regime = Literal["real", "synthetic", "synthetic_then_real"]


class OwnEpochs(Given):
    """Length of the schedule in place of training.epochs, by regime; null for that of training.epochs."""

    real: Count | None = None
    """Real training folds only."""
    synthetic: Count | None = None
    """Synthetic pairs only."""
    synthetic_then_real: Count | None = None
    """Fine-tuning on the real training folds."""


def _classes_of_megc2019() -> dict[str, list[str]]:
    return {
        name: [emotion for emotion, number in EMOTION_LABELS.items() if number == label]
        for label, name in enumerate(LABEL_NAMES)
    }


class Evaluation(Section):
    """One test set: which clips, in which folds and classes."""

    datasets: Annotated[Unique[Text], Field(min_length=1)]
    """Datasets of role micro that make it up."""
    folds: Annotated[int, Field(ge=2, strict=True)] | Literal["leave_one_subject_out", "leave_one_dataset_out"] = 3
    """Number of subject-disjoint folds, leave_one_subject_out, or leave_one_dataset_out, which holds out a whole
    dataset at a time."""
    subjects: Annotated[int, Field(ge=2, strict=True)] | None = None
    """leave_one_subject_out only: how many subjects there are, so that the graph is known beforehand (68 in
    CompMiE)."""
    epochs: OwnEpochs = OwnEpochs()
    """Length of the schedule in place of training.epochs, by regime: a small set needs more passes for as many
    steps."""
    steps: Count | None = None
    """Length of the schedule in steps of the optimiser, rounded to whole epochs, in place of epochs: of all regimes the
    same, however large their training sets are; null for epochs."""
    seeds: Annotated[Unique[Seed], Field(min_length=1)] | None = None
    """Of its trainings, in place of training.seeds; null for those. All evaluations with seeds of their own have the
    same."""
    labels: dict[Name, Annotated[Unique[Text], Field(min_length=1)]] = Field(
        min_length=2, default_factory=_classes_of_megc2019
    )
    """Classes in their order, each with the emotions that belong to it; those of MEGC 2019 unless others are named.
    Clips of other emotions are left out."""


class Variant(Section):
    """One composition of MiE-X: its identity sources times its AU sources."""

    id_sources: Unique[Text]
    """Keys of id_sources."""
    au_sources: Unique[Text]
    """Keys of au_sources."""
    identities: Count | None = None
    """Only the first so many people of each identity source; null for all. Samples repeat where too few are left."""
    clips: Count | None = None
    """Only so many source clips of each class and AU source (of expert: so many triplets); null for all. Samples repeat
    where too few are left."""
    samples: Count | None = None
    """Rows of its training sets, and the most that an export has of it; null for training.samples, and for all in an
    export."""


class Classifier(Section):
    """Settings of a recognition network."""

    width: Annotated[int, Field(ge=8, strict=True)] = 64
    """Channels of the first stage of ResNet-18, which ststnet does not have; 64 is the published one. Below 8,
    convolutions of torch 2.14 on one CPU thread can crash."""
    dropout: Share = 0.5
    """Dropout between the fully connected layers; of ststnet, at the end of each stream."""
    file: Text | None = None
    """A Python file with a network of one's own: a class named as the key, as docs/classifiers.md says; null: a module
    of mie_x_lib/classifiers/networks."""
    options: dict[Name, Any] = Field(default_factory=dict)
    """With a file alone: what its class is made with, beside labels and initial."""


class Learning(Section):
    """How a network learns; the defaults are the paper's (Liu et al., ECCV 2022, and its code) where it says."""

    crop: Annotated[int, Field(ge=16, strict=True)] = 224
    """Side of the network's input in pixels."""
    crop_share: Annotated[float, Field(ge=0.1, le=1, strict=True)] = 0.875
    """Share of the picture's side that is sampled onto it."""
    batch_size: Count = 32
    """Pairs in a batch."""
    learning_rate: NotNegative = 1e-4
    """Learning rate of Adam."""
    schedule: Literal["constant", "constant_then_falling", "one_cycle"] = "constant"
    """constant; constant_then_falling, from epoch to epoch to 0 over decay_share, as in the paper's code; or one_cycle,
    whose peak is learning_rate (Smith and Topin, 2019)."""
    weight_decay: NotNegative = 5e-4
    """Weight decay of Adam."""
    gradient_clip: Positive = 1.0
    """Largest norm of the gradient."""
    flip: Flag = True
    """Whether half of the pairs are mirrored."""
    rotation: NotNegative = 10.0
    """Largest turn of a pair in degrees."""
    colour: Share = 0.2
    """Largest relative change of brightness, contrast and each channel."""
    precision: Precision = "auto"
    """Arithmetic; auto takes bfloat16 where the processor or GPU is made for it."""
    workers: Annotated[int, Field(ge=0, strict=True)] = 0
    """Processes that read ahead, for sets too large to be held: above 1 GiB, or half of what is free in the memory of a
    GPU."""


class ClassifierSettings(Learning):
    """How one network is trained."""

    epochs: Count
    """Length of the fixed schedule."""
    decay_share: Share = 0.5
    """Share of the epochs, at their end, over which the rate of constant_then_falling falls."""
    steps: Count | None = None
    """Its length in steps, rounded to whole epochs, in place of epochs; null for epochs."""


class Epochs(Section):
    """Length of the fixed schedule, by regime."""

    real: Count = 80
    """Real training folds only."""
    synthetic: Count = 30
    """Synthetic pairs only."""
    synthetic_then_real: Count = 80
    """Fine-tuning on the real training folds."""


class DecayShares(Section):
    """Share of the epochs, at their end, over which the rate of schedule: constant_then_falling falls, by regime."""

    real: Share = 1 / 2
    """Real training folds only; the last 40 of 80 epochs in the paper's code."""
    synthetic: Share = 1 / 3
    """Synthetic pairs only; the last 10 of 30 epochs in the paper's code."""
    synthetic_then_real: Share = 1 / 2
    """Fine-tuning on the real training folds."""


class Training(Learning):
    """How the classifiers are trained."""

    samples: Count
    """Rows of a synthetic training set, or of each AU source in it (`samples_of`); equal for all folds. A variant may
    ask for another number."""
    samples_of: Literal["variant", "au_source"] = "variant"
    """What `samples` counts. au_source: so many of each AU source, as published (15,000, 30,000 and 45,000 for one, two
    and three sources); variant: as many whatever a variant is made of, so that networks differ in what they see and not
    in how much."""
    held_out: Annotated[float, Field(gt=0, le=0.5, strict=True)] = 0.2
    """Share of the training subjects that chosen_by: held_out_subjects does not train on, to choose the epoch by
    them."""
    seeds: Annotated[Unique[Seed], Field(min_length=1)] = Field(default_factory=lambda: [0, 1])
    """One training each; a test set may have its own."""
    initial: Text = "imagenet"
    """First weights of the backbones: imagenet (downloaded once), random, or a path: ResNet-18 as torchvision publishes
    it (.pth), or an AU network (.safetensors)."""
    epochs: Epochs = Epochs()
    """Length of the fixed schedule, by regime."""
    decay_share: DecayShares = DecayShares()
    """Share of the epochs, at their end, over which the rate of schedule: constant_then_falling falls, by regime."""
