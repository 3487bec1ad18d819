"""The config as a whole: config.yaml, with what --configfile and --config lay over it."""

from typing import Annotated

from pydantic import Field

from mie_x_lib.settings.action_units import ActionUnits, AUNetworkTraining
from mie_x_lib.settings.bounds import Bounds
from mie_x_lib.settings.corpora import Casting, Dataset, IdentitySource
from mie_x_lib.settings.frames import Frames
from mie_x_lib.settings.gallery import Gallery
from mie_x_lib.settings.generator import GeneratorFile, GeneratorTraining
from mie_x_lib.settings.quality import Quality
from mie_x_lib.settings.recognition import Classifier, Evaluation, Training, Variant
from mie_x_lib.settings.render import Render
from mie_x_lib.settings.section import Count, Entries, Section, Seed, Text, TitledEntries, Unique
from mie_x_lib.settings.tables import Claims, Exports, Figure1, Row, TrainingData
from mie_x_lib.settings.triplets import AUSource, Triplets


class Experiment(Section):
    """The config of an experiment."""

    seed: Seed = 0
    """Decides every random draw that is not a classifier's."""
    image_size: Annotated[int, Field(ge=16, multiple_of=4, strict=True)] = 128
    """Side of face crops and renders in pixels; the generator halves it twice."""
    identities_per_shard: Count = 500
    """Identities in one shard of renders; more identities append shards and change none."""
    datasets: Entries[Dataset]
    """Datasets by name."""
    simulated: Entries[Casting] = Field(default_factory=dict)
    """Sets that this project draws, by name of the dataset; null for none."""
    frames: Frames = Frames()
    """From videos to face crops."""
    action_units: ActionUnits = ActionUnits()
    """Where action units come from."""
    au_sources: Entries[AUSource]
    """Sources of AU triplets, by name."""
    triplets: Triplets = Triplets()
    """How triplets are drawn."""
    id_sources: Entries[IdentitySource]
    """Sources of faces, by name."""
    generator: GeneratorFile = GeneratorFile()
    """The GANimation generator."""
    generator_training: GeneratorTraining = GeneratorTraining()
    """How the generator is trained where generator.weights is null."""
    au_network_training: AUNetworkTraining = AUNetworkTraining()
    """How the embedded AU network is trained where action_units.weights is null."""
    render: Render = Render()
    """How shards are rendered."""
    quality: Quality = Quality()
    """How renders are measured, and what a generator has to reach before anything is rendered."""
    evaluations: Annotated[Entries[Evaluation], Field(min_length=1)]
    """Test sets by name: which clips, in which folds and classes."""
    variants: Entries[Variant]
    """Variants of MiE-X, by name."""
    classifiers: Entries[Classifier] = Field(
        min_length=1, default_factory=lambda: {"branches": Classifier(), "apex": Classifier()}
    )
    """Recognition networks by name: modules of mie_x_lib/classifiers/networks, or files of one's own; null switches one
    off."""
    training: Training
    """How the classifiers are trained."""
    tables: Annotated[TitledEntries[Annotated[list[Row], Field(min_length=1)]], Field(min_length=1)]
    """Tables by name, each a list of rows; every one is results/tables/<table>/."""
    uf1_table: Annotated[Unique[Text], Field(min_length=1)]
    """Tables whose rows make up results/uf1_table.csv."""
    figure1: Figure1 = Figure1()
    """What results/figures/au_means.png compares."""
    claims: Claims = Claims()
    """What is claimed of the rows of a table; asked by the target claims."""
    exports: Exports = Exports()
    """What `snakemake exports` writes to results/exports/<variant>/<format>: samples within the variant's limits."""
    training_data: TrainingData = TrainingData()
    """What `snakemake training_data` writes to results/training_data/<evaluation>/<variant>/<format>, for networks of
    other programs: every fold's training pairs, training clips and test clips."""
    bounds: Bounds = Bounds()
    """How large files may be; a larger one is refused by name before it is decoded."""
    gallery: Gallery = Gallery()
    """What `snakemake gallery` writes to results/gallery.html."""
