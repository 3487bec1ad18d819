"""Datasets on disk, the people that this project draws, and where faces come from."""

from typing import Annotated, Literal

from pydantic import Field

from mie_x_lib import plugins
from mie_x_lib.settings.section import (
    Choice,
    Count,
    Flag,
    Given,
    NotNegative,
    Positive,
    Range,
    Section,
    Share,
    Text,
    Unique,
)
from mie_x_lib.terms import EMOTION_LABELS

Role = Literal["micro", "macro", "identity", "training"]
Layout = Annotated[str, Choice(plugins.names("mie_x_lib.corpora.layouts"))]


class LayoutOptions(Given):
    """Options of layouts; each takes its own."""

    release: Literal["raw", "cropped", "avi"] | None = None
    """casme2, megc2019: which release of CASME II; null for the first of these that is there."""
    casme2: Text | None = None
    """megc2019: root of CASME II."""
    smic: Text | None = None
    """megc2019: root of SMIC."""
    samm: Text | None = None
    """megc2019: root of SAMM."""
    part: Literal["micro", "macro"] | None = None
    """mmew: its micro- or macro-expressions; null for micro."""
    camera: Literal["VL", "NI"] | None = None
    """oulu: camera; null for VL."""
    light: Literal["Strong", "Weak", "Dark"] | None = None
    """oulu: illumination; null for Strong."""
    identity_file: Flag | None = None
    """celeba: whether identity_CelebA.txt says who is on a photograph; false: each shows a person of its own; null for
    true."""
    table: Text | None = None
    """videos: the CSV with the clips, in the root; null for clips.csv."""


class Dataset(Section):
    """One dataset on disk."""

    layout: Layout
    """How it lies on disk: the module of mie_x_lib/corpora/layouts that lists its clips."""
    role: Role
    """What it is for: micro- or macro-expression clips, identities (photographs), or training of generator and AU
    network (every frame is taken)."""
    root: Text | None = None
    """Folder that holds the dataset; null for a set that this project draws (`simulated`). Where there is a root,
    nothing is drawn."""
    outside_root: Flag = False
    """Whether links in the root may lead to clips outside of it; otherwise these clips are refused."""
    licence: Text | None = None
    """Under what terms it may be used, as the dataset card says it; null for what is known of the layout."""
    same_people_as: Text | None = None
    """Another dataset here, of any role, that shows the same people under the same names, such as portraits of those
    whose clips are tested; null for none. Sets of one root need no word: they show the same people."""
    other_people_than: Unique[Text] = Field(default_factory=list)
    """Datasets here whose people are others even where names are equal, as they may be in two folders of videos or
    photographs of your own."""
    names_as_written: Flag = False
    """Whether each name is a person of its own as it is written; otherwise names that differ in case, blanks, leading
    zeros, Unicode form or the .0 of a number alone are one person, and so are names that stand with one file."""
    options: LayoutOptions = LayoutOptions()
    """Options of its layout."""


class Casting(Section):
    """One set of simulated people."""

    kind: Literal["micro", "macro", "photograph", "training"]
    """What they do: micro- or macro-expressions, one photograph, or any action units in any strength (training)."""
    subjects: Count
    """People."""
    clips_per_subject: Count = 1
    """Clips of each."""
    emotions: dict[Annotated[str, Choice(EMOTION_LABELS)], Positive] = Field(default_factory=dict)
    """Emotions and their shares: of each subject's clips where micro, in turn where macro."""
    peak: Range[Share] = (0.1, 0.4)
    """Range of the strongest action unit at the apex, 0..1 (OpenFace's 0..5 divided by 5)."""
    size: Annotated[int, Field(ge=32, strict=True)] = 160
    """Side of the pictures in pixels."""
    fps: Positive = 30.0
    """Frames a second."""
    seconds: Range[NotNegative] = (0.4, 0.6)
    """Range of the length of a clip."""
    trimmed: Flag = False
    """Whether the clip begins at the onset and ends at the offset."""


class IdentitySource(Section):
    """Where faces come from."""

    dataset: Text
    """Dataset of role identity."""
    identities: Count
    """How many of its people, in the order of their first photographs; one whose first photograph is refused has the
    next one taken."""
