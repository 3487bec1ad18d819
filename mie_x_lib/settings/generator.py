"""The GANimation generator and its training (Pumarola et al., ECCV 2018)."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from mie_x_lib.settings.precision import Precision
from mie_x_lib.settings.section import Count, Flag, NotNegative, Positive, Section, Seed, Share, Text, Unique

# PyTorch takes none of 1, with which an average would stay what it was at first.
DecayRate = Annotated[float, Field(ge=0, lt=1, strict=True)]


class GeneratorFile(Section):
    """The GANimation generator."""

    weights: Text | None = None
    """Its weights, of this project (.safetensors) or a published checkpoint; null: train it, to
    results/generator/generator.safetensors."""


class LossWeights(Section):
    """Weights of the loss terms; without a term that needs the critic or the cycle, neither is run.

    The action unit term is a mean over batch and units, the total variation a sum over pixels and a mean over batch.
    The original author's code divides the former by the batch size once more and sums the latter over the batch, so at
    its batch of 25 its 4000 and 1e-5 are 160 and 2.5e-4 here.
    """

    adversarial: NotNegative = 1.0
    """Realism; 0 leaves the term out."""
    gradient_penalty: NotNegative = 10.0
    """Gradient penalty of WGAN-GP; 0 leaves the term out."""
    action_units: NotNegative = 160.0
    """Action units that the critic reads off the result; 0 leaves the term out."""
    cycle: NotNegative = 10.0
    """Way back to the source; 0 leaves the term out."""
    mask_mean: NotNegative = 0.1
    """Mean of the attention mask; 0 leaves the term out."""
    mask_variation: NotNegative = 2.5e-4
    """Total variation of the mask; 0 leaves the term out."""
    paired: NotNegative = 0.0
    """Distance to another frame of the same clip, whose action units were asked for; not in the paper; 0 leaves the
    term out."""

    @property
    def needs_critic(self) -> bool:
        """Whether a critic takes part in training."""
        return self.adversarial > 0 or self.action_units > 0


class GeneratorSchedule(Section):
    """How the generator is trained; the defaults are the paper's (Liu et al., ECCV 2022, supplementary material)."""

    epochs: Count | None = 30
    """Length: passes over the photographs, in batches of which every critic_steps-th trains the generator too; null
    where steps are given."""
    steps: Count | None = None
    """Length in generator steps, in place of epochs; null for epochs."""
    width: Count = 64
    """Channels of the generator's first layer; 64 is the published one."""
    residual_blocks: Count = 6
    """Residual blocks of the generator."""
    affine: Flag = True
    """Whether instance norm has a learned scale and shift, as in one of the two published layouts."""
    modulated: Flag = False
    """Whether the action units are given to every residual block instead of as input planes; not published."""
    residual: Flag = False
    """Whether the colour head gives a change of the picture instead of a new picture; not published."""
    critic_width: Count = 64
    """Channels of the critic's first layer."""
    critic_layers: Count = 6
    """Halvings of the picture in the critic."""
    critic_steps: Count = 5
    """Critic steps before each generator step."""
    batch_size: Count = 25
    """Frames in a batch."""
    learning_rate: NotNegative = 1e-4
    """Learning rate of Adam."""
    betas: tuple[DecayRate, DecayRate] = (0.5, 0.999)
    """Decay rates of Adam's two averages."""
    decay_share: Share = 1 / 3
    """Share of the training, at its end, over which the learning rate falls to 0: the last 10 of 30 epochs."""
    au_noise: Positive | None = None
    """Most by which an action unit asked for in training is off, drawn evenly; 0.1 in all public versions; null: not at
    all."""
    initial_std: Positive | None = None
    """Standard deviation of the first weights of convolutions, drawn from a normal distribution; 0.02 in all public
    versions; null: as PyTorch draws them."""
    flip: Flag = True
    """Whether half of the samples are mirrored."""
    held_out: Count = 8
    """Clips, those of the highest ids, that are only looked at: for the sample grid and the column held_out."""
    log_steps: Count = 50
    """Steps between rows of the log."""
    checkpoint_minutes: NotNegative = 5.0
    """Least time between checkpoints."""
    precision: Precision = "auto"
    """Arithmetic; auto takes bfloat16 where the processor or GPU is made for it."""
    weights: LossWeights = LossWeights()
    """Weights of the loss terms."""

    @model_validator(mode="before")
    @classmethod
    def _steps_take_the_place_of_epochs(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("steps") is not None:
            return {"epochs": None} | values
        return values

    @model_validator(mode="after")
    def _has_one_length(self) -> Self:
        if (self.epochs is None) == (self.steps is None):
            given = "both given" if self.steps else "both null"
            raise ValueError(f"epochs and steps are {given}; give one of them, and null for the other")
        return self


class TrainingSettings(GeneratorSchedule):
    """What a training of the generator is made of."""

    seed: Seed = 0
    """Decides first weights, order and noise."""


class GeneratorTraining(GeneratorSchedule):
    """How the generator is trained where generator.weights is null."""

    datasets: Unique[Text] = Field(default_factory=list)
    """Datasets of role training, on whose crops and estimated action units it is trained."""
    initial: Text | None = None
    """Weights that the training starts from: of this project, such as those of an earlier run, or a published
    checkpoint. The generator is then built as they are, whatever width, residual_blocks, affine, modulated and residual
    say. null: new ones. Whose faces they learned from is not known here, and no audit covers it."""
