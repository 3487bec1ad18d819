"""Which host a process runs on, in which SLURM job, and on which of several GPUs."""

import fcntl
import os
import socket
from glob import glob
from pathlib import Path
from tempfile import gettempdir

# File descriptors, which are held until this process ends.
_LOCKS: list[int] = []


def where_it_runs() -> str:
    """The host, and the SLURM job where there is one: `on node7 as SLURM job 1234`."""
    job = os.environ.get("SLURM_JOB_ID")
    return f"on {socket.gethostname()}" + (f" as SLURM job {job}" if job else "")


def take_one_gpu() -> None:
    """Let this process see one of several GPUs alone, which no other process of this user has taken.

    Call it before CUDA is used, which reads the variable when it starts. Where all are taken, or a disk has no locks,
    some are shared. What CUDA_VISIBLE_DEVICES names is all that there is; where it is empty, there are none.
    """
    seen = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [str(number) for number, _ in enumerate(glob("/dev/nvidia[0-9]*"))]
    if seen is not None:
        names = seen.split(",")
    if len(names) > 1:
        os.environ["CUDA_VISIBLE_DEVICES"] = next(filter(_take, names), names[os.getpid() % len(names)])


def _take(gpu: str) -> bool:
    path = Path(gettempdir(), f"mie_x_{os.getuid()}_gpu_{gpu.strip().replace('/', '_')}")
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    _LOCKS.append(lock)
    return True
