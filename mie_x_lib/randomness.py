"""Random numbers that depend on what they are for, and on nothing else."""

import hashlib

import numpy as np


def stable_hash(*key: int | str) -> int:
    """128-bit hash of a key of numbers and texts, the same on every machine and in every process.

    `1` and `"1"` are the same key part; `("a", "b")` and `("ab",)` are not.
    """
    text = "\x1f".join(str(part) for part in key)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def stream(*key: int | str) -> np.random.Generator:
    """Random stream that belongs to a key such as (seed, source, sample): the order of jobs cannot change it.

    Philox (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), keyed through numpy's SeedSequence.
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(stable_hash(*key))))
