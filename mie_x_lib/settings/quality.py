"""How renders are measured, and what a generator has to reach before anything is rendered."""

from typing import Annotated

from pydantic import Field

from mie_x_lib.settings.section import GreyLevels, NotNegative, Section, Share, Text, Unique


class Thresholds(Section):
    """What a generator has to reach on the pairs of the check; docs/quality.md says what each measure means. The
    defaults were set on simulated people: what a good generator reaches on photographs of real ones is not known
    here."""

    au_fidelity: Annotated[float, Field(ge=-1, le=1, strict=True)] | None = 0.3
    """Least correlation between the change of action units asked for and measured, mean over the units. null switches
    it off; renders of an experiment whose clips were measured elsewhere, by OpenFace, are then not measured."""
    identity_kept: Share | None = 0.95
    """Least share of frames that are nearest to their own photograph. null switches it off."""
    sharpness: NotNegative | None = 0.8
    """Least sharpness, as a multiple of the photograph's. null switches it off."""
    change_p95: GreyLevels | None = 3.0
    """Least 95th percentile of the change from onset to apex, in grey levels. null switches it off."""
    border_change: GreyLevels | None = 3.0
    """Most change from onset to apex in the rim of the picture, in grey levels. null switches it off."""
    fine_detail: NotNegative | None = 1.3
    """Most amplitude of the finest structures, as a multiple of the photograph's. null switches it off."""
    checkerboard: GreyLevels | None = 1.0
    """Most strength of a pattern that repeats every 2 or 4 pixels, in grey levels. null switches it off."""
    saturated: Share | None = 0.02
    """Most pixels that run into 0 or 255, as a share. null switches it off."""
    arithmetic_error: NotNegative | None = 0.02
    """Most error that `render.precision` makes in the change from onset to apex, as a share of it. null switches it
    off."""


class Quality(Section):
    """How renders are measured, and what a generator has to reach before anything is rendered."""

    probe: Annotated[int, Field(ge=2, strict=True)] = 96
    """Pairs that a generator is checked on."""
    reference: Unique[Text] | None = None
    """Datasets of role micro whose clips renders are compared with, label by label; null: those that the table tests
    on; an empty list leaves the comparison out."""
    thresholds: Thresholds = Thresholds()
    """What a generator has to reach on the pairs of the check; docs/quality.md says what each measure means. The
    defaults were set on simulated people: what a good generator reaches on photographs of real ones is not known
    here."""
