"""What is measured of rendered pairs and of real clips, from their images."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mie_x_lib.people import People
from mie_x_lib.quality.motion import motion_grid
from mie_x_lib.quality.pairs import Estimator, asked_action_units, pair_action_units, pair_measures
from mie_x_lib.quality.rows import Real, Rendered
from mie_x_lib.triplets import Pool


def measure_renders(
    samples: pd.DataFrame,
    pairs: np.ndarray,
    identities: Sequence[str],
    faces: np.ndarray,
    estimate: Estimator,
    visible: float,
) -> Rendered:
    """Measure rendered pairs.

    samples: N rows of a shard's table. pairs: (N, 2, H, W, 3) uint8. identities, faces: K names and (K, H, W, 3) uint8
    of the photographs. visible: as of `pictures.change_measures`.
    """
    row_of = {identity: row for row, identity in enumerate(identities)}
    people = samples["identity"].map(row_of).to_numpy(int)
    return Rendered(
        samples,
        wanted=asked_action_units(samples),
        measured=pair_action_units(pairs, estimate),
        measures=pair_measures(pairs, people, faces, visible),
        motion=motion_grid(pairs),
    )


def measure_real(pool: Pool, read_pairs: Callable[[pd.DataFrame], np.ndarray], people: People) -> Real:
    """Measure real clips.

    pool: as `triplets.micro_pool` makes it. read_pairs: returns onset and apex, (M, 2, H, W, 3) uint8, of a table of
    clips, with dataset, subject and clip. people: tells which names are one person.
    """
    clips = pd.DataFrame([clip[:3] for clip in pool.clips], columns=["dataset", "subject", "clip"])
    return Real(
        labels=pool.labels,
        subjects=np.array(people.persons(clips["dataset"], clips["subject"])),
        change=pool.apex - pool.onset,
        motion=motion_grid(read_pairs(clips)),
    )
