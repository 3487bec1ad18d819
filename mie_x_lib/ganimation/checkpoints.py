"""Generators in the two published layouts, and the state of a training run."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors import torch as safetensors_torch

from mie_x_lib import weights
from mie_x_lib.action_units.instruments import PAPER_SCALE
from mie_x_lib.errors import FILE_FAULTS, InputError
from mie_x_lib.files import whole
from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.provenance import sha256

# Names in the published checkpoints (github.com/albertpumarola/GANimation, github.com/donydchen/ganimation_replicate):
# both number the layers as `Generator` does and differ in the names of the parts.
_PUBLISHED_NAMES = (
    (r"^module\.", ""),
    (r"^(main|model)\.", "layers."),
    (r"^(layers\.\d+)\.(main|conv_block)\.", r"\1.layers."),
    (r"^(img_reg|color_top)\.0\.", "colour."),
    (r"^(attetion_reg|au_top)\.0\.", "mask."),
)
# Instance norm in use does not read them; some published files carry them, and their own loader drops them.
_RUNNING_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def read_published(path: str | Path) -> tuple[Generator, dict]:
    """Return the generator of a published checkpoint, and the arguments that make one like it.

    Affine instance norm and convolutions without bias, or the reverse; told apart by their tensors. Nothing in the file
    is executed. Raises InputError for another file.
    """
    tensors = _published(path)
    first = tensors.get("layers.0.weight")
    if first is None or first.ndim != 4 or first.shape[1] <= 3:
        raise InputError(
            f"{path}: holds no generator of GANimation (its tensors: {_some(tensors)}); give one's checkpoint"
        )
    arguments: dict[str, Any] = {
        "width": first.shape[0],
        "au_count": first.shape[1] - 3,
        "residual_blocks": len({name.split(".")[1] for name in tensors if re.match(r"layers\.\d+\.layers\.", name)}),
        "affine": "layers.1.weight" in tensors,
    }
    return weights.build_with_tensors(Generator, arguments, tensors, path), arguments


@dataclass(frozen=True)
class Start:
    """A generator that a training starts from.

    arguments: those of its constructor. notes: of its file, the name, sha256, and au_scale, that of the action units
    that it learned from (None where it does not say it).
    """

    network: Generator
    arguments: dict[str, Any]
    notes: dict[str, Any]


def read_start(path: str | Path, au_count: int) -> Start:
    """Return the generator of a weights file of this project (.safetensors), or of a published checkpoint.

    au_count: number of action units that it has to take. Raises InputError for another file, and another number.
    """
    if Path(path).suffix == ".safetensors":
        network = weights.load(path, "generator", Generator)
        _, notes = weights.read(path, "generator")
        arguments, scale = notes["arguments"], notes.get("au_scale")
    else:
        network, arguments = read_published(path)
        scale = PAPER_SCALE
    found = arguments.get("au_count", au_count)
    if found != au_count:
        raise InputError(
            f"{path}: takes {found} action units, expected {au_count}; give another generator_training.initial"
        )
    return Start(network, arguments, {"file": Path(path).name, "sha256": sha256(path), "au_scale": scale})


def _published(path: str | Path) -> dict[str, torch.Tensor]:
    """The tensors of a published checkpoint under the names that `Generator` gives them."""
    tensors = {}
    for name, value in weights.read_foreign(path).items():
        if name.rsplit(".", 1)[-1] not in _RUNNING_STATISTICS:
            for pattern, replacement in _PUBLISHED_NAMES:
                name = re.sub(pattern, replacement, name)
            tensors[name] = value.float()
    return tensors


def _some(tensors: Mapping) -> str:
    return ", ".join(f"`{name}`" for name in list(tensors)[:3]) or "none"


def save_state(path: str | Path, tensors: Mapping[str, torch.Tensor], facts: Mapping) -> None:
    """Write the state of a training run, whole or not at all, with a checksum. facts: JSON values."""
    text = json.dumps(dict(facts))
    kept = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with whole(path) as part:
        part.write_bytes(safetensors_torch.save(kept, {"facts": text, "checksum": weights.checksum(kept, text)}))


def load_state(path: str | Path) -> tuple[dict[str, torch.Tensor], dict]:
    """Return what `save_state` wrote as (tensors, facts); InputError for a file that it did not write."""
    try:
        weights.refuse_pipe(path)
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        # A training that goes on from another number would end with another network.
        if metadata["checksum"] != weights.checksum(tensors, metadata["facts"]):
            raise ValueError("it does not match its checksum")
        return tensors, dict(json.loads(metadata["facts"]))
    except (*FILE_FAULTS, SafetensorError) as fault:
        raise InputError(
            f"{path}: is no state of a training run ({fault}); remove it to train from the start"
        ) from fault
