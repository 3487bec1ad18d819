"""The AU triplets of clips, as the scripts that draw from them and that plot them read them."""

from collections.abc import Callable, Iterable

import pandas as pd

from mie_x_lib import triplets
from mie_x_lib.files import read_csv
from mie_x_lib.terms import AU_NAMES


def read_pool(kind: str, paths: Iterable[str], tell: Callable[[str], None]) -> triplets.Pool:
    """Return the pool of the AU tables `paths`, whose clips are of kind `micro` or `macro`.

    A clip with a frame in which the AU source found no face is left out, and told.
    """
    aus = pd.concat([read_csv(path) for path in paths], ignore_index=True)
    clip = [aus["dataset"], aus["subject"], aus["clip"]]
    measured = aus[list(AU_NAMES)].notna().all(axis=1).groupby(clip).transform("all")
    if not measured.all():
        left_out = aus.loc[~measured, ["dataset", "subject", "clip"]].drop_duplicates()
        tell(f"Warning: {len(left_out)} clips left out, whose action units could not be measured in every frame")
    return {"micro": triplets.micro_pool, "macro": triplets.macro_pool}[kind](aus[measured])
