"""Work that is timed in turns, so that what else the machine does meets all of it alike."""

import resource
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np


def processor_time() -> float:
    """Seconds of all cores that this process and those it waited for have used."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def rates(
    works: dict[str, Callable[[], float]],
    rounds: int,
    clock: Callable[[], float] = perf_counter,
    tidy: Callable[[], None] = lambda: None,
) -> dict[str, list[float]]:
    """Units a second, by a clock, of each work in each round; a work returns how many units it did.

    tidy: what is done after each work, in time that does not count.
    Every round does all works one after the other. The round before the first warms caches up and does not count.
    """
    found: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + 1):
        for name, work in works.items():
            start = clock()
            units = work()
            taken = clock() - start
            tidy()
            if number:
                found[name].append(units / taken)
    return found


def against(found: dict[str, list[float]], first: str) -> dict[str, float]:
    """The median over the rounds of the ratio of each work to the first within a round."""
    return {name: median(np.divide(rate, found[first])) for name, rate in found.items()}


def spread(values: list[float]) -> str:
    """The median, and the least and the most where they differ from it."""
    middle, least, most = (
        f"{of(values):,.3g}" if of(values) < 100 else f"{of(values):,.0f}" for of in (median, min, max)
    )
    return middle if least == most else f"{middle} ({least} to {most})"
