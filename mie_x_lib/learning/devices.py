"""Where networks run, and in which precision."""

from typing import get_args

import torch

from mie_x_lib.settings.precision import Precision

PRECISIONS = get_args(Precision)


def default_device() -> torch.device:
    """Return the GPU where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return what lies in the memory of the computer on a device; a GPU is not waited for on the way there."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Return the context in which networks compute in `precision`, one of `PRECISIONS`.

    auto: bfloat16 on hardware that has it, else float32; a CPU without it emulates bfloat16 some twenty times slower.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=in_bfloat16(device, precision))


def memory_format(device: torch.device, precision: str) -> torch.memory_format:
    """Return the fastest layout for convolutions with instance norm: channels-last in bfloat16, else channels-first."""
    return torch.channels_last if in_bfloat16(device, precision) else torch.contiguous_format


def in_bfloat16(device: torch.device, precision: str) -> bool:
    """Whether `autocast` computes in bfloat16; raises ValueError for what is no precision."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r} is none of {', '.join(PRECISIONS)}")
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu.get_capabilities().get("avx512_bf16", False)
