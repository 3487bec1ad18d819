"""Rows of tables, what is claimed of them, exports, and training data for other programs."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from mie_x_lib import plugins
from mie_x_lib.settings.recognition import Regime
from mie_x_lib.settings.section import Choice, Positive, Section, Text, TitledEntries, Unique

ChosenBy = Literal["last_epoch", "held_out_subjects", "test_fold"]
TrainingDataFormat = Literal["folder", "tensors"]
Percent = Annotated[float, Field(ge=0, le=100, strict=True)]


class Row(Section):
    """One row of a table, for every classifier and regime, or of predictions that another program made."""

    row: Text
    """Name of the row; rows of a table that could not be told apart have names of their own."""
    regimes: Unique[Regime] = Field(default_factory=list)
    """real, or synthetic and synthetic_then_real; none where predictions are given."""
    predictions: Text | None = None
    """In place of regimes: CSVs of another program, one a training of its network, by path or by a pattern such as
    mine/*.csv; docs/classifiers.md says what they hold."""
    variant: Text | None = None
    """Key of variants; null for the regime real."""
    evaluation: Text | None = None
    """Key of evaluations: the test set; null for the first of them."""
    chosen_by: ChosenBy = "last_epoch"
    """Which epoch's network is tested: the last_epoch of the schedule, the best on held_out_subjects of the training
    set, or the best on the test_fold, which is no result and is marked wherever it is shown."""
    published_uf1: Percent | None = None
    """The paper's UF1 in percent, of Branches on the real datasets; null where it gives none."""
    published_std: Percent | None = None
    """Its spread over repeats, as published."""


class Figure1(Section):
    """The AU sources that Fig. 1 of the supplementary material compares, of those that the tables need."""

    micro: Text | None = None
    """That of z_MiE, the paper's being CompMiE; null for all of them together."""
    macro: Text | None = None
    """That of z_MaE, the paper's being CK+; null for all of them together."""


class Claim(Section):
    """One claim: beats compares a row with others, grows asks for the slope of UF1 over sizes."""

    claim: Text
    """The claim as a sentence."""
    source: Text
    """Who claims it, and where."""
    kind: Literal["beats", "grows"]
    """beats takes together and alone, grows takes of and sizes."""
    together: Text | None = None
    """The row that is claimed to be better."""
    alone: Unique[Text] = Field(default_factory=list)
    """The rows that it is claimed to be better than, each of them."""
    of: Text | None = None
    """What the sizes count."""
    sizes: dict[str, Positive] = Field(default_factory=dict)
    """Size by name of the row."""


class Claims(Section):
    """What is claimed of the rows of a table; asked by the target claims."""

    table: Text | None = None
    """Key of tables: whose rows the claims compare; null for no claims."""
    made: TitledEntries[Claim] = Field(default_factory=dict)
    """Claims by name."""


class Exports(Section):
    """What `snakemake exports` writes to results/exports/<variant>/<format>: samples within the variant's limits."""

    variants: Unique[Text] = Field(default_factory=list)
    """Variants that are exported."""
    formats: Unique[Annotated[str, Choice(plugins.names("mie_x_lib.exports.formats"))]] = Field(
        default_factory=lambda: ["folder", "webdataset", "huggingface", "hdf5"]
    )
    """folder: PNG files laid out as the published MiE-X; webdataset: tar files; huggingface: for
    datasets.load_dataset; hdf5: one file."""


class TrainingData(Section):
    """What `snakemake training_data` writes to results/training_data/<evaluation>/<variant>/<format>, for networks of
    other programs: every fold's training pairs, training clips and test clips."""

    evaluations: Unique[Text] = Field(default_factory=list)
    """Test sets, keys of evaluations."""
    variants: Unique[Text] = Field(default_factory=list)
    """Variants whose pairs are trained on, keys of variants."""
    formats: Unique[TrainingDataFormat] = Field(default_factory=lambda: list(get_args(TrainingDataFormat)))
    """folder: PNG files; tensors: an array of all pairs and one of all clips, as NumPy reads them."""
