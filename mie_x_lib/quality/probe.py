"""What a generator is worth: some photographs rendered with random action units, and measured."""

from collections.abc import Mapping

import numpy as np

from mie_x_lib.ganimation.networks import Generator
from mie_x_lib.ganimation.render import arithmetic_error, render_pairs
from mie_x_lib.quality.fidelity import au_fidelity
from mie_x_lib.quality.gate import probe_action_units
from mie_x_lib.quality.pairs import Estimator, pair_action_units, pair_measures


def measure_generator(
    generator: Generator,
    faces: np.ndarray,
    estimate: Estimator,
    count: int,
    seed: int,
    id_source: str,
    render: Mapping,
) -> dict[str, float]:
    """Return each measure of `count` pairs with the action units of `gate.probe_action_units`.

    faces: (K, H, W, 3) uint8, K at least 1, each rendered as often as the others. render: batch_size, precision and
    visible_change.
    """
    people = np.arange(count) % len(faces)
    onset, apex = probe_action_units(count, seed, id_source)
    pairs = render_pairs(
        generator, faces, onset, apex, batch_size=render["batch_size"], precision=render["precision"], shown=people
    )
    measured = pair_action_units(pairs, estimate)
    found = ~np.isnan(measured).any(axis=(1, 2))
    fidelity = au_fidelity(onset[found], apex[found], measured[found, 0], measured[found, 1])
    means = pair_measures(pairs, people, faces, render["visible_change"]).mean()
    error = 0.0
    if render["precision"] != "float32":
        error, _ = arithmetic_error(generator, faces[people], onset, apex, render["precision"])
    return fidelity | {"arithmetic_error": error} | {str(name): value for name, value in means.items()}
