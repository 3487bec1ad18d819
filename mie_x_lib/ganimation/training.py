"""Training of GANimation, from critic and cycle as published or from pairs of frames of one clip."""

import hashlib
import inspect
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.nn import functional

from mie_x_lib import weights as weights_files
from mie_x_lib.errors import FILE_FAULTS, InputError
from mie_x_lib.files import read_csv, sweep, whole, write_csv
from mie_x_lib.ganimation import losses
from mie_x_lib.ganimation.checkpoints import Start, load_state, save_state
from mie_x_lib.ganimation.networks import Critic, Generator, blend, draw_weights, to_signed, to_uint8
from mie_x_lib.learning.devices import autocast, default_device, memory_format, to_device
from mie_x_lib.learning.events import event_files
from mie_x_lib.learning.optimisers import adam, linear_decay, set_rate
from mie_x_lib.learning.recorded import Recorded
from mie_x_lib.progress import counter
from mie_x_lib.provenance import code_version
from mie_x_lib.settings.generator import GeneratorSchedule, TrainingSettings

log = logging.getLogger(__name__)

# The settings that say how the generator is built.
_BUILD = ("width", "residual_blocks", "affine", "modulated", "residual")


def train(
    images: np.ndarray,
    aus: np.ndarray,
    clip_ids: np.ndarray,
    settings: TrainingSettings,
    directory: str | Path,
    events: str | Path | None = None,
    device: torch.device | None = None,
    notes: Mapping | None = None,
    start_from: Start | None = None,
) -> None:
    """Train a generator and write `generator.safetensors`, `losses.csv` and `samples.png` to `directory`.

    images: (F, H, W, 3) uint8 RGB, square, the side a multiple of 4 and at least 2 ** critic_layers. aus: (F, 17),
    intensities 0..1. clip_ids: (F,) integers; frames of one id show one person in one light. A run that was stopped
    goes on from `directory/last.safetensors` and ends with the weights that it would have had; a checkpoint of other
    data, settings or code is not used.
    events: folder for TensorBoard event files of the losses, and of the samples at each checkpoint; None for none.
    notes: what else the weights file shall say, JSON values by name. start_from: the generator in place of a new one;
    its build is then that of the settings, and the weights file says where it is from. A critic is always a new one.
    Raises InputError where the data cannot make a batch, and for a checkpoint that cannot be read.
    """
    directory, device = Path(directory), device or default_device()
    settings = settings.model_copy(update=_build(start_from.arguments)) if start_from else settings
    pairs = FramePairs.split(clip_ids, aus, settings)
    trainer = Trainer(images, aus, pairs, settings, device, start_from.network if start_from else None)
    run = {"settings": settings.model_dump(), "data": _data_hash(images, aus, clip_ids), "code": code_version(__name__)}
    origin = {"initial": start_from.notes} if start_from else {}
    run |= origin
    checkpoint, table = directory / "last.safetensors", directory / "losses.csv"
    sweep(directory)
    start, rows = _resume(trainer, run, checkpoint, table)
    saved, sums = time.monotonic(), []
    with event_files(events, start) as points, counter(trainer.steps, "training", "step", start) as count:
        for step in range(start, trainer.steps):
            sums.append(trainer.step(step))
            done = step + 1
            count(1)
            if done % settings.log_steps and done < trainer.steps:
                continue
            losses_now = _means(sums) | trainer.held_out_errors()
            points.scalars(done, losses_now)
            rows.append({"step": done} | losses_now)
            sums = []
            if time.monotonic() - saved >= 60 * settings.checkpoint_minutes or done == trainer.steps:
                grid = trainer.sample_grid()
                points.image(done, "samples", grid)
                write_csv(pd.DataFrame(rows), table)
                _write_png(grid, directory / "samples.png")
                save_state(checkpoint, trainer.state(), run | {"step": done})
                saved = time.monotonic()
    arguments = {"au_count": aus.shape[1]} | {name: getattr(settings, name) for name in _BUILD}
    weights_files.save(
        directory / "generator.safetensors",
        trainer.generator,
        "generator",
        arguments,
        training=settings.model_dump(exclude_none=True),
        image_size=images.shape[1],
        **origin,
        **(notes or {}),
    )


def _build(arguments: Mapping) -> dict:
    """What the arguments of a generator give, and where they are silent its own defaults, of the settings `_BUILD`."""
    parameters = inspect.signature(Generator).parameters
    return {name: arguments.get(name, parameters[name].default) for name in _BUILD}


def generator_steps(photographs: int, settings: GeneratorSchedule) -> int:
    """The generator steps of a training: as many as were asked for, or as its epochs give it.

    An epoch is a pass over the photographs in batches: the critic's, of which the generator gets a step with every
    `critic_steps`-th one, or without a critic the generator's own.
    """
    if settings.epochs is None:
        return cast(int, settings.steps)
    batches_a_step = settings.critic_steps if settings.weights.needs_critic else 1
    return max(1, settings.epochs * photographs // (settings.batch_size * batches_a_step))


def _data_hash(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str((array.shape, array.dtype)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _resume(trainer: "Trainer", run: dict, checkpoint: Path, table: Path) -> tuple[int, list[dict]]:
    """Take over the state of an interrupted run of the same kind; return the steps done and their rows of the log."""
    if not checkpoint.exists():
        return 0, []
    tensors, facts = load_state(checkpoint)
    step = facts.pop("step", None)
    if facts != json.loads(json.dumps(run)):
        log.warning("%s is of other data, settings or code; training starts from the beginning", checkpoint)
        return 0, []
    try:
        trainer.take(tensors)
        rows = read_csv(table)
        rows = rows[rows["step"] <= step]
    except FILE_FAULTS as fault:
        raise InputError(
            f"{checkpoint}: is no whole state of this training, or {table.name} is no log of it ({fault}); "
            f"remove {checkpoint.parent} to train from the start"
        ) from fault
    log.info("training goes on after step %d of %s", step, checkpoint)
    return step, rows.to_dict("records")


def _means(terms: list[dict[str, torch.Tensor]]) -> dict[str, float]:
    return {name: torch.stack([each[name] for each in terms]).mean().item() for name in terms[0]}


def _write_png(image: np.ndarray, path: Path) -> None:
    with whole(path) as part:
        Image.fromarray(image).save(part)


@dataclass(frozen=True)
class FramePairs:
    """Which frames a step may take: source frames, and for each the run of frames that its target comes from.

    frames: indices into the images. starts, counts: (frames,) the run, as positions in `frames`.
    shown: (clips held out, 2) indices of a source and a target that no step takes.
    """

    frames: np.ndarray
    starts: np.ndarray
    counts: np.ndarray
    shown: np.ndarray

    @classmethod
    def split(cls, clip_ids: np.ndarray, aus: np.ndarray, settings: TrainingSettings) -> "FramePairs":
        """With the paired term, targets are of the source's own clip; without, of any frame (as published)."""
        clips, clip_of, sizes = np.unique(clip_ids, return_inverse=True, return_counts=True)
        if not 1 <= settings.held_out < len(clips):
            raise InputError(
                f"generator training: {len(clips)} clips, but generator_training.held_out is {settings.held_out}; give "
                "a number of 1 or more that leaves one at least"
            )
        paired = settings.weights.paired > 0
        order = np.argsort(clip_of, kind="stable")
        if paired:
            order = order[sizes[clip_of[order]] > 1]
        held_out = clip_of[order] >= len(clips) - settings.held_out
        frames, looked_at = order[~held_out], order[held_out]
        if len(frames) < 2 or len(looked_at) < 1:
            raise InputError(
                f"generator training: {len(frames)} frames to train on and {len(looked_at)} held out are too few; "
                "the paired term needs clips of at least two frames"
            )
        starts, counts = np.zeros(len(frames), int), np.full(len(frames), len(frames))
        if paired:
            _, starts, run_of, counts = np.unique(
                clip_of[frames], return_index=True, return_inverse=True, return_counts=True
            )
            starts, counts = starts[run_of], counts[run_of]
        return cls(frames, starts, counts, _most_different(looked_at, clip_of, aus, within_clip=paired))

    def draw(self, random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw `size` sources and, of the run of each, another frame as target; both as indices into the images."""
        sources = random.integers(len(self.frames), size=size)
        starts, counts = self.starts[sources], self.counts[sources]
        targets = starts + (sources - starts + random.integers(1, counts)) % counts
        return self.frames[sources], self.frames[targets]


def _most_different(frames: np.ndarray, clip_of: np.ndarray, aus: np.ndarray, within_clip: bool) -> np.ndarray:
    """Pair the first of `frames` of each clip with the frame whose action units differ most from its own."""
    first = frames[np.unique(clip_of[frames], return_index=True)[1]]
    pairs = []
    for source in first:
        others = frames[clip_of[frames] == clip_of[source]] if within_clip else frames
        pairs.append((source, others[np.abs(aus[others] - aus[source]).sum(axis=1).argmax()]))
    return np.array(pairs)


class Trainer:
    """Networks, optimisers and data of one run; a step depends on them and on its number alone."""

    def __init__(
        self,
        images: np.ndarray,
        aus: np.ndarray,
        pairs: FramePairs,
        settings: TrainingSettings,
        device: torch.device,
        generator: Generator | None = None,
    ):
        self.images, self.aus, self.pairs = images, aus.astype(np.float32), pairs
        self.settings, self.device = settings, device
        self.steps = generator_steps(len(pairs.frames), settings)
        torch.manual_seed(settings.seed)
        self.generator = generator or Generator(
            au_count=aus.shape[1], **{name: getattr(settings, name) for name in _BUILD}
        )
        self.networks: dict[str, torch.nn.Module] = {"generator": self.generator}
        if settings.weights.needs_critic:
            self.critic = Critic(images.shape[1], settings.critic_width, aus.shape[1], settings.critic_layers)
            self.networks["critic"] = self.critic
        for network in self.networks.values():
            if settings.initial_std is not None and network is not generator:
                draw_weights(network, settings.initial_std)
            network.to(device).to(memory_format=memory_format(device, settings.precision))
        self.optimisers = {
            name: adam(network.parameters(), settings.learning_rate, device, betas=settings.betas)
            for name, network in self.networks.items()
        }
        self._update_critic = Recorded(self._critic_update, device)
        self._update_generator = Recorded(self._generator_update, device)

    def step(self, step: int) -> dict[str, torch.Tensor]:
        """Run the critic steps and the generator step of number `step`; return the unweighted terms."""
        rate = self.settings.learning_rate * linear_decay(step, self.steps, self.settings.decay_share)
        for optimiser in self.optimisers.values():
            set_rate(optimiser, rate)
        terms = {}
        if self.settings.weights.needs_critic:
            for turn in range(self.settings.critic_steps):
                terms = self._critic_step(np.random.default_rng((self.settings.seed, step, 1 + turn)))
        return terms | self._generator_step(np.random.default_rng((self.settings.seed, step, 0)))

    def _critic_step(self, random: np.random.Generator) -> dict[str, torch.Tensor]:
        source, source_aus, _, wanted = self._batch(random)
        mixing = to_device(torch.from_numpy(random.random((len(source), 1, 1, 1), dtype=np.float32)), self.device)
        terms = self._update_critic(source, source_aus, wanted, mixing)
        return {f"critic_{name}": value for name, value in terms.items()}

    def _critic_update(
        self, source: torch.Tensor, source_aus: torch.Tensor, wanted: torch.Tensor, mixing: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        with autocast(self.device, self.settings.precision):
            with torch.no_grad():
                fake = blend(source, *self.generator(source, wanted))
            terms = losses.critic_terms(self.critic, source, source_aus, fake, mixing)
        return self._descend("critic", terms)

    def _generator_step(self, random: np.random.Generator) -> dict[str, torch.Tensor]:
        return self._update_generator(*self._batch(random))

    def _generator_update(
        self, source: torch.Tensor, source_aus: torch.Tensor, target: torch.Tensor, wanted: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        weights = self.settings.weights
        with autocast(self.device, self.settings.precision):
            colour, mask = self.generator(source, wanted)
            fake = blend(source, colour, mask)
            terms = losses.mask_terms(mask)
            if weights.paired:
                # Squared, so that what an expression moves leads it, and not the noise of all the pixels that rest.
                terms["paired"] = functional.mse_loss(fake, target)
            if weights.cycle:
                back_colour, back_mask = self.generator(fake, source_aus)
                terms["cycle"] = functional.l1_loss(blend(fake, back_colour, back_mask), source)
                terms |= {name: terms[name] + value for name, value in losses.mask_terms(back_mask).items()}
            if weights.needs_critic:
                terms |= losses.adversarial_terms(self.critic, fake, wanted)
        return self._descend("generator", terms)

    def _descend(self, name: str, terms: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """One optimiser step of a network; what the loss leaves in the gradients of the other one is thrown away.

        Returns the terms without their gradients.
        """
        losses.total(terms, self.settings.weights).backward()
        self.optimisers[name].step()
        for network in self.networks.values():
            network.zero_grad(set_to_none=True)
        return {name: value.detach() for name, value in terms.items()}

    def _batch(self, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Draw (source images, their units, target images, the units to ask for)."""
        sources, targets = self.pairs.draw(random, self.settings.batch_size)
        mirrored = random.random(len(sources)) < (0.5 if self.settings.flip else 0)
        images, units = self._frames(targets, mirrored)
        if self.settings.au_noise:
            noise = random.uniform(-self.settings.au_noise, self.settings.au_noise, units.shape)
            units = units + to_device(torch.from_numpy(noise.astype(np.float32)), self.device)
        return *self._frames(sources, mirrored), images, units

    def _frames(self, indices: np.ndarray, mirrored: np.ndarray | bool) -> tuple[torch.Tensor, torch.Tensor]:
        images = self.images[indices]
        images = np.where(np.reshape(mirrored, (-1, 1, 1, 1)), images[:, :, ::-1], images)
        units = to_device(torch.from_numpy(self.aus[indices]), self.device)
        return to_signed(to_device(torch.from_numpy(images), self.device)), units

    @torch.no_grad()
    def _show(self, pairs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return sources, targets and what the generator makes of the sources, each (n, H, W, 3) uint8."""
        made = []
        for start in range(0, len(pairs), self.settings.batch_size):
            sources, targets = pairs[start : start + self.settings.batch_size].T
            images, _ = self._frames(sources, False)
            _, wanted = self._frames(targets, False)
            with autocast(self.device, self.settings.precision):
                made.append(to_uint8(blend(images, *self.generator(images, wanted))).cpu().numpy())
        return self.images[pairs[:, 0]], self.images[pairs[:, 1]], np.concatenate(made)

    def held_out_errors(self) -> dict[str, float]:
        """Return how far held-out pairs are from their targets; empty without the paired term.

        held_out: mean absolute error in the unit of the term. held_out_change: Pearson correlation of the change of
        all pixels, made against true.
        """
        if not self.settings.weights.paired:
            return {}
        sources, targets, made = (images.astype(np.float32) for images in self._show(self.pairs.shown))
        change = np.corrcoef((made - sources).ravel(), (targets - sources).ravel())[0, 1]
        return {"held_out": float(np.abs(made - targets).mean() / 127.5), "held_out_change": float(change)}

    def sample_grid(self, rows: int = 8) -> np.ndarray:
        """Return held-out samples as one image (rows * H, 5 * W, 3) uint8.

        Columns: source, target, made, and the change from the source, true and made, four times as large round grey.
        """
        sources, targets, made = self._show(self.pairs.shown[:rows])

        def magnified(images: np.ndarray) -> np.ndarray:
            return (128 + 4 * (images.astype(int) - sources)).clip(0, 255).astype(np.uint8)

        columns = (sources, targets, made, magnified(targets), magnified(made))
        return np.concatenate([np.concatenate(column) for column in columns], axis=1)

    def state(self) -> dict[str, torch.Tensor]:
        """Return all tensors that the next step depends on, by name."""
        tensors: dict[str, torch.Tensor] = {}
        for name, network in self.networks.items():
            tensors |= {f"{name}.{key}": value for key, value in network.state_dict().items()}
            for index, moments in self.optimisers[name].state_dict()["state"].items():
                tensors |= {f"{name}_optimiser.{index}.{key}": value for key, value in moments.items()}
        return tensors

    def take(self, tensors: dict[str, torch.Tensor]) -> None:
        """Set all tensors that the next step depends on to those of `state`, before the first step is made."""
        for name, network in self.networks.items():
            network.load_state_dict({key: tensors[f"{name}.{key}"] for key in network.state_dict()})
            moments = {}
            for index, parameter in enumerate(network.parameters()):
                moments[index] = {"step": tensors[f"{name}_optimiser.{index}.step"]}
                for key in ("exp_avg", "exp_avg_sq"):
                    value = tensors[f"{name}_optimiser.{index}.{key}"]
                    moments[index][key] = torch.empty_like(parameter).copy_(value)
            groups = self.optimisers[name].state_dict()["param_groups"]
            self.optimisers[name].load_state_dict({"state": moments, "param_groups": groups})
