"""Where networks run, and in which precision."""

import fcntl
import os
from pathlib import Path
from tempfile import gettempdir
from typing import get_args

import torch

from mie_x_lib.settings.precision import Precision

PRECISIONS = get_args(Precision)
# File descriptors, which are held until this process ends.
_LOCKS: list[int] = []


def default_device() -> torch.device:
    """Return the GPU where there is one, else the CPU; of several GPUs one that no other process of this user has."""
    if torch.cuda.device_count() > 1 and not torch.cuda.is_initialized():
        _see_one_gpu()
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _see_one_gpu() -> None:
    """Leave a single GPU to be seen, a free one as long as there is one; CUDA looks at the variable when it starts."""
    seen = os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(torch.cuda.device_count())))
    names = seen.split(",")
    chosen = next(filter(_is_free, names), names[os.getpid() % len(names)])
    os.environ["CUDA_VISIBLE_DEVICES"] = chosen


def _is_free(gpu: str) -> bool:
    name = f"mie_x_{os.getuid()}_gpu_{gpu.strip().replace('/', '_')}"
    lock = os.open(Path(gettempdir(), name), os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _LOCKS.append(lock)
    return True


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return what lies in the memory of the computer on a device; a GPU is not waited for on the way there."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Return the context in which networks compute in `precision`, one of `PRECISIONS`.

    auto: bfloat16 on hardware that has it, else float32; a CPU without it emulates bfloat16 some twenty times slower.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=_in_bfloat16(device, precision))


def memory_format(device: torch.device, precision: str) -> torch.memory_format:
    """Return the fastest layout for convolutions with instance norm: channels-last in bfloat16, else channels-first."""
    return torch.channels_last if _in_bfloat16(device, precision) else torch.contiguous_format


def _in_bfloat16(device: torch.device, precision: str) -> bool:
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r} is none of {', '.join(PRECISIONS)}")
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu.get_capabilities().get("avx512_bf16", False)
