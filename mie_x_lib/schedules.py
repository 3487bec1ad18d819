"""How a learning rate changes over a training."""


def falling(step: int, steps: int, share: float) -> float:
    """The share of the learning rate at a step, counted from 0: 1, then falling linearly, to 0 behind the last step.

    share: the part of the steps, at their end, over which it falls.
    """
    decay = share * steps
    return min(1.0, (steps - step) / decay) if decay else 1.0
