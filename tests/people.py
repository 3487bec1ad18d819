"""Tables and entries of the config from which tests make people."""

import pandas as pd


def entry(**settings) -> dict:
    """What a complete config says of a dataset's people, with some of it set."""
    unset = {"layout": "samm", "root": None, "options": {}, "same_people_as": None}
    return unset | {"other_people_than": [], "names_as_written": False} | settings


def shown(dataset: str, *subjects: str, paths: list[str] | None = None) -> pd.DataFrame:
    """The part of a clip table that says who is shown where; by default each in a video of its own."""
    paths = paths or [f"{dataset}/{number}.mp4" for number in range(len(subjects))]
    return pd.DataFrame({"dataset": dataset, "subject": subjects, "path": paths}, dtype="string")
