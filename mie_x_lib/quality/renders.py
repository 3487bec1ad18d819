"""What is measured of rendered pairs and of real clips, from their images."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from mie_x_lib.people import People
from mie_x_lib.quality.motion import motion_grid
from mie_x_lib.quality.pairs import Estimator, asked_action_units, pair_action_units, pair_measures
from mie_x_lib.quality.rows import Real, Rendered
from mie_x_lib.terms import CLIP_NAME
from mie_x_lib.triplets import Pool

# Pairs that are measured at a time: what is worked out on the way takes 0.6 MB of memory for each of 128 pixels.
_AT_A_TIME = 1000


def measure_renders(
    samples: pd.DataFrame,
    read_pairs: Callable[[np.ndarray], np.ndarray],
    identities: Sequence[str],
    faces: np.ndarray,
    estimate: Estimator,
    visible: float,
) -> Rendered:
    """Measure rendered pairs.

    samples: N rows of a shard's table. read_pairs: returns the pairs of some of the rows, whose numbers it gets, as
    (n, 2, H, W, 3) uint8. identities, faces: K names and (K, H, W, 3) uint8 of the photographs. visible: as of
    `pictures.change_measures`.
    """
    row_of = {identity: row for row, identity in enumerate(identities)}
    people = samples["identity"].map(row_of).to_numpy(int)

    def measured(rows: np.ndarray) -> Rendered:
        some, pairs = samples.iloc[rows], read_pairs(rows)
        return Rendered(
            some,
            wanted=asked_action_units(some),
            measured=pair_action_units(pairs, estimate),
            measures=pair_measures(pairs, people[rows], faces, visible),
            motion=motion_grid(pairs),
        )

    blocks = np.array_split(np.arange(len(samples)), max(1, -(-len(samples) // _AT_A_TIME)))
    return Rendered.together([measured(rows) for rows in blocks])


def measure_real(pool: Pool, read_pairs: Callable[[pd.DataFrame], np.ndarray], people: People) -> Real:
    """Measure real clips.

    pool: as `triplets.micro_pool` makes it. read_pairs: returns onset and apex, (M, 2, H, W, 3) uint8, of a table of
    clips, with dataset, subject and clip. people: tells which names are one person.
    """
    clips = pd.DataFrame([clip[:3] for clip in pool.clips], columns=CLIP_NAME)
    return Real(
        labels=pool.labels,
        subjects=np.array(people.persons(clips["dataset"], clips["subject"])),
        change=pool.apex - pool.onset,
        motion=motion_grid(read_pairs(clips)),
    )
