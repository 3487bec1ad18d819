"""AU triplets: where they come from, and how they are drawn."""

from typing import Literal

from pydantic import Field

from mie_x_lib.settings.section import Count, Section, Share, Text, Unique


class AUSource(Section):
    """Where AU triplets come from."""

    kind: Literal["micro", "macro", "expert"]
    """micro: onset and apex of micro-expressions; macro: neutral and early stage of macro-expressions; expert: a table
    of rules."""
    datasets: Unique[Text] = Field(default_factory=list)
    """Datasets that the clips come from; none for expert."""
    table: Text | None = None
    """CSV of the rules (emotion, label, au, probability); expert only."""
    clips: Count | None = None
    """Only so many clips of each class, each of which then gives more samples, on more faces; of expert so many
    triplets, in place of another for every sample. null for no limit."""


class Triplets(Section):
    """How triplets are drawn."""

    min_change: Share = 0.02
    """A triplet is taken only if some AU changes by this much between onset and apex (0..1). Clips without one are
    never drawn; sample_triplets says in its log how many they are, and au_means.csv has them too."""
